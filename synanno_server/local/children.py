"""Programs that run as children, and the guard that outlives their supervisor."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local import guard as guard_script
from synanno_server.local.guard import Ending
from synanno_server.local.privileges import Account, with_death_signal

# Stages of ending, the highest first: people's requests, then the work behind them, then the data.
SERVICES, WORK, INTERFACE = 0, 1, 2
GUARD_WAIT_S = 5.0


@dataclass(frozen=True)
class Program:
    """A command line that is run as a child."""

    name: str
    command: tuple[str, ...]
    log: Path  # gets what it writes, both streams
    settings: Mapping[str, str] = field(default_factory=dict)  # put over our own environment
    stop_steps: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 10.0),)  # signal, seconds
    stage: int = WORK
    account: Account | None = None  # whom it runs as; None: as ourselves
    descriptors: tuple[int, ...] = ()  # open files that it inherits
    folder: Path = REPOSITORY


@dataclass(frozen=True)
class Child:
    """A running program. It leads a session and process group of its own."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float  # time.monotonic()

    @property
    def ending(self) -> Ending:
        return Ending(self.process.pid, self.program.stop_steps, self.program.stage)

    def has_ended(self) -> bool:
        return self.process.poll() is not None


def start_child(program: Program, output: int | None = None) -> Child:
    """Start a program in a session of its own, so that Ctrl-C reaches its supervisor alone.

    Its output goes to its log, or its standard output to the descriptor `output` if given.
    """
    program.log.parent.mkdir(parents=True, exist_ok=True)
    first_signal = signal.Signals(program.stop_steps[0][0])
    command, user, group = with_death_signal(program.command, first_signal, program.account)
    with program.log.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log if output is None else output,
            stderr=log,
            cwd=program.folder,
            env=child_environment(**program.settings),
            start_new_session=True,
            pass_fds=program.descriptors,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
    return Child(program, process, time.monotonic())


class Guard:
    """The supervisor's side of `guard.py`: which children to end if we cannot."""

    def __init__(self, log: Path, descriptors: tuple[int, ...] = ()) -> None:
        """Start the guard; it keeps `descriptors` open (a lock) until its work is done."""
        self._log = log
        self._descriptors = descriptors
        self._orders: dict[str, dict[str, object]] = {}
        self._process = self._start()

    def watch(self, child: Child) -> None:
        """End this child if the supervisor dies."""
        ending = child.ending
        order = {"watch": ending.leader, "steps": ending.steps, "stage": ending.stage}
        self._orders[f"watch {ending.leader}"] = order
        self._tell(order)

    def forget(self, child: Child) -> None:
        """This child has ended; its number may belong to another process soon."""
        self._orders.pop(f"watch {child.process.pid}", None)
        self._tell({"forget": child.process.pid})

    def remove_at_end(self, folder: Path) -> None:
        """Remove this folder if the supervisor dies."""
        order: dict[str, object] = {"remove": str(folder)}
        self._orders[f"remove {folder}"] = order
        self._tell(order)

    def keep_folder(self, folder: Path) -> None:
        """The folder has been removed already."""
        self._orders.pop(f"remove {folder}", None)
        self._tell({"keep": str(folder)})

    def look_after(self) -> None:
        """Start a new guard if somebody ended this one."""
        if self._process.poll() is not None:
            self._replace()

    def close(self) -> None:
        """Let the guard finish: it ends whatever it still watches, and itself."""
        with contextlib.suppress(BrokenPipeError):
            _stdin(self._process).close()
        self._process.wait(timeout=None if self._orders else GUARD_WAIT_S)

    def _start(self) -> subprocess.Popen[str]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", guard_script.__file__],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
                pass_fds=self._descriptors,
            )

    def _tell(self, order: Mapping[str, object]) -> None:
        try:
            self._write(order)
        except BrokenPipeError:
            self._process.wait()
            self._replace()

    def _replace(self) -> None:
        """Have a new guard take over all that is still open."""
        with contextlib.suppress(BrokenPipeError):
            _stdin(self._process).close()
        self._process = self._start()
        for kept in self._orders.values():
            self._write(kept)

    def _write(self, order: Mapping[str, object]) -> None:
        pipe = _stdin(self._process)
        pipe.write(json.dumps(order) + "\n")
        pipe.flush()


def _stdin(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdin is None:
        raise RuntimeError("the guard was started without a pipe")
    return process.stdin
