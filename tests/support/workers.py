"""A real Celery worker for tests, as a process of its own on the tests' servers."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from synanno_server.celery import app
from synanno_server.env import REPOSITORY, child_environment

START_LIMIT_S = 60.0


def database_url() -> str:
    """The address of the test database, for another process."""
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    port = f":{given['PORT']}" if given["PORT"] else ""
    if str(given["HOST"]).startswith("/"):
        host = given["HOST"].replace("/", "%2F")
        return f"postgresql://{given['USER']}{password}@{host}{port}/{given['NAME']}"
    return f"postgresql://{given['USER']}{password}@{given['HOST']}{port}/{given['NAME']}"


@contextlib.contextmanager
def celery_worker(
    log: Path, *, processes: int = 2, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A running worker for all queues; it is ready when this yields and gone afterwards.

    `settings` are put over those of the tests.
    """
    command = [sys.executable, "-m", "celery", "-A", "synanno_server.celery", "worker"]
    command += ["-Q", "interactive,prefetch,default", "-c", str(processes), "-O", "fair"]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [*command, "-n", f"test-{time.monotonic_ns()}@%h"],
            cwd=REPOSITORY,
            env=child_environment(DATABASE_URL=database_url(), **settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(worker, log)
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(timeout=20)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait(timeout=5)


def _wait_until_it_answers(worker: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if worker.poll() is not None:
            raise RuntimeError(f"the worker ended: {log.read_text()}")
        if app.control.ping(timeout=0.5):
            return
    raise RuntimeError(f"the worker did not answer: {log.read_text()}")
