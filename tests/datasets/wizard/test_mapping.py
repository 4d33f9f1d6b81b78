"""Somebody says which column of a table of their own holds what, one column after another."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from tests.datasets.wizard.conftest import Planner

pytestmark = pytest.mark.django_db

COLUMNS = ["n", "cx", "cy", "cz", "conf"]


@pytest.fixture
def own(planner: Planner) -> Planner:
    """A plan whose table has names of its own."""
    planner.begin()
    with planner.files.table.open() as file:
        rows = [
            [number, *(row[axis] for axis in "xyz"), 1]
            for number, row in enumerate(csv.DictReader(file))
        ]
    lines: list[list[object]] = [[*COLUMNS], *rows]
    planner.upload("".join(f"{','.join(map(str, line))}\n" for line in lines).encode(), "own.csv")
    planner.looked_at()
    return planner


def told(plan: dict[str, Any]) -> tuple[list[str], int]:
    """The columns to choose from, and how many first rows are shown."""
    table = plan["examined"]["table"]
    return table["columns"], len(table["rows"])


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({}, "table", "lacks the columns"),
        ({"layout": "cave"}, "table", "lacks the columns"),
        ({"mapping": {}}, "table", "lacks the columns"),
        ({"mapping": {"id": "n"}}, "mapping", "name the columns of the center"),
        ({"mapping": {"center": ["x", "y", "z"]}}, "mapping", "the table lacks x, y, z"),
        ({"mapping": {"center": ["cx", "", ""]}}, "mapping", "name the columns of y and z"),
        (
            {"mapping": {"center": ["cx", "cy", "cz"], "score": "conf", "post_root_id": "conf"}},
            "mapping",
            "conf is named for two things",
        ),
    ],
)
def test_columns_and_first_rows_are_told_whatever_was_said(
    own: Planner, said: dict[str, Any], field: str, sentence: str
) -> None:
    plan = own.change(table=said)
    assert sentence in plan["problems"][field]
    assert told(plan) == (COLUMNS, 5)
    assert "mapping" not in plan["examined"]["table"]  # nothing is prefilled that it has not


def test_a_wrong_choice_is_put_right(own: Planner) -> None:
    center = {"center": ["cx", "cy", "cz"]}
    own.change(table={"mapping": {**center, "post_root_id": "cx"}})
    plan = own.change(table={"mapping": {**center, "score": "conf"}})
    assert plan["problems"] == {}
    assert plan["examined"]["table"]["usable"] == own.files.rows


def test_columns_are_told_before_it_is_said_which_table_it_is(own: Planner) -> None:
    """Of a dataset with two tables."""
    mapping = {"center": ["cx", "cy", "cz"]}
    own.change(table={"mapping": mapping})
    own.save()
    for said in ({"name": "second", "mapping": mapping}, {"name": ""}):
        own.id = 0
        own.id = own.send("POST", body={"dataset": "tissue", "table": said}, status=201)["id"]
        own.upload(b"n,cx,cy,cz,conf\n1,20,20,4,1\n", "own.csv")
        plan = own.looked_at()
        if said["name"]:
            assert own.save()["status"] == "saved"
    assert "name one" in plan["problems"]["table_name"]
    assert told(plan) == (COLUMNS, 1)
