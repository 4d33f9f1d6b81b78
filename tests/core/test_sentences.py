"""People are told what is wrong without the names that programs have for fields."""

from __future__ import annotations

from django import forms
from django.template import Context, Template
from django.test import Client

from apps.core.errors import InvalidInputError
from apps.core.forms import put_error, without_field
from apps.core.sentences import with_label, without_any_name, without_name
from tests.support.people import Team


def test_the_name_of_the_field_goes_and_names_of_files_stay_as_they_are() -> None:
    assert without_name("table: give a name.", "table") == "Give a name."
    assert without_name("table: own.csv is empty.", "table") == "own.csv is empty."
    assert without_name("note: this stays.", None) == "note: this stays."
    assert without_any_name("crop_size.0: too small.") == "Too small."
    template = Template("{% load sentences %}{{ words|plain }}")
    assert template.render(Context({"words": "table: <b> is gone."})) == "&lt;b&gt; is gone."


def test_where_a_page_has_a_word_for_the_field_it_stands_in_place_of_the_name() -> None:
    labels = {"reference_table": "The lab's table"}
    told = with_label("reference_table: there is no such table.", "reference_table", labels)
    assert told == "The lab's table: there is no such table."
    assert with_label("secret: it is refused.", "secret", labels) == "It is refused."
    assert with_label("CAVE is away.", "server", {"server": "Server"}) == "CAVE is away."


def test_a_form_tells_it_at_its_field_and_what_it_has_no_field_for_above() -> None:
    form = forms.Form({})
    form.fields["name"] = forms.CharField(required=False)
    put_error(form, InvalidInputError("name: there is one already.", field="name"))
    put_error(form, InvalidInputError("team: none is yours.", field="team"))
    assert form.errors == {"name": ["There is one already."], "__all__": ["None is yours."]}
    assert without_field(InvalidInputError("Nothing was sent.")) == "Nothing was sent."


def test_a_page_that_cannot_be_had_says_why_in_words_and_programs_hear_the_field(
    team: Team,
) -> None:
    team.manager.is_superuser = True
    team.manager.save()
    client = Client()
    client.force_login(team.manager)
    long = f"/people/?search={'x' * 101}"
    page = client.get(long, headers={"accept": "text/html"})
    assert (page.status_code, "<p>Ensure this value" in page.content.decode()) == (400, True)
    assert client.get(long).json()["error"]["sentence"].startswith("search: Ensure")
