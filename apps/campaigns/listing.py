"""What people look through: their campaigns, the pages of one, its record, its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from apps.accounts.models import User
from apps.accounts.selectors import NUL
from apps.campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignVersion,
    Page,
    Webhook,
    WebhookDelivery,
)
from apps.campaigns.selectors import campaigns_of
from apps.core.errors import NotFoundError


class PageState(StrEnum):
    """Where a page stands."""

    FREE = "free"
    RESERVED = "reserved"
    HELD = "held"
    LAPSED = "lapsed"  # its time is over, and nobody else has asked for it
    DONE = "done"

    @classmethod
    def of(cls, page: Page, now: datetime) -> PageState:
        if page.submitted_at is not None:
            return cls.DONE
        if page.lease is not None and page.lease.ended_at is None and page.held_until is not None:
            return cls.HELD if page.held_until > now else cls.LAPSED
        return cls.FREE if page.reserved_for_id is None else cls.RESERVED


def campaigns_like(user: User, wanted: Mapping[str, Any]) -> QuerySet[Campaign]:
    """The campaigns of a person of a `status`, and with `name` somewhere in theirs, as far as each
    is given."""
    campaigns = campaigns_of(user)
    if "status" in wanted:
        campaigns = campaigns.filter(status=wanted["status"])
    if "name" in wanted:
        campaigns = campaigns.filter(name__icontains=wanted["name"])
    return campaigns


def pages_of(campaign: Campaign, wanted: Mapping[str, Any], now: datetime) -> QuerySet[Page]:
    """The pages in a `state`, of a `kind` and of a `person` (a username), as far as each is given.

    A person's are those that they have, had last, or that are kept for them.
    """
    pages = campaign.pages.select_related("lease__user", "reserved_for")
    if "state" in wanted:
        pages = pages.filter(_in_state(PageState(wanted["state"]), now))
    if "kind" in wanted:
        pages = pages.filter(kind=wanted["kind"])
    if "person" in wanted:
        name = wanted["person"]
        if NUL in name:
            return pages.none()
        pages = pages.filter(Q(lease__user__username=name) | Q(reserved_for__username=name))
    return pages


def _in_state(state: PageState, now: datetime) -> Q:
    if state is PageState.DONE:
        return Q(submitted_at__isnull=False)
    begun = Q(lease__isnull=False, lease__ended_at__isnull=True, held_until__isnull=False)
    to_do = Q(submitted_at__isnull=True)
    if state is PageState.HELD:
        return to_do & begun & Q(held_until__gt=now)
    if state is PageState.LAPSED:
        return to_do & begun & Q(held_until__lte=now)
    return to_do & ~begun & Q(reserved_for__isnull=state is PageState.FREE)


def audit_of(campaign: Campaign) -> QuerySet[AuditEntry]:
    """The record of a campaign, the latest first."""
    return campaign.audit.select_related("actor").order_by("-pk")


def versions_of(campaign: Campaign) -> QuerySet[CampaignVersion]:
    """What its people were told and shown, the latest first."""
    return campaign.versions.select_related("made_by").order_by("-pk")


def webhooks_of(campaign: Campaign) -> QuerySet[Webhook]:
    """Whom it tells, with `waiting` and `latest_failure`."""
    failed = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).exclude(failure="")
    return campaign.webhooks.filter(disabled_at__isnull=True).annotate(
        waiting=Count("deliveries", filter=Q(deliveries__next_try_at__isnull=False)),
        latest_failure=Subquery(failed.order_by("-pk").values("failure")[:1]),
    )


def deliveries_of(campaign: Campaign, webhook_id: int) -> QuerySet[WebhookDelivery]:
    """What a webhook of the campaign was told and is to be told. Raises NotFoundError."""
    if not campaign.webhooks.filter(pk=webhook_id).exists():
        raise NotFoundError(f"The campaign has no webhook {webhook_id}.")
    return WebhookDelivery.objects.filter(webhook=webhook_id).order_by("-pk")
