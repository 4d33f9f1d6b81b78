"""Send what campaigns have to tell. Workers only."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.campaigns.gateways import DeliveryError, post
from apps.campaigns.models import Webhook, WebhookDelivery
from apps.campaigns.webhook_rules import MOST_ATTEMPTS, next_try, pause_after, sign
from apps.core.locks import alone

# Longer than an attempt can take: if its worker is killed, another tries again after that.
_CLAIMED_FOR = timedelta(minutes=1)
_WITHIN_S = 3.0


def send_deliveries(*, for_s: float = _WITHIN_S) -> int:
    """Send what is due, at most for so long; how many were taken.

    Claim in one transaction, send outside any, note in another: a receiver may be told twice
    after a crash, and knows it by the key, but nothing is ever forgotten. An address that fails
    is left alone for longer each time, and one process sends at a time, so that silent addresses
    hold up neither the others nor the workers.
    """
    with alone("send webhooks") as is_alone:
        return _send_for(for_s) if is_alone else 0


def _send_for(for_s: float) -> int:
    _give_up(timezone.now())
    ends_at, sent = time.monotonic() + for_s, 0
    while time.monotonic() < ends_at and (delivery := _claim(timezone.now())):
        sent += _send(delivery, timezone.now())
    return sent


def _give_up(now: datetime) -> None:
    """What was tried often enough and whose outcome nobody noted: its worker was killed."""
    due = WebhookDelivery.objects.filter(next_try_at__lte=now)
    due.filter(attempts__gte=MOST_ATTEMPTS).update(
        next_try_at=None, failure="The server stopped while it was told."
    )


@transaction.atomic
def _claim(now: datetime) -> WebhookDelivery | None:
    due = WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    due = due.select_related("webhook").filter(next_try_at__lte=now)
    due = due.exclude(webhook__rests_until__gt=now)
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
        failures, next_try_at = delivery.webhook.failures + 1, next_try(delivery.attempts, now)
        _let_rest(delivery, failures, now + pause_after(failures))
        _note(delivery, {"failure": str(error), "next_try_at": next_try_at})
        return False
    if delivery.webhook.failures:
        _let_rest(delivery, 0, None)
    _note(delivery, {"failure": "", "next_try_at": None, "sent_at": now})
    return True


def _let_rest(delivery: WebhookDelivery, failures: int, until: datetime | None) -> None:
    """One that has failed so often without a break is left alone with all that waits for it."""
    webhooks = Webhook.objects.filter(pk=delivery.webhook_id)
    webhooks.update(failures=failures, rests_until=until)


def _note(delivery: WebhookDelivery, outcome: dict[str, object]) -> None:
    """Unless the webhook was taken out in the meantime, which ends its deliveries."""
    waiting = WebhookDelivery.objects.filter(pk=delivery.pk, next_try_at__isnull=False)
    waiting.update(**outcome)
