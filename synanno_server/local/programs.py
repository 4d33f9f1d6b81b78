"""The processes of one running copy: web server, Celery worker, Celery beat, manage.py."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping

from synanno_server.env import REPOSITORY, Environment
from synanno_server.local.children import INTERFACE, WORK, Program
from synanno_server.local.homes import Home
from synanno_server.processes import ALLOCATOR, beat_command, web_command, worker_command

# A worker first finishes the jobs that it has begun; SIGQUIT then drops them.
WORKER_STOP = ((int(signal.SIGTERM), 20.0), (int(signal.SIGQUIT), 3.0))


def web_program(
    home: Home, environment: Environment, settings: Mapping[str, str], descriptor: int
) -> Program:
    """gunicorn, on a socket that listens already (`descriptor`)."""
    return Program(
        name="web",
        command=web_command(environment, f"fd://{descriptor}"),
        log=home.log("web"),
        settings={**settings, **ALLOCATOR},
        stop_steps=((int(signal.SIGTERM), 12.0),),
        stage=INTERFACE,
        descriptors=(descriptor,),
    )


def worker_program(home: Home, environment: Environment, settings: Mapping[str, str]) -> Program:
    """The Celery worker: one main process and WORKER_PROCESSES that do the jobs."""
    return Program(
        name="worker",
        command=worker_command(environment),
        log=home.log("worker"),
        settings={**settings, **ALLOCATOR},
        stop_steps=WORKER_STOP,
        stage=WORK,
    )


def beat_program(home: Home, environment: Environment, settings: Mapping[str, str]) -> Program:
    """Celery beat, which sends the jobs that come round."""
    return Program(
        name="beat",
        command=beat_command(environment, home.run / "beat-schedule"),
        log=home.log("beat"),
        settings=settings,
        stop_steps=((int(signal.SIGTERM), 5.0),),
        stage=INTERFACE,
    )


def manage_program(home: Home, settings: Mapping[str, str], *words: str) -> Program:
    """One command of manage.py, into its own log."""
    return Program(
        name=words[0],
        command=(*manage_command(), *words),
        log=home.log("manage"),
        settings=settings,
    )


def manage_command() -> tuple[str, ...]:
    """How manage.py is run in this environment."""
    return (sys.executable, str(REPOSITORY / "manage.py"))
