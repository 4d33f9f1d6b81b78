"""The bench of CAVE holds what was measured against its goals."""

from __future__ import annotations

from benchmarks import cave
from tests.benchmarks.test_results import as_json


def way(plain_s: float, ours_s: float) -> dict[str, object]:
    ours = {"rows": 100, "seconds": ours_s, "cpu, s": 0.5}
    return {"plain": {"rows": 100, "seconds": plain_s}, "ours": ours, "ratio": ours_s / plain_s}


def test_rows_are_held_against_plain_posts_and_none_may_be_lost() -> None:
    faulty = {"rows": 100, "seconds": 2.0, "faults": 30, "read back": 9, "runs": 1}
    printed = as_json(cave.as_result(way(10, 11), way(1, 30), faulty | {"lost": 0, "doubled": 2}))
    goals = {goal["what"]: goal for goal in printed["goals"]}
    assert [goal["holds"] for goal in goals.values()] == [True, True, False]
    assert goals["ours / plain at CAVE's pace"]["figure"] == 1.1
    assert printed["figures"]["30% faults"]["rows/s"] == 50
    assert printed["figures"]["stand-in alone"]["ours / plain"] == 30
