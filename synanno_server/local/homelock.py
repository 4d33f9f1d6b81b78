"""One supervisor for one home folder: the lock, and what others may know of its holder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import IO

from synanno_server.local.errors import StartError
from synanno_server.local.guard import process_runs
from synanno_server.local.homes import Home, write_private
from synanno_server.local.progress import Progress
from synanno_server.local.stopping import StopSwitch

CLEANING_WAIT_S = 45.0
HOLDER_WRITES_WITHIN_S = 1.0


@dataclass(frozen=True)
class Holder:
    """Who holds a home folder."""

    pid: int
    command: str  # "demo", "up", "manage"
    address: str  # where its web server is, or ""


@dataclass(frozen=True)
class Running:
    """The services of a running copy, for other commands on the same home folder."""

    holder: Holder
    services: Mapping[str, str]  # DATABASE_URL, REDIS_URL
    ready: bool  # whether the web server answers
    children: Mapping[str, int]  # name → process


class HomeLock:
    """The held lock. Its descriptor may be given to the guard, which then holds it on."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @property
    def descriptor(self) -> int:
        return self._file.fileno()

    def name_holder(self, holder: Holder) -> None:
        """Say who holds the lock, for those who find it held."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(asdict(holder)))
        self._file.flush()


class HomeHeldError(StartError):
    """Another process holds the home folder."""

    def __init__(self, home: Home, holder: Holder) -> None:
        self.holder = holder
        where = f" at {holder.address}" if holder.address else ""
        super().__init__(
            f"SynAnno Server already runs on {home.folder}{where} (`./synanno {holder.command}`, "
            f"process {holder.pid}). Use that one, end it with `kill {holder.pid}`, or start a "
            "second copy on another folder: SYNANNO_HOME=… ./synanno … --port …"
        )


@contextlib.contextmanager
def hold_home(
    home: Home, holder: Holder, progress: Progress, stop: StopSwitch
) -> Iterator[HomeLock]:
    """Hold the home folder for this process.

    Waits while the leftovers of a killed copy are being ended. Raises HomeHeldError naming the
    holder if a living process has it.
    """
    with home.lock.open("a+", encoding="utf-8") as file:
        if not _taken(file):
            _wait_for_cleaning(home, file, progress, stop)
        lock = HomeLock(file)
        lock.name_holder(holder)
        try:
            yield lock
        finally:
            home.running.unlink(missing_ok=True)


def current_holder(home: Home) -> Holder | None:
    """The living process that holds the home folder, or None."""
    if not home.lock.exists():
        return None
    with home.lock.open("a+", encoding="utf-8") as file:
        return None if _taken(file) else _living_holder(file)


def read_running(home: Home) -> Running | None:
    """The services of the copy that runs on this home folder; None if there is none (yet)."""
    if current_holder(home) is None or not home.running.exists():
        return None
    kept = json.loads(home.running.read_text(encoding="utf-8"))
    return Running(Holder(**kept["holder"]), kept["services"], kept["ready"], kept["children"])


def write_running(home: Home, running: Running) -> None:
    """Say which services this process runs on the home folder that it holds."""
    write_private(home.running, json.dumps(asdict(running), indent=1))


def _taken(file: IO[str]) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _living_holder(file: IO[str]) -> Holder | None:
    """Who wrote itself into the lock file, if it lives. A new holder needs a moment to do so."""
    deadline = time.monotonic() + HOLDER_WRITES_WITHIN_S
    while time.monotonic() < deadline:
        file.seek(0)
        with contextlib.suppress(ValueError):
            holder = Holder(**json.loads(file.read()))
            if process_runs(holder.pid) and holder.pid != os.getpid():
                return holder
        time.sleep(0.1)
    return None


def _wait_for_cleaning(home: Home, file: IO[str], progress: Progress, stop: StopSwitch) -> None:
    holder = _living_holder(file)
    if holder is not None:
        raise HomeHeldError(home, holder)
    with progress.step("an earlier copy was killed; waiting until its servers have ended"):
        if not stop.wait_until(lambda: _taken(file), CLEANING_WAIT_S):
            raise StartError(
                f"What a killed copy left on {home.folder} does not end. Look for processes of "
                f"that folder (`ps aux | grep {home.folder}`), end them, and start again."
            )
