"""Every bench gives the JSON that the command promises, and its goals are what was measured."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks import memory, page, render, team, workspace
from benchmarks.annotators import PageTimes
from benchmarks.result import BenchResult
from benchmarks.team_work import Done
from benchmarks.volumes import Block
from benchmarks.workspace_window import Memory, Step, Turn, open_browser
from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.commands.bench import known_benches
from synanno_server.local.errors import StartError

TINY = Block(piece=128, repeats=(5, 5, 1), synapses=1)


def as_json(result: BenchResult) -> dict[str, Any]:
    """The result as the command prints it; checks the shape that all benches share."""
    printed: dict[str, Any] = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert list(printed) == ["bench", "figures", "goals"]
    assert printed["figures"]
    for goal in printed["goals"]:
        assert list(goal) == ["what", "goal", "figure", "holds"]
        assert goal["holds"] is is_met(goal["goal"], goal["figure"])
    assert all(goal.what in result.as_table() for goal in result.goals)
    return printed


def is_met(goal: str, figure: float) -> bool:
    sign, limit = goal.split()
    return figure <= float(limit) if sign == "<=" else figure >= float(limit)


def times(first_ms: list[float], rest_ms: float) -> dict[str, float]:
    return page.summary(
        PageTimes(
            first_paint=first_ms,
            stacks=[rest_ms] * len(first_ms),
            whole=[first + rest_ms for first in first_ms],
            submit=[5.0] * len(first_ms),
            first_paint_bytes=[200_000] * len(first_ms),
            whole_bytes=[1_200_000] * len(first_ms),
        )
    )


def test_the_command_knows_the_benches_and_they_run_quickly_or_fully() -> None:
    assert {"memory", "page", "render", "workspace"} <= known_benches().keys()
    for name in known_benches():
        parameters = inspect.signature(importlib.import_module(f"benchmarks.{name}").run).parameters
        assert list(parameters) == ["quick"]


def test_each_bench_begins_in_a_process_without_the_server() -> None:
    code = "from synanno_server.local.commands.bench import load_bench\n"
    for name in known_benches():
        done = subprocess.run(
            [sys.executable, "-c", f"{code}load_bench({name!r})"],
            cwd=REPOSITORY,
            env=child_environment(DJANGO_SETTINGS_MODULE=""),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, ""), name


def test_rendering_is_measured_three_ways() -> None:
    effort = render.Effort(TINY, pages=1, originals_a_page=1, others=False)
    printed = as_json(render.measure(effort))
    assert printed["bench"] == "render"
    for case in render.MAIN_CASES:
        row = printed["figures"][case.name]
        assert 0 < row["floor, ms"] < row["original's way, ms"]
        assert 0 < row["ours, KB"] < row["original's way, KB"]
        assert row["original / ours cold"] == pytest.approx(
            row["original's way, ms"] / row["ours, cold, ms"]
        )
    assert [goal["goal"] for goal in printed["goals"]] == [">= 10", ">= 10", "<= 2", "<= 2"]


def test_pages_are_held_against_their_goals() -> None:
    quick, slow = times([10.0] * 20, 8.0), times([40.0] * 19 + [90.0], 12.0)
    printed = as_json(
        page.as_result({"1 annotator": quick, "16 annotators": slow}, {"disk": times([500.0], 1.0)})
    )
    goals = {goal["what"]: goal for goal in printed["goals"]}
    assert goals["first paint p95, ms, 1 annotator"]["holds"]
    assert not goals["whole page p95, ms, 16 annotators"]["holds"]
    assert goals["cold (disk) / prefetched, first paint"]["figure"] == pytest.approx(50)
    assert not goals["cold (disk) / prefetched, whole page"]["holds"]
    assert printed["figures"]["1 annotator, cold, disk"]["pages"] == 1
    assert all(goals[f"{page.ABSENT}, {who}"]["holds"] for who in ("1 annotator", "16 annotators"))
    without = page.as_result({"1 annotator": quick | {page.ABSENT: 1}}, {})
    assert [goal.holds for goal in without.goals if goal.what.startswith(page.ABSENT)] == [False]


def test_memory_is_held_against_its_goals() -> None:
    taken = {"web process": {"RSS, MB": 121.0}, "Celery process": {"RSS, MB": 200.0}}
    printed = as_json(memory.as_result(taken, pages=200, cutouts=500))
    assert [goal["holds"] for goal in printed["goals"]] == [False, True]
    assert printed["figures"]["cutouts a Celery process"] == 500


def test_a_team_is_held_against_its_goals() -> None:
    spent = {"people": 0.5, "web": 0.1, "worker": 0.1, "postgres": 0.4, "others": 0.2}
    done = Done(lease_ms=[10.0] * 20, submit_ms=[20.0] * 18 + [400.0] * 2)
    of_few = team.summary([done], seconds=1.0, spent=spent)
    of_many = team.summary([done, done], seconds=0.25, spent=spent)
    figures = {"services, 64 people": of_few, "services, 200 people": of_many}
    printed = as_json(team.as_result(figures, {"double": 0, "lost": 1}))
    assert of_few["people's CPU, ms a page"] == pytest.approx(25)
    assert of_many["leases + submits/s"] == pytest.approx(320)
    assert [goal["holds"] for goal in printed["goals"]] == [True, True, False, True, False]


def test_a_workspace_is_held_against_its_goals() -> None:
    turns = [Turn(2, 30, 55, 90.0)] * 19 + [Turn(2, 30, 505, 540.0)]
    row = workspace.turn_figures(turns)
    assert row["p50, ms"] == 90
    assert row["next page handed out, ms"] == 25
    assert row["decode and paint, ms"] == 35
    walked = workspace.turn_figures([*turns, Turn(2, 30, 55, 300.0, is_search=True)])
    assert walked == row | {"to a page without tiles, ms": 300}
    wheel = workspace.step_figures([[Step(20.0, 2), Step(4.0, 1), Step(4.0, 1)]])
    assert wheel["first step on a tile, slowest, ms"] == 20
    steps = {"wheel": wheel, "key": workspace.step_figures([[Step(4.0, 1)] * 20])}

    def grown(pages: int) -> list[tuple[int, Memory]]:
        sizes = ((page, page / 100) for page in range(100, 101 + pages, 50))
        return [(page, Memory(4.0 + mb, 500, 100, 200.0 + mb)) for page, mb in sizes]

    printed = as_json(workspace.as_result({"a page each 5 s": row}, steps, grown(500), 0))
    goals = {goal["what"]: goal for goal in printed["goals"]}
    assert [goal["holds"] for goal in goals.values()] == [True, False, True, True, False, True]
    assert goals["growth over 500 pages, script heap, MB"]["figure"] == pytest.approx(5)
    short = workspace.as_result({"a page each 5 s": row}, steps, grown(100), 0)
    assert len(short.goals) == 3  # the slope through so few pages says nothing


def test_a_bench_in_a_browser_says_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StartError, match="no chromium on the PATH"), open_browser():
        pass
