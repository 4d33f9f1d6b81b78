"""The home folder: its lock, its logs, what it says of a running copy."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from synanno_server.env import REPOSITORY
from synanno_server.local import homelock, homes
from synanno_server.local.errors import StartError
from synanno_server.local.homelock import (
    Holder,
    HomeHeldError,
    Running,
    current_holder,
    hold_home,
    read_running,
    write_running,
)
from synanno_server.local.homes import Home, last_lines, write_private
from synanno_server.local.postgres import let_pass
from synanno_server.local.progress import Progress
from synanno_server.local.stopping import StopSwitch

OURS = Holder(os.getpid(), "up", "http://127.0.0.1:8000/")


@pytest.fixture
def held_home(home: Home) -> Iterator[Home]:
    """A home folder that another living process holds, as `./synanno demo`."""
    code = f"""
import os, sys
from pathlib import Path
from synanno_server.local.homelock import Holder, hold_home
from synanno_server.local.homes import Home
from synanno_server.local.progress import Progress
from synanno_server.local.stopping import StopSwitch
holder = Holder(os.getpid(), "demo", "http://127.0.0.1:8001/")
with hold_home(Home(Path({str(home.folder)!r})), holder, Progress(), StopSwitch()):
    print("held", flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield home
    process.communicate(timeout=10)


def test_a_second_copy_is_told_where_the_first_is(held_home: Home) -> None:
    with (
        pytest.raises(HomeHeldError) as refusal,
        hold_home(held_home, OURS, Progress(), StopSwitch()),
    ):
        pytest.fail("the home folder was held twice")
    sentence = str(refusal.value)
    assert f"already runs on {held_home.folder} at http://127.0.0.1:8001/" in sentence
    assert f"kill {refusal.value.holder.pid}" in sentence
    assert "SYNANNO_HOME=" in sentence


def test_others_see_who_holds_the_folder(held_home: Home) -> None:
    holder = current_holder(held_home)
    assert holder is not None
    assert holder.command == "demo"
    assert read_running(held_home) is None


def test_a_free_folder_has_no_holder(home: Home) -> None:
    assert current_holder(home) is None
    with hold_home(home, OURS, Progress(), StopSwitch()):
        assert homes.Home(home.folder).lock.exists()
    assert current_holder(home) is None


def test_what_runs_is_published_for_its_owner_alone_and_withdrawn(held_home: Home) -> None:
    running = Running(OURS, {"DATABASE_URL": "postgresql:///x"}, ready=True, children={"web": 7})
    write_running(held_home, running)
    assert read_running(held_home) == running
    assert held_home.running.stat().st_mode & 0o077 == 0


def test_what_runs_is_gone_with_the_holder(home: Home) -> None:
    with hold_home(home, OURS, Progress(), StopSwitch()):
        write_running(home, Running(OURS, {}, ready=False, children={}))
    assert not home.running.exists()


def test_the_leftovers_of_a_killed_copy_are_waited_for(home: Home) -> None:
    """The lock is held, but by the guard of a process that has gone."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    home.lock.write_text(json.dumps({"pid": dead.pid, "command": "up", "address": ""}))
    guard = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX);"
            "print(flush=True); time.sleep(3)",
            str(home.lock),
        ],
        stdout=subprocess.PIPE,
    )
    assert guard.stdout is not None
    guard.stdout.readline()
    with hold_home(home, OURS, Progress(), StopSwitch()):
        assert guard.wait(timeout=5) == 0
    guard.stdout.close()


def test_leftovers_that_do_not_end_are_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homelock, "CLEANING_WAIT_S", 0.2)
    monkeypatch.setattr(homelock, "HOLDER_WRITES_WITHIN_S", 0.2)
    with home.lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        hold = hold_home(home, OURS, Progress(), StopSwitch())
        with pytest.raises(StartError, match="does not end"):
            hold.__enter__()


# ── the folder itself ─────────────────────────────────────────────────────────────────────────


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"file/home cannot be used .* SYNANNO_HOME"):
        Home(tmp_path / "file" / "home").make()


def modes(home: Home) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in (home.folder, home.run, home.logs)]


def test_nobody_else_may_enter_the_folder_nor_its_logs(tmp_path: Path) -> None:
    made = Home(tmp_path / "deep" / "home")
    made.make()
    assert modes(made) == [0o700] * 3


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    """As /tmp does, which all use, and the folder of a copy whose database passes through it. Who
    holds the lock closes what lies in it and is ours."""
    shared = Home(tmp_path / "shared")
    shared.logs.mkdir(parents=True)
    shared.logs.chmod(0o755)
    shared.folder.chmod(0o1777)
    shared.make()
    assert modes(shared) == [0o1777, 0o700, 0o755]
    shared.close()
    assert modes(shared) == [0o1777, 0o700, 0o700]


@pytest.mark.parametrize(("before", "after"), [(0o700, 0o711), (0o1777, 0o1777), (0o750, 0o751)])
def test_an_account_is_let_pass_and_nothing_else_changes(
    tmp_path: Path, before: int, after: int
) -> None:
    tmp_path.chmod(before)
    let_pass(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == after


def test_large_logs_are_set_aside_and_the_oldest_dropped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "LARGEST_LOG", 10)
    home.log("beat").write_text("short")
    for round_ in range(6):
        home.log("web").write_text(f"round {round_} of many")
        home.rotate_logs()
    assert home.log("beat").read_text() == "short"
    kept = {path.name: path.read_text() for path in home.logs.glob("web*")}
    assert kept == {
        "web.log.1": "round 5 of many",
        "web.log.2": "round 4 of many",
        "web.log.3": "round 3 of many",
    }


def test_the_last_lines_of_a_log_are_indented(home: Home) -> None:
    assert last_lines(home.log("web")) == ""
    home.log("web").write_text("one\ntwo\nthree\n")
    assert last_lines(home.log("web"), 2) == "    two\n    three"


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "logins.json"
    for text in ("first", "second"):
        write_private(path, text)
        assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["logins.json"]
