"""How children are ended: by the supervisor, or by the guard when there is no supervisor."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synanno_server.local import guard
from synanno_server.local.guard import Ending, end_in_stages, process_runs

TERM = int(signal.SIGTERM)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); time.sleep(60)"
)
OBEDIENT = "import time; print(); time.sleep(60)"
WITH_OFFSPRING = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid); time.sleep(60)"
)


class Leaders:
    """Starts processes that lead their own group, and ends what a test leaves."""

    def __init__(self) -> None:
        self.processes: dict[int, subprocess.Popen[str]] = {}
        self.first_lines: dict[int, str] = {}

    def start(self, code: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        self.first_lines[process.pid] = process.stdout.readline()
        self.processes[process.pid] = process
        return process.pid

    def runs(self, pid: int) -> bool:
        return self.processes[pid].poll() is None

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.communicate()


@pytest.fixture
def leaders() -> Iterator[Leaders]:
    started = Leaders()
    yield started
    started.close()


def test_an_obedient_child_ends_by_its_first_signal(leaders: Leaders) -> None:
    pid = leaders.start(OBEDIENT)
    end_in_stages([Ending(pid, ((TERM, 10.0),), stage=0)], leaders.runs)
    assert leaders.processes[pid].returncode == -signal.SIGTERM


def test_a_stubborn_child_is_killed_when_its_time_is_over(leaders: Leaders) -> None:
    pid = leaders.start(STUBBORN)
    end_in_stages([Ending(pid, ((TERM, 0.2),), stage=0)], leaders.runs)
    assert leaders.processes[pid].returncode == -signal.SIGKILL


def test_somebody_in_a_hurry_waits_a_second_a_step_at_most(leaders: Leaders) -> None:
    pid = leaders.start(STUBBORN)
    began = time.monotonic()
    end_in_stages([Ending(pid, ((TERM, 60.0),), stage=0)], leaders.runs, lambda: True)
    assert time.monotonic() - began < 10
    assert leaders.processes[pid].returncode == -signal.SIGKILL


def test_what_a_child_leaves_of_its_group_is_ended_too(leaders: Leaders) -> None:
    pid = leaders.start(WITH_OFFSPRING)
    offspring = int(leaders.first_lines[pid])
    end_in_stages([Ending(pid, ((TERM, 10.0),), stage=0)], leaders.runs)
    assert_gone(offspring)


def test_a_higher_stage_is_gone_before_a_lower_one_is_asked(leaders: Leaders) -> None:
    web, database = leaders.start(STUBBORN), leaders.start(OBEDIENT)
    seen: list[bool] = []

    def runs(pid: int) -> bool:
        if pid == web:
            seen.append(leaders.runs(database))
        return leaders.runs(pid)

    steps = ((TERM, 0.2),)
    end_in_stages([Ending(database, steps, stage=0), Ending(web, steps, stage=2)], runs)
    assert seen
    assert all(seen)
    assert not leaders.runs(database)


def test_the_guard_ends_children_and_removes_folders_when_its_pipe_closes(
    leaders: Leaders, tmp_path: Path
) -> None:
    obedient, stubborn, forgotten = (leaders.start(c) for c in (OBEDIENT, STUBBORN, OBEDIENT))
    folder, kept = tmp_path / "sockets", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    orders: list[dict[str, object]] = [
        {"watch": obedient, "steps": [[TERM, 5.0]], "stage": 2},
        {"watch": stubborn, "steps": [[TERM, 0.2]], "stage": 0},
        {"watch": forgotten, "steps": [[TERM, 5.0]], "stage": 0},
        {"forget": forgotten},
        {"remove": str(folder)},
        {"remove": str(kept)},
        {"keep": str(kept)},
    ]
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__], stdin=subprocess.PIPE, text=True
    )
    process.communicate("".join(f"{json.dumps(order)}\n" for order in orders), timeout=30)
    assert process.returncode == 0
    assert leaders.processes[obedient].wait(5) == -signal.SIGTERM
    assert leaders.processes[stubborn].wait(5) == -signal.SIGKILL
    assert leaders.runs(forgotten)
    assert not folder.exists()
    assert kept.exists()


def test_the_guard_outlives_signals_that_are_meant_for_its_supervisor(leaders: Leaders) -> None:
    pid = leaders.start(OBEDIENT)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__], stdin=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"watch": pid, "steps": [[TERM, 5.0]], "stage": 0}) + "\n")
    process.stdin.flush()
    time.sleep(0.5)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    assert leaders.runs(pid)
    process.communicate(timeout=20)
    assert leaders.processes[pid].wait(5) == -signal.SIGTERM


def test_a_process_that_ended_but_was_not_collected_does_not_run(leaders: Leaders) -> None:
    pid = leaders.start(OBEDIENT)
    assert process_runs(pid)
    leaders.processes[pid].kill()
    assert_gone(pid)


def assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while process_runs(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)
