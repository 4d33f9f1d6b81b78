"""A job that cannot be sent breaks no request."""

from __future__ import annotations

import pytest
from celery import Celery

from apps.core.jobs import Job, enqueue
from synanno_server.celery import app


@pytest.mark.django_db(transaction=True)
def test_a_lost_broker_is_logged_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    lost = Celery("lost", broker="redis://127.0.0.1:1/0", set_as_current=False)
    lost.conf.task_publish_retry = False
    lost.set_default()
    try:
        lost.set_current()
        enqueue(Job.RENDER_PAGES, campaign_id=1)
    finally:
        app.set_current()
        app.set_default()
    assert "job_not_sent" in caplog.text
