"""Garbage is looked for only in what came since a process was there: looking through all that is
loaded takes as long as some requests."""

from __future__ import annotations

import subprocess
import sys

import pytest

from synanno_server.env import REPOSITORY, child_environment

WEB = "import synanno_server.wsgi"
POOL = """
from celery import signals
from synanno_server.celery import app
app.loader.import_default_modules()
signals.worker_process_init.send(None)
"""


@pytest.mark.parametrize("begin", [WEB, POOL], ids=["web", "worker"])
def test_what_is_loaded_is_looked_through_by_no_request_and_no_job(begin: str) -> None:
    code = f"{begin}\nimport gc; print(gc.get_freeze_count(), len(gc.get_objects()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    kept, left = map(int, done.stdout.split())
    assert left < kept / 10
