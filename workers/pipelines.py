"""Jobs of pipelines. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task, signals
from django.utils import timezone

from apps.core.jobs import Job
from apps.pipelines.services import depth_unet, looking


@shared_task(name=Job.FILL_DEPTH_UNET.value)
def fill_depth_unet(proposal_id: int) -> None:
    depth_unet.fill_with_unet(proposal_id)


@shared_task(name=Job.LOOK_AT_NETWORK.value, expires=60)
def look_at_network(is_start: bool = False) -> None:
    looking.look_at_network(timezone.now(), is_start=is_start)


@signals.worker_ready.connect
def look_first(**_: object) -> None:
    """A worker that starts says at once whether the network fits."""
    look_at_network.delay(is_start=True)


@signals.worker_shutdown.connect
def look_no_more(**_: object) -> None:
    """A worker that ends says nothing of the network any more."""
    looking.end_looking()
