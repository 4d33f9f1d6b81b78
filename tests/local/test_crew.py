"""The children of one supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from synanno_server.env import REPOSITORY
from synanno_server.local.children import SERVICES, Program
from synanno_server.local.crew import Crew
from synanno_server.local.errors import StartError, StopRequested
from synanno_server.local.guard import process_runs
from synanno_server.local.homes import Home
from synanno_server.local.keeper import Keeper, describe_end, pause_before
from synanno_server.local.progress import Progress


def program(home: Home, code: str, **fields: Any) -> Program:
    """A Python program under the name 'example'."""
    command = (sys.executable, "-c", code)
    return Program("example", command, home.log("example"), **fields)


SLEEP = "import time; time.sleep(60)"


def test_a_program_runs_to_its_end_and_what_it_writes_is_in_its_log(home: Home, crew: Crew) -> None:
    assert crew.run(program(home, "print('all well'); raise SystemExit(3)")) == 3
    assert home.log("example").read_text() == "all well\n"
    assert crew.processes == {}


def test_a_child_leads_a_session_of_its_own(home: Home, crew: Crew) -> None:
    child = crew.start(program(home, SLEEP))
    assert os.getsid(child.process.pid) == child.process.pid != os.getsid(0)


def test_a_request_to_stop_ends_the_program_that_is_run(home: Home, crew: Crew) -> None:
    crew.stop.listen()
    crew.start(program(home, f"import os, signal; os.kill({os.getpid()}, signal.SIGTERM)"))
    began = time.monotonic()
    with pytest.raises(StopRequested):
        crew.run(program(home, SLEEP))
    assert time.monotonic() - began < 10
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_child_that_ends_while_starting_is_told_with_its_log(home: Home, crew: Crew) -> None:
    child = crew.start(program(home, "raise SystemExit('no such table')"))
    with pytest.raises(StartError, match=r"(?s)example ended while starting.*no such table"):
        crew.await_ready(child, lambda: False, 20)


def test_a_child_that_never_gets_ready_is_told_too(home: Home, crew: Crew) -> None:
    child = crew.start(program(home, SLEEP))
    with pytest.raises(StartError, match="example is not ready after 0 s"):
        crew.await_ready(child, lambda: False, 0.2)


def test_a_guard_that_was_ended_is_replaced_and_knows_the_children(
    home: Home, tmp_path: Path
) -> None:
    """The whole is run in a process of its own, which is then killed."""
    code = f"""
import os, signal, subprocess, sys, time
from pathlib import Path
from synanno_server.local.children import Program
from synanno_server.local.crew import guarded_crew
from synanno_server.local.stopping import StopSwitch
sleep = (sys.executable, "-c", "import time; time.sleep(60)")
with guarded_crew(Path({str(tmp_path)!r}) / "guard.log", StopSwitch()) as crew:
    first = crew.start(Program("first", sleep, Path({str(tmp_path)!r}) / "a.log"))
    guard = crew._guard._process
    guard.kill()
    while crew._guard._process is guard:
        crew.ended()
        time.sleep(0.01)
    crew._guard._process.kill()
    crew._guard._process.wait()
    second = crew.start(Program("second", sleep, Path({str(tmp_path)!r}) / "b.log"))
    print(first.process.pid, second.process.pid, crew._guard._process.pid, flush=True)
    time.sleep(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = [int(word) for word in owner.stdout.readline().split()]
    assert len(pids) == 3
    owner.kill()
    owner.communicate()
    deadline = time.monotonic() + 20
    while any(process_runs(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_folder_of_the_caller_outlives_the_crew_but_not_a_kill(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from synanno_server.local.crew import guarded_crew
from synanno_server.local.stopping import StopSwitch
folder, log = Path(sys.argv[1]), Path(sys.argv[2])
with guarded_crew(log, StopSwitch()) as crew:
    crew.remove_if_killed(folder)
assert folder.exists()
with guarded_crew(log, StopSwitch()) as crew:
    crew.remove_if_killed(folder)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    folder = tmp_path / "lent"
    folder.mkdir()
    words = [sys.executable, "-c", code, str(folder), str(tmp_path / "guard.log")]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == -signal.SIGKILL, done.stderr
    deadline = time.monotonic() + 10
    while folder.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ── starting again ────────────────────────────────────────────────────────────────────────────


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now


def end_of(crew: Crew) -> None:
    """Wait until the one child has ended."""
    deadline = time.monotonic() + 10
    while not crew.ended():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_ends_is_started_again_after_growing_pauses(home: Home, crew: Crew) -> None:
    clock = Clock()
    keeper = Keeper(crew, Progress(), clock)
    crew.start(program(home, "raise SystemExit(1)"))
    for pause in (1, 2, 4):
        end_of(crew)
        assert keeper.look()
        clock.now += pause - 0.5
        assert not keeper.look()
        clock.now += 0.5
        assert keeper.look()
        assert "example" in crew.processes


def test_a_steady_child_starts_with_a_clean_record(home: Home, crew: Crew) -> None:
    clock = Clock()
    keeper = Keeper(crew, Progress(), clock)
    crew.start(program(home, "raise SystemExit(1)"))
    for _ in range(3):
        end_of(crew)
        clock.now += 61
        keeper.look()
        clock.now += 1
        assert keeper.look()


def test_a_service_that_keeps_failing_ends_the_copy_with_a_sentence(home: Home, crew: Crew) -> None:
    clock = Clock()
    keeper = Keeper(crew, Progress(), clock)
    crew.start(program(home, "raise SystemExit('disk full')", stage=SERVICES))

    def fail_again() -> None:
        end_of(crew)
        keeper.look()
        clock.now += 30
        keeper.look()

    for _ in range(5):
        fail_again()
    with pytest.raises(StartError, match=r"(?s)for the 6th time in a row.*disk full"):
        fail_again()


def test_pauses_grow_to_half_a_minute() -> None:
    assert [pause_before(n) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_the_end_of_a_process_is_said_in_words() -> None:
    assert describe_end(1) == "ended with status 1"
    assert describe_end(-9) == "was ended by SIGKILL"
