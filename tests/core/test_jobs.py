"""A job that cannot be sent breaks no request, and what people ask for again does not pile up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import Celery

from apps.core.jobs import Job, enqueue
from synanno_server.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def broker_at(address: str) -> Iterator[Celery]:
    """Jobs go there, sent as the server sends them."""
    other = Celery("other", broker=address, set_as_current=False, config_source="workers.settings")
    other.set_default()
    try:
        other.set_current()
        yield other
    finally:
        app.set_current()
        app.set_default()


def test_a_lost_broker_is_logged_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    with broker_at("redis://127.0.0.1:1/0"):
        enqueue(Job.RENDER_PAGES, campaign_id=1)
    assert "job_not_sent" in caplog.text


@pytest.mark.parametrize("job", [Job.RENDER_ITEMS, Job.MAKE_REPORTS])
def test_what_is_asked_for_again_and_again_is_forgotten_where_no_worker_takes_it(job: Job) -> None:
    with broker_at("memory://") as other:
        enqueue(job, campaign_id=1)
        assert _sent_until(other, job) is not None


def _sent_until(other: Celery, job: Job) -> Any:
    """Until when the job is good, as a worker would read it."""
    with other.connection_for_read() as connection:
        queue = connection.SimpleQueue(other.amqp.router.route({}, job.value)["queue"].name)
        return queue.get(timeout=5).headers["expires"]
