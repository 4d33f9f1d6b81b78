"""The bench of tables loads what it writes, and holds its goal against the largest table."""

from __future__ import annotations

from benchmarks import tables


def test_a_table_is_loaded_beside_a_bare_copy() -> None:
    result = tables.measure([tables.Size(400, 1), tables.Size(800, 1)])
    loads = result.figures["load"]
    assert list(loads) == ["400 rows", "800 rows"]
    (goal,) = result.goals
    assert goal.what == "load / bare COPY, 800 rows"
    assert goal.figure == loads["800 rows"]["load / bare COPY"]
    assert goal.holds is (goal.figure <= 4)
    assert all(figure > 0 for figure in loads["800 rows"].values())
