"""Ends what a supervisor has started, where the supervisor can no longer do so itself.

The supervisor starts this file as a small process of its own and holds the other end of its
standard input. It writes a line for each child. When the supervisor ends in whatever way,
`kill -9` included, the pipe closes: then the guard ends the children in order and removes the
temporary folders. It is plain Python without packages, so that it is there within milliseconds.

The rules by which a child is ended live here too, because the supervisor follows the same ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.02
KILL_WAIT_S = 5.0
HURRY_WAIT_S = 1.0


@dataclass(frozen=True)
class Ending:
    """How one child, the leader of its own process group, is ended.

    `steps` are signals to the leader, each with the seconds that it gets afterwards; what is
    then left of the group is killed. Children of a higher stage are ended before those of a lower.
    """

    leader: int
    steps: tuple[tuple[int, float], ...]
    stage: int


def end_in_stages(
    endings: Sequence[Ending],
    is_alive: Callable[[int], bool],
    in_a_hurry: Callable[[], bool] = lambda: False,
) -> None:
    """End all children, the highest stage first; within a stage, together.

    `is_alive` says whether a leader still runs. While `in_a_hurry()` is true, no step waits
    longer than a second.
    """
    for stage in sorted({ending.stage for ending in endings}, reverse=True):
        end_together([e for e in endings if e.stage == stage], is_alive, in_a_hurry)


def end_together(
    endings: Iterable[Ending],
    is_alive: Callable[[int], bool],
    in_a_hurry: Callable[[], bool] = lambda: False,
) -> None:
    """End children at the same time, by their steps; returns once they are gone."""
    left = [_Course(ending) for ending in endings]
    while left:
        for course in left:
            course.go_on(hurry=in_a_hurry())
        left = [course for course in left if not course.is_over(is_alive)]
        if left:
            time.sleep(POLL_S)


class _Course:
    """Where one ending stands: which step is next, and when it is due."""

    def __init__(self, ending: Ending) -> None:
        self.leader = ending.leader
        self.steps = list(ending.steps)
        self.waits_s = 0.0
        self.since = time.monotonic()
        self.killed = False

    def go_on(self, *, hurry: bool) -> None:
        """Send the next signal, if the child has had its time since the last one."""
        waits_s = min(self.waits_s, HURRY_WAIT_S) if hurry else self.waits_s
        if self.killed or time.monotonic() - self.since < waits_s:
            return
        self.since = time.monotonic()
        if self.steps:
            number, self.waits_s = self.steps.pop(0)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.leader, number)
        else:
            kill_group(self.leader)
            self.killed = True

    def is_over(self, is_alive: Callable[[int], bool]) -> bool:
        """Whether the leader is gone; what it left of its group is killed then."""
        if not is_alive(self.leader):
            kill_group(self.leader)
            return True
        return self.killed and time.monotonic() - self.since > KILL_WAIT_S


def kill_group(leader: int) -> None:
    """Kill a process group, if there is still something in it."""
    # macOS answers "not permitted" for a group of which only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def process_runs(pid: int) -> bool:
    """Whether there is a process with this number that has not ended (a zombie has)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self/stat").exists()  # macOS has no /proc; there, it runs.
    return state != "Z"


def keep_guard(lines: Iterable[str]) -> None:
    """Follow the supervisor's lines until they end; then end what it has left running."""
    endings: dict[int, Ending] = {}
    folders: set[str] = set()
    for line in lines:
        order = json.loads(line)
        if "watch" in order:
            steps = tuple((int(number), float(wait)) for number, wait in order["steps"])
            endings[order["watch"]] = Ending(order["watch"], steps, order["stage"])
        elif "forget" in order:
            endings.pop(order["forget"], None)
        elif "remove" in order:
            folders.add(order["remove"])
        elif "keep" in order:
            folders.discard(order["keep"])
    end_in_stages(list(endings.values()), process_runs)
    for folder in sorted(folders):
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Guard the process that holds the other end of standard input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    keep_guard(sys.stdin)


if __name__ == "__main__":
    main()
