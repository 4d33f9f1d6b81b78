"""Tables that may not be what they seem are shown as such before anything is saved."""

from __future__ import annotations

import pytest

from tests.datasets.wizard.conftest import Planner

pytestmark = pytest.mark.django_db


def test_a_line_that_was_cut_off_is_told_by_its_number(planner: Planner) -> None:
    planner.begin()
    header, *rows = planner.files.table.read_text().splitlines()
    cut = [f"{header},note", *(f"{row},fine" for row in rows), rows[0]]
    planner.upload("\n".join(cut).encode(), "cut.csv")
    table = planner.looked_at()["examined"]["table"]
    assert (table["looked_at"], table["usable"]) == (len(rows) + 1, len(rows))
    assert table["faults"] == [f"cut.csv, line {len(cut)} has fewer values than the header."]


def test_one_bad_row_does_not_decide_what_coordinates_mean(planner: Planner) -> None:
    """Counts of voxels lie inside in nm, too, so that a row outside speaks for nm."""
    planner.begin()
    header, first, *rows = planner.files.table.read_text().splitlines()
    place = header.split(",").index("x")
    values = first.split(",")
    values[place] = "2000"
    planner.upload("\n".join([header, ",".join(values), *rows]).encode(), "one.csv")
    plan = planner.looked_at()
    count = len(rows) + 1
    told = plan["problems"]["table_resolution"]
    assert f"of the first {count} synapses, {count - 1} with coordinates in voxels of" in told
    assert told.endswith(
        f" nm and {count} with coordinates in nm can be used: say the unit and the resolution."
    )
    resolution = plan["examined"]["volumes"]["cleft"]["resolution_nm"]
    said = planner.change(table={"unit": "voxels", "resolution": resolution})
    assert said["problems"] == {}
    assert said["examined"]["table"]["usable"] == count - 1
