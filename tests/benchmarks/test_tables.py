"""The bench of tables uses what it writes, and holds its goals against the largest table."""

from __future__ import annotations

from benchmarks import tables


def test_a_table_is_loaded_found_and_put_on_pages() -> None:
    result = tables.measure([tables.Size(3_000, 1, pages=True)], queries=2)
    for what in ("load", "queries", "pages"):
        assert list(result.figures[what]) == ["3,000 rows"]
        assert all(figure > 0 for figure in result.figures[what]["3,000 rows"].values())
    assert result.figures["pages"]["3,000 rows"]["instances"] == 3_000
    assert 200 < result.figures["queries"]["3,000 rows"]["sub-volume, hits"] < 400
    goals = {goal.what: goal for goal in result.goals}
    assert list(goals) == [
        "load / bare COPY, 3,000 rows",
        *(f"{kind}, p95, ms, 3,000 rows" for kind in ("sub-volume", "pre ids", "either ids")),
    ]
    copy = goals["load / bare COPY, 3,000 rows"]
    assert copy.figure == result.figures["load"]["3,000 rows"]["load / bare COPY"]
    assert copy.holds is (copy.figure <= 4)


def test_goals_are_held_against_the_largest_table_and_a_million_pages() -> None:
    def figures(slower: float, instances: int) -> dict[str, dict[str, float]]:
        return {
            "load": {"load / bare COPY": 2.0 * slower},
            "queries": {"sub-volume, p95, ms": 25 * slower, "sub-volume, hits": 1000},
            "pages": {"instances": instances, "all, s": 30.0 * slower},
        }

    result = tables.as_result({"few": figures(1, 1_000_000), "many": figures(3, 10_000_000)})
    assert [(goal.what, goal.figure, goal.holds) for goal in result.goals] == [
        ("load / bare COPY, many", 6.0, False),
        ("sub-volume, p95, ms, many", 75, False),
        ("pages, s, few", 30.0, True),
    ]
