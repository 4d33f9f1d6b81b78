"""The processes of one running copy: web server, Celery worker, Celery beat, manage.py."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from synanno_server.env import REPOSITORY, Environment
from synanno_server.local.children import INTERFACE, WORK, Program
from synanno_server.local.homes import Home

QUEUES = "interactive,prefetch,default"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where gunicorn's heartbeats touch no disk
# A worker first finishes the jobs that it has begun; SIGQUIT then drops them.
WORKER_STOP = ((int(signal.SIGTERM), 20.0), (int(signal.SIGQUIT), 3.0))


def web_program(
    home: Home, environment: Environment, settings: Mapping[str, str], descriptor: int
) -> Program:
    """gunicorn, on a socket that listens already (`descriptor`)."""
    command = [sys.executable, "-m", "gunicorn", "synanno_server.wsgi:application"]
    command += ["--bind", f"fd://{descriptor}", "--worker-class", "gthread", "--preload"]
    command += ["--workers", str(environment.web_processes)]
    command += ["--threads", str(environment.web_threads)]
    command += ["--graceful-timeout", "10", "--no-control-socket"]
    if os.access(SHARED_MEMORY, os.W_OK):
        command += ["--worker-tmp-dir", str(SHARED_MEMORY)]
    return Program(
        name="web",
        command=tuple(command),
        log=home.log("web"),
        settings=settings,
        stop_steps=((int(signal.SIGTERM), 12.0),),
        stage=INTERFACE,
        descriptors=(descriptor,),
    )


def worker_program(home: Home, environment: Environment, settings: Mapping[str, str]) -> Program:
    """The Celery worker: one main process and WORKER_PROCESSES that do the jobs."""
    command = [*_celery("worker"), "--queues", QUEUES, "--hostname", "worker@%h"]
    command += ["--concurrency", str(environment.worker_processes), "--optimization", "fair"]
    command += ["--loglevel", environment.log_level]
    # There is one worker: nobody to gossip with, and its supervisor sees whether it lives.
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Program(
        name="worker",
        command=tuple(command),
        log=home.log("worker"),
        settings=settings,
        stop_steps=WORKER_STOP,
        stage=WORK,
    )


def beat_program(home: Home, environment: Environment, settings: Mapping[str, str]) -> Program:
    """Celery beat, which sends the jobs that come round."""
    schedule = str(home.run / "beat-schedule")
    command = (*_celery("beat"), "--schedule", schedule, "--pidfile=")
    return Program(
        name="beat",
        command=(*command, "--loglevel", environment.log_level),
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


def _celery(verb: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", "synanno_server.celery", verb)
