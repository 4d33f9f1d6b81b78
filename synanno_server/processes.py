"""The long-running processes of a deployment: what is run for web, worker and beat.

The launcher runs them side by side on one machine; in a container each runs alone:
`python -m synanno_server.processes web`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from synanno_server.env import Environment, child_environment, read_environment

# glibc keeps a heap for each thread, and what large buffers leave in it is seldom given back: a
# process that sends pictures grew by a third. Two heaps, and large buffers apart from them.
ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}

QUEUES = "interactive,prefetch,default"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where gunicorn's heartbeats touch no disk


def web_command(environment: Environment, bind: str) -> tuple[str, ...]:
    """gunicorn, listening on `bind` (an address with its port, or `fd://N`)."""
    command = [sys.executable, "-m", "gunicorn", "synanno_server.wsgi:application"]
    command += ["--config", "python:synanno_server.gunicorn_settings"]
    command += ["--bind", bind, "--worker-class", "gthread", "--preload"]
    command += ["--workers", str(environment.web_processes)]
    command += ["--threads", str(environment.web_threads)]
    command += ["--graceful-timeout", "10", "--no-control-socket"]
    if os.access(SHARED_MEMORY, os.W_OK):
        command += ["--worker-tmp-dir", str(SHARED_MEMORY)]
    return tuple(command)


def worker_command(environment: Environment) -> tuple[str, ...]:
    """The Celery worker: one main process and WORKER_PROCESSES that do the jobs."""
    command = [*_celery("celery", "worker"), "--queues", QUEUES, "--hostname", "worker@%h"]
    command += ["--concurrency", str(environment.worker_processes), "--optimization", "fair"]
    command += ["--loglevel", environment.log_level]
    # Workers need not know of each other, and their supervisor sees whether they live.
    return (*command, "--without-gossip", "--without-mingle", "--without-heartbeat")


def beat_command(environment: Environment, schedule: Path) -> tuple[str, ...]:
    """Celery beat, which sends the jobs that come round; it keeps its place in `schedule`."""
    command = (*_celery("beat", "beat"), "--schedule", str(schedule), "--pidfile=")
    return (*command, "--loglevel", environment.log_level)


def command_of(name: str, environment: Environment) -> tuple[str, ...]:
    """The command of `web`, `worker` or `beat` for a machine or container of its own.

    Raises ValueError for any other name.
    """
    if name == "web":
        return web_command(environment, f"{environment.bind}:{environment.port}")
    if name == "worker":
        return worker_command(environment)
    if name == "beat":
        return beat_command(environment, environment.home / "beat-schedule")
    raise ValueError(f"there is no process {name!r}; use web, worker or beat")


def _celery(module: str, verb: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", f"synanno_server.{module}", "--quiet", verb)


def main(arguments: Sequence[str]) -> None:
    """Become the process that is named."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m synanno_server.processes web|worker|beat")
    try:
        command = command_of(arguments[0], read_environment())
    except ValueError as error:
        raise SystemExit(str(error)) from error
    environment = child_environment(**ALLOCATOR)
    os.execve(command[0], command, environment)  # noqa: S606 - the command is ours


if __name__ == "__main__":
    main(sys.argv[1:])
