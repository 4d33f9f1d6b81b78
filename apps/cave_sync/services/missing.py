"""Have what CAVE has lost sent again, on a manager's order. The web process uses this."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.services.audit import record
from apps.cave_sync.models import Delivery, SyncRun
from apps.cave_sync.services.deliveries import start_delivery
from apps.core.errors import ConflictError


@transaction.atomic
def send_missing(delivery: Delivery, by: User, now: datetime) -> SyncRun:
    """Have a worker compare all that was sent with what CAVE has, and send what is missing; then it
    goes on as it would. The order stands until all was compared, whatever stops a run.

    Raises ConflictError where nothing was sent, or it cannot be started.
    """
    if not delivery.rows.filter(sent_at__isnull=False).exists():
        raise ConflictError("delivery: nothing was sent, so nothing is missing.", field="delivery")
    run = start_delivery(delivery, by, now)
    Delivery.objects.filter(pk=delivery.pk).update(mends=True)
    details = {"delivery": delivery.pk, "table": delivery.table, "missing": delivery.missing}
    record(delivery.campaign, by, "delivery_missing_sent", details, now)
    return run
