"""What people look through: their campaigns, the pages of one, its record, its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from apps.accounts.models import User
from apps.accounts.selectors import NUL
from apps.campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignVersion,
    Lease,
    Page,
    Webhook,
    WebhookDelivery,
)
from apps.campaigns.selectors import campaigns_of
from apps.core.errors import NotFoundError

_SKIPS_SHOWN = 5


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

    A person's are those that they have, had last, or that are kept for them. `skips` of each are
    the person, moment and reason of the latest skips.
    """
    skipped = Lease.objects.filter(page=OuterRef("pk"), ending=Lease.Ending.SKIPPED).order_by("-pk")
    about = JSONObject(person="user__username", at="ended_at", reason="reason")
    pages = campaign.pages.select_related("lease__user", "reserved_for")
    pages = pages.annotate(skips=ArraySubquery(skipped.values(about=about)[:_SKIPS_SHOWN]))
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


def audit_of(campaign: Campaign, wanted: Mapping[str, Any] | None = None) -> QuerySet[AuditEntry]:
    """The record of a campaign, the latest first: of an `action`, by a `person` (a username),
    and `since` a moment, as far as each is given."""
    wanted = wanted or {}
    entries = campaign.audit.select_related("actor").order_by("-pk")
    if any(NUL in wanted.get(name, "") for name in ("action", "person")):
        return entries.none()
    columns = {"action": "action", "person": "actor__username", "since": "at__gte"}
    return entries.filter(**{columns[name]: value for name, value in wanted.items()})


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
