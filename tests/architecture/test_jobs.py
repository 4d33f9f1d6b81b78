"""The jobs that business code may name are the tasks that workers know."""

from __future__ import annotations

from apps.core.jobs import Job
from synanno_server.celery import app
from workers.schedule import SCHEDULE


def test_declared_jobs_are_the_registered_tasks() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {job.value for job in Job}


def test_beat_sends_only_declared_jobs() -> None:
    assert {entry["task"] for entry in SCHEDULE.values()} <= {job.value for job in Job}
