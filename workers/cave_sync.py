"""Jobs of deliveries to CAVE. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.cave_sync.services import deliveries, syncing, trying
from apps.core.jobs import Job

LIMIT_S = 6 * 3600  # of the largest campaigns; another worker takes up what is stopped


@shared_task(name=Job.TRY_DELIVERY.value, time_limit=LIMIT_S)
def try_delivery(delivery_id: int) -> None:
    trying.try_delivery(delivery_id)


@shared_task(name=Job.SYNC_DELIVERY.value, time_limit=LIMIT_S)
def sync_delivery(delivery_id: int) -> None:
    syncing.sync(delivery_id)


@shared_task(name=Job.SYNC_DUE.value)
def sync_due() -> None:
    deliveries.sync_due(timezone.now())
