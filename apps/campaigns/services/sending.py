"""Send what campaigns have to tell. Workers only."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.campaigns.gateways import DeliveryError, post
from apps.campaigns.models import WebhookDelivery
from apps.campaigns.services.webhooks import tell_campaigns_done
from apps.campaigns.webhook_rules import next_try, sign

# Longer than an attempt can take: if its worker is killed, another tries again after that.
_CLAIMED_FOR = timedelta(minutes=1)
_WITHIN_S = 3.0


def send_deliveries(*, for_s: float = _WITHIN_S) -> int:
    """Send what is due, at most for so long; how many were taken.

    Claim in one transaction, send outside any, note in another: a receiver may be told twice
    after a crash, and knows it by the key, but nothing is ever forgotten. An address that fails
    is left alone until the next round, and one process sends at a time, so that silent
    addresses hold up neither the others nor the workers.
    """
    with _alone() as is_alone:
        return _send_for(for_s) if is_alone else 0


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process sends while the block runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('send webhooks', 0))")
        is_alone = bool(cursor.fetchone()[0])
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended('send webhooks', 0))")


def _send_for(for_s: float) -> int:
    tell_campaigns_done(timezone.now())
    ends_at, sent = time.monotonic() + for_s, 0
    failing: set[int] = set()
    while time.monotonic() < ends_at and (delivery := _claim(timezone.now(), failing)):
        if _send(delivery, timezone.now()):
            sent += 1
        else:
            failing.add(delivery.webhook_id)
    return sent


@transaction.atomic
def _claim(now: datetime, failing: Collection[int]) -> WebhookDelivery | None:
    due = WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
    due = due.select_related("webhook").filter(next_try_at__lte=now).exclude(webhook__in=failing)
    delivery = due.order_by("next_try_at").first()
    if delivery is not None:
        delivery.attempts += 1
        delivery.next_try_at = now + _CLAIMED_FOR
        delivery.save(update_fields=["attempts", "next_try_at"])
    return delivery


def _send(delivery: WebhookDelivery, now: datetime) -> bool:
    body = json.dumps({**delivery.body, "key": str(delivery.key)}).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "SynAnno",
        "SynAnno-Event": delivery.event,
        "SynAnno-Delivery": str(delivery.key),
        "SynAnno-Signature": sign(delivery.webhook.secret, int(now.timestamp()), body),
    }
    try:
        post(
            delivery.webhook.address,
            body,
            headers,
            private_too=settings.ENVIRONMENT.webhooks_to_private,
        )
    except DeliveryError as error:
        _note(delivery, {"failure": str(error), "next_try_at": next_try(delivery.attempts, now)})
        return False
    _note(delivery, {"failure": "", "next_try_at": None, "sent_at": now})
    return True


def _note(delivery: WebhookDelivery, outcome: dict[str, object]) -> None:
    """Unless the webhook was taken out in the meantime, which ends its deliveries."""
    waiting = WebhookDelivery.objects.filter(pk=delivery.pk, next_try_at__isnull=False)
    waiting.update(**outcome)
