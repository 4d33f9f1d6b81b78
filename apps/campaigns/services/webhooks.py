"""Whom a campaign tells what happens in it, and what is to be told."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Page, Webhook, WebhookDelivery
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.campaigns.services.life import lock_campaign
from apps.campaigns.webhook_rules import Event
from apps.core.addresses import is_public_host, why_no_address
from apps.core.errors import InvalidInputError, NotFoundError

MOST_WEBHOOKS = 5
_LONGEST_ADDRESS = 500
_OVER = (Campaign.Status.CLOSED, Campaign.Status.ARCHIVED)
_SETTLED_AFTER = timedelta(seconds=10)


@transaction.atomic
def add_webhook(campaign: Campaign, address: str, by: User, now: datetime) -> Webhook:
    """Tell an address what happens from now on; `secret` of the answer signs it.

    Raises InvalidInputError for an address that cannot or must not be told, and NotNowError for
    an archived campaign, of which nothing is told any more.
    """
    campaign = lock_campaign(campaign.pk)
    check_not_archived(campaign, "address")
    address = address.strip()
    reason = why_no_address(address)
    if len(address) > _LONGEST_ADDRESS:
        reason = f"it is longer than {_LONGEST_ADDRESS} characters"
    if reason is None and not settings.ENVIRONMENT.webhooks_to_private:
        reason = None if is_public_host(address) else "it leads into a private network"
    if reason is not None:
        raise InvalidInputError(
            f"address: {address[:80]!r} cannot be used: {reason}.", field="address"
        )
    if campaign.webhooks.filter(disabled_at__isnull=True).count() >= MOST_WEBHOOKS:
        raise InvalidInputError(
            f"address: a campaign tells at most {MOST_WEBHOOKS}; take one out first.",
            field="address",
        )
    webhook = Webhook.objects.create(
        campaign=campaign, address=address, secret=secrets.token_hex(32), created_by=by
    )
    record(campaign, by, "webhook_added", {"webhook": webhook.pk, "address": address}, now)
    return webhook


@transaction.atomic
def remove_webhook(campaign: Campaign, webhook_id: int, by: User, now: datetime) -> None:
    """Tell an address nothing more; what waits for it is given up. Doing it again does nothing.

    Raises NotFoundError.
    """
    webhook = Webhook.objects.select_for_update().filter(campaign=campaign, pk=webhook_id).first()
    if webhook is None:
        raise NotFoundError(f"The campaign has no webhook {webhook_id}.")
    if webhook.disabled_at is not None:
        return
    webhook.disabled_at = now
    webhook.save(update_fields=["disabled_at"])
    waiting = webhook.deliveries.filter(next_try_at__isnull=False)
    waiting.update(next_try_at=None, failure="The webhook was taken out.")
    details = {"webhook": webhook.pk, "address": webhook.address}
    record(campaign, by, "webhook_removed", details, now)


def tell_pages_done(campaign_id: int, pages: Sequence[Page], now: datetime) -> None:
    """Have it told that these pages were submitted. Call it in the transaction that counts them.

    A page is told once for each lease that submitted it, however often it is counted.
    """
    told = Webhook.objects.filter(campaign=campaign_id, told_done_at__isnull=False)
    told.update(told_done_at=None)  # more may be done than was told
    for webhook in _webhooks_of(campaign_id):
        _note(
            webhook,
            Event.PAGE_DONE,
            ((f"{page.pk} {page.lease_id}", _about_page(page)) for page in pages),
            now,
        )


def tell_campaigns_done(count_unsettled: Callable[[int], int], now: datetime) -> int:
    """Have it told which campaigns are done; of how many it is told now.

    That is where no page is left to do and every instance is settled, or, where some wait for
    people who are missing, once the campaign is closed. It is told once, and again after more
    pages were made or reopened and done. Training is no part of it. What was counted a moment ago
    may still need more votes, so that waits.
    """
    untold = Webhook.objects.filter(disabled_at__isnull=True, told_done_at__isnull=True)
    campaigns = untold.order_by("campaign").values_list("campaign", flat=True).distinct()
    return sum(_tell_if_done(one, count_unsettled, now) for one in list(campaigns))


@transaction.atomic
def _tell_if_done(campaign_id: int, count_unsettled: Callable[[int], int], now: datetime) -> bool:
    """The webhooks are locked: a page that is counted meanwhile comes before or after."""
    untold = Webhook.objects.select_for_update(of=("self",), no_key=True).filter(
        campaign=campaign_id, disabled_at__isnull=True, told_done_at__isnull=True
    )
    webhooks = list(untold.select_related("campaign").order_by("pk"))
    pages = Page.objects.filter(campaign=campaign_id).exclude(kind=Page.Kind.TRAINING)
    if pages.filter(submitted_at__isnull=True).exists():
        return False
    fresh = Q(counted_at__isnull=True) | Q(counted_at__gt=now - _SETTLED_AFTER)
    if not pages.exists() or pages.filter(fresh).exists():
        return False
    unsettled = count_unsettled(campaign_id)
    if unsettled and any(webhook.campaign.status not in _OVER for webhook in webhooks):
        return False
    latest = pages.aggregate(lease=Max("lease"))["lease"]
    for webhook in webhooks:
        _note(webhook, Event.CAMPAIGN_DONE, [(f"{latest}", {"unsettled": unsettled})], now)
        Webhook.objects.filter(pk=webhook.pk).update(told_done_at=now)
    return True


def _webhooks_of(campaign_id: int) -> list[Webhook]:
    webhooks = Webhook.objects.filter(campaign=campaign_id, disabled_at__isnull=True)
    return list(webhooks.select_related("campaign"))


def _about_page(page: Page) -> dict[str, Any]:
    """A page and when it was done. Not by whom: that concerns the people of the campaign."""
    at = page.submitted_at
    return {"page": page.number, "kind": page.kind, "submitted_at": at and at.isoformat()}


def _note(
    webhook: Webhook, event: Event, occasions: Iterable[tuple[str, dict[str, Any]]], now: datetime
) -> None:
    """One delivery an occasion; its key is made of what it is about, so it is noted once."""
    space = uuid.uuid5(uuid.NAMESPACE_URL, f"{webhook.secret} {webhook.pk} {event}")
    campaign = {"campaign": webhook.campaign_id, "name": webhook.campaign.name}
    WebhookDelivery.objects.bulk_create(
        (
            WebhookDelivery(
                webhook=webhook,
                key=uuid.uuid5(space, about),
                event=event.value,
                body={"event": event.value, "at": now.isoformat(), **campaign, **body},
                made_at=now,
                next_try_at=now,
            )
            for about, body in occasions
        ),
        ignore_conflicts=True,
    )
