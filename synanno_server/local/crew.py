"""The children of one supervisor: started, awaited and ended together."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from synanno_server.local.children import Child, Guard, Program, start_child
from synanno_server.local.errors import StartError, StopRequested
from synanno_server.local.guard import end_in_stages, kill_group
from synanno_server.local.homes import last_lines
from synanno_server.local.stopping import StopSwitch

# A unix socket's path has at most 104 bytes on macOS.
LONGEST_PARENT = 104 - len("/synanno-12345678/.s.PGSQL.5432.lock") - 1


class Crew:
    """Starts children, knows which are there, and ends them in the right order."""

    def __init__(self, guard: Guard, stop: StopSwitch) -> None:
        self.stop = stop
        self._guard = guard
        self._children: list[Child] = []
        self._folders: list[Path] = []
        self._lent_folders: list[Path] = []

    @property
    def processes(self) -> dict[str, int]:
        return {child.program.name: child.process.pid for child in self._children}

    def start(self, program: Program, output: int | None = None) -> Child:
        """Start a program that is to run until we end it."""
        child = start_child(program, output)
        self._guard.watch(child)
        self._children.append(child)
        return child

    def dismiss(self, child: Child) -> None:
        """Take note that a child has ended, and end what it left of its group."""
        kill_group(child.process.pid)
        self._guard.forget(child)
        self._children.remove(child)

    def ended(self) -> list[Child]:
        """The children that have ended of themselves. Also sees to it that there is a guard."""
        self._guard.look_after()
        return [child for child in self._children if child.has_ended()]

    def run(self, program: Program, output: int | None = None) -> int:
        """Run a program to its end and give its exit status.

        Raises StopRequested, with the program ended, if somebody asks to stop meanwhile.
        """
        child = self.start(program, output)
        try:
            self.stop.wait_until(child.has_ended)
        except StopRequested:
            end_in_stages([child.ending], _runs([child]), self.stop.is_repeated)
            raise
        finally:
            if child.has_ended():
                self.dismiss(child)
        return child.process.returncode

    def await_ready(self, child: Child, is_ready: Callable[[], bool], limit_s: float) -> None:
        """Wait until a child does its work.

        Raises StartError with the end of its log if it ends, or takes longer than `limit_s`.
        """
        name, log = child.program.name, child.program.log
        done = self.stop.wait_until(lambda: child.has_ended() or is_ready(), limit_s)
        if child.has_ended():
            raise StartError(f"{name} ended while starting. {log} ends with:\n{last_lines(log)}")
        if not done:
            raise StartError(
                f"{name} is not ready after {limit_s:.0f} s. {log} ends with:\n{last_lines(log)}"
            )

    def end_all(self) -> None:
        """End all children (requests, then work, then data; time-bounded), remove our folders."""
        endings = [child.ending for child in self._children]
        end_in_stages(endings, _runs(self._children), self.stop.is_repeated)
        for child in list(self._children):
            self.dismiss(child)
        for folder in self._folders:
            shutil.rmtree(folder)
        for folder in (*self._folders, *self._lent_folders):
            self._guard.keep_folder(folder)
        self._folders.clear()
        self._lent_folders.clear()

    def remove_if_killed(self, folder: Path) -> None:
        """Remove a temporary folder of the caller's if this process is killed meanwhile."""
        self._lent_folders.append(folder)
        self._guard.remove_at_end(folder)

    def make_short_folder(self) -> Path:
        """A new temporary folder that only we can enter; its path is short enough for sockets."""
        parent = Path(tempfile.gettempdir()).resolve()
        if len(str(parent)) > LONGEST_PARENT:
            parent = Path("/tmp")  # noqa: S108 - mkdtemp makes a folder of our own in it
        folder = Path(tempfile.mkdtemp(prefix="synanno-", dir=parent))
        self._folders.append(folder)
        self._guard.remove_at_end(folder)
        return folder


def _runs(children: list[Child]) -> Callable[[int], bool]:
    """Says whether a child still runs; asking also collects those that have ended."""
    by_pid = {child.process.pid: child for child in children}
    return lambda pid: not by_pid[pid].has_ended()


@contextlib.contextmanager
def guarded_crew(
    guard_log: Path, stop: StopSwitch, descriptors: tuple[int, ...] = ()
) -> Iterator[Crew]:
    """A crew whose children end with this block, and with this process however it ends.

    The guard keeps `descriptors` open until no child is left.
    """
    guard = Guard(guard_log, descriptors)
    crew = Crew(guard, stop)
    try:
        yield crew
    finally:
        try:
            crew.end_all()
        finally:
            guard.close()
