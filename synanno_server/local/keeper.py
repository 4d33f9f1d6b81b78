"""Starts again what ends of itself while a copy runs."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from synanno_server.local.children import SERVICES, Child, Program
from synanno_server.local.crew import Crew
from synanno_server.local.errors import StartError
from synanno_server.local.homes import last_lines
from synanno_server.local.progress import Progress

STEADY_S = 60.0  # a child that ran this long starts with a clean record
LONGEST_PAUSE_S = 30.0
SERVICE_ATTEMPTS = 5


@dataclass(frozen=True)
class Restart:
    """A program that is to be started again."""

    program: Program
    due: float  # time.monotonic()


def pause_before(failures: int) -> float:
    """Seconds to wait before the start after so many failures in a row: 1, 2, 4, … 30."""
    return float(min(2 ** (failures - 1), LONGEST_PAUSE_S))


class Keeper:
    """Watches a crew; the web server, worker and beat are always started again.

    A database or Redis that fails again and again ends the copy: nothing works without them.
    """

    def __init__(
        self, crew: Crew, progress: Progress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._crew = crew
        self._progress = progress
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._started: dict[str, float] = {}  # of those that were started again
        self._restarts: list[Restart] = []

    def look(self) -> bool:
        """Note who has ended and start who is due; say whether anything changed.

        Raises StartError if a service keeps failing.
        """
        ended = self._crew.ended()
        for child in ended:
            self._crew.dismiss(child)
            self._plan_restart(child)
        due = [restart for restart in self._restarts if restart.due <= self._clock()]
        for restart in due:
            self._restarts.remove(restart)
            self._crew.start(restart.program)
            self._started[restart.program.name] = self._clock()
        return bool(ended or due)

    def _plan_restart(self, child: Child) -> None:
        program = child.program
        started = self._started.get(program.name, child.started)
        was_steady = self._clock() - started > STEADY_S
        failures = 1 if was_steady else self._failures.get(program.name, 0) + 1
        self._failures[program.name] = failures
        how = describe_end(child.process.returncode)
        if program.stage == SERVICES and failures > SERVICE_ATTEMPTS:
            raise StartError(
                f"{program.name} {how}, for the {failures}th time in a row, and nothing works "
                f"without it. {program.log} ends with:\n{last_lines(program.log)}"
            )
        pause = pause_before(failures)
        self._restarts.append(Restart(program, self._clock() + pause))
        self._progress.say(
            f"  {time.strftime('%H:%M:%S')}  {program.name} {how}; it is started again in "
            f"{pause:.0f} s. See {program.log}"
        )


def describe_end(status: int) -> str:
    """How a process ended, for a sentence: 'ended with status 1', 'was ended by SIGKILL'."""
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
