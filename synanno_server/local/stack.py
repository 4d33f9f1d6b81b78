"""A whole copy as a child process, for journeys through the real thing and for measurements."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synanno_server.env import DATABASE_URL, REDIS_URL, REPOSITORY, child_environment
from synanno_server.local.homes import Home

READY_WITHIN_S = 180.0
END_WITHIN_S = 60.0
POLL_S = 0.1


class StackError(RuntimeError):
    """The copy did not start or did not end; the message holds what it printed."""


@dataclass(frozen=True)
class Stack:
    """A running copy."""

    home: Home
    process: subprocess.Popen[bytes]
    address: str  # "http://127.0.0.1:41234/"
    settings: Mapping[str, str]  # SYNANNO_HOME, DATABASE_URL, REDIS_URL

    def children(self) -> Mapping[str, int]:
        """The processes of the copy now: postgres, valkey, web, worker, beat."""
        children: Mapping[str, int] = _read(self.home)["children"]
        return children

    def manage(self, *words: str) -> str:
        """Run a command of manage.py against this copy and give what it prints.

        Raises subprocess.CalledProcessError if it fails.
        """
        command = [sys.executable, str(REPOSITORY / "manage.py"), *words]
        environment = child_environment(**self.settings)
        return subprocess.check_output(command, env=environment, text=True)


@contextlib.contextmanager
def running_stack(
    home: Path,
    *,
    port: int = 0,
    demo: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Run `./synanno up` (or `demo`) on a home folder, and end it after the block.

    Port 0 takes any that is free. The copy has servers of its own, unless `settings` name
    others. Raises StackError if it does not start or end in time.
    """
    output = home / "stack.log"
    home.mkdir(parents=True, exist_ok=True)
    process = start_stack(home, output, port=port, demo=demo, settings=settings)
    try:
        yield await_stack(Home(home), process, output)
    finally:
        end_stack(process, output)


def start_stack(
    home: Path,
    output: Path,
    *,
    port: int = 0,
    demo: bool = False,
    settings: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a copy whose lines go to the file `output`; it is not ready yet."""
    words = ("-P", "-m", "synanno_server.local", "demo" if demo else "up", "--port", str(port))
    own_servers = {DATABASE_URL.name: "", REDIS_URL.name: "", "PYTHONPATH": str(REPOSITORY)}
    together = {**own_servers, "SYNANNO_HOME": str(home), **(settings or {})}
    with output.open("ab") as lines:
        return subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            cwd=REPOSITORY,
            env=child_environment(**together),
        )


def await_stack(home: Home, process: subprocess.Popen[bytes], output: Path) -> Stack:
    """Wait until a copy is ready. Raises StackError if it ends, or is not ready in time."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StackError(f"The copy ended while starting:\n{output.read_text()}")
        if home.running.exists():
            running = _read(home)
            if running["ready"] and running["holder"]["pid"] == process.pid:
                settings = {"SYNANNO_HOME": str(home.folder), **running["services"]}
                return Stack(home, process, running["holder"]["address"], settings)
        time.sleep(POLL_S)
    raise StackError(f"The copy was not ready in {READY_WITHIN_S:.0f} s:\n{output.read_text()}")


def end_stack(process: subprocess.Popen[bytes], output: Path) -> None:
    """End a copy in order, if it still runs. Raises StackError if it takes too long."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise StackError(f"The copy did not end:\n{output.read_text()}") from None


def _read(home: Home) -> dict[str, Any]:
    """What a copy says of itself."""
    running: dict[str, Any] = json.loads(home.running.read_text(encoding="utf-8"))
    return running
