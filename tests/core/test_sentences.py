"""People are told what is wrong without the names that programs have for fields."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django import forms
from django.template import Context, Template
from django.test import Client

import apps
import workers
from apps.core.errors import InvalidInputError
from apps.core.forms import in_words, put_error
from apps.core.sentences import with_labels, without_any_name, without_name
from tests.support.people import Team

# `InvalidInputError("name: …"`, which is told to people; the others are for programmers and shells.
BEGINS = re.compile(r"""\b(?!Value|Runtime|Command)[A-Z]\w*Error\(\s*f?["'][a-z][a-z0-9_.]*: """)


def test_the_name_of_the_field_goes_and_names_of_files_stay_as_they_are() -> None:
    assert without_name("table: give a name.", "table") == "Give a name."
    assert without_name("table: own.csv is empty.", "table") == "own.csv is empty."
    assert without_name("note: this stays.", None) == "note: this stays."
    assert without_any_name("crop_size.0: too small.") == "Too small."
    template = Template("{% load sentences %}{{ words|plain }}")
    assert template.render(Context({"words": "table: <b> is gone."})) == "&lt;b&gt; is gone."


def test_whoever_raises_an_error_that_begins_with_a_field_says_so() -> None:
    """Else the name stays, for people, too."""
    roots = (Path(apps.__path__[0]), Path(workers.__path__[0]))
    files = [file for root in roots for file in root.rglob("*.py")]
    texts = {file: file.read_text() for file in files}
    raising = {file: ast.parse(text) for file, text in texts.items() if BEGINS.search(text)}
    calls = [
        (file, node)
        for file, tree in raising.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and BEGINS.match(ast.unparse(node))
    ]
    assert len(calls) > 100
    assert [
        f"{file}:{call.lineno}"
        for file, call in calls
        if "field" not in {keyword.arg for keyword in call.keywords}
    ] == []


def test_where_a_page_has_a_word_for_the_field_it_stands_in_place_of_the_name() -> None:
    labels = {"reference_table": "The lab's table"}
    told = with_labels("reference_table: there is no such table.", "reference_table", labels)
    assert told == "The lab's table: there is no such table."
    more = "crop_size.0: it is 0. own.csv: it is odd. new_name: none. reference_table: none."
    assert with_labels(more, "crop_size.0", labels) == (
        "Crop size 0: it is 0. own.csv: it is odd. New name: none. The lab's table: none."
    )
    assert with_labels("CAVE is away.", "server", {"server": "Server"}) == "CAVE is away."
    assert with_labels("CAVE is away.", None) == "CAVE is away."


def test_a_form_tells_it_at_its_field_and_what_it_has_no_field_for_above() -> None:
    form = forms.Form({})
    form.fields["name"] = forms.CharField(required=False)
    put_error(form, InvalidInputError("name: there is one already.", field="name"))
    put_error(form, InvalidInputError("team: none is yours.", field="team"))
    assert form.errors == {"name": ["There is one already."], "__all__": ["Team: none is yours."]}
    assert in_words(InvalidInputError("Nothing was sent.")) == "Nothing was sent."


def test_a_page_that_cannot_be_had_says_why_in_words_and_programs_hear_the_field(
    team: Team,
) -> None:
    team.manager.is_superuser = True
    team.manager.save()
    client = Client()
    client.force_login(team.manager)
    long = f"/people/?search={'x' * 101}"
    page = client.get(long, headers={"accept": "text/html"})
    assert page.status_code == 400
    assert "<p>Search: Ensure this value" in page.content.decode()
    assert client.get(long).json()["error"]["sentence"].startswith("search: Ensure")
