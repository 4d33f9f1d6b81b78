"""Jobs of pipelines. Each is one call into a service."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from celery import bootsteps, current_app, shared_task, signals
from celery.utils.nodenames import worker_direct
from celery.worker.consumer.tasks import Tasks
from django.utils import timezone

from apps.core.jobs import Job
from apps.pipelines.services import depth_unet, looking

LOOK_EVERY_S = 60.0
_WORKER = uuid4().hex  # its processes are forked from one, and have the same


@shared_task(name=Job.FILL_DEPTH_UNET.value)
def fill_depth_unet(proposal_id: int) -> None:
    depth_unet.fill_with_unet(proposal_id)


@shared_task(name=Job.LOOK_AT_NETWORK.value, expires=LOOK_EVERY_S)
def look_at_network(is_start: bool = False) -> None:
    looking.look_at_network(timezone.now(), worker=_WORKER, is_start=is_start)


class LooksAtNetwork(bootsteps.StartStopStep):
    """Each worker looks itself, when it starts and every minute, in one of its processes: another
    machine may have another file, and a file may end who reads it."""

    requires = (Tasks,)
    every: Any = None

    def include_if(self, parent: Any) -> bool:
        """Where nothing is configured, nothing is sent."""
        return looking.is_configured()

    def start(self, parent: Any) -> None:
        """Its connection has been made, perhaps anew."""
        own = worker_direct(parent.hostname)
        first = {"kwargs": {"is_start": True}, "queue": own}
        parent.timer.call_after(0.0, look_at_network.apply_async, kwargs=first)
        self.every = parent.timer.call_repeatedly(
            LOOK_EVERY_S, look_at_network.apply_async, kwargs={"queue": own}
        )

    def stop(self, parent: Any) -> None:
        """Its connection is lost, or it ends."""
        if self.every is not None:
            self.every.cancel()
            self.every = None


current_app.steps["consumer"].add(LooksAtNetwork)


@signals.worker_shutdown.connect
def look_no_more(**_: object) -> None:
    """A worker that ends says nothing of the network any more."""
    looking.end_looking(_WORKER)
