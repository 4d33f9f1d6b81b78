"""The life of a campaign: from a draft to the archive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.domain import why_not_become
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.audit import record
from apps.core.errors import ConflictError
from apps.core.jobs import Job, enqueue

_ENDS_WORK = (Campaign.Status.CLOSED, Campaign.Status.ARCHIVED)


class StatusError(ConflictError):
    """A campaign cannot become what was asked for."""

    code = "status_not_allowed"


@transaction.atomic
def change_status(campaign: Campaign, to: str, by: User | None, now: datetime) -> Campaign:
    """Make the campaign open, paused, closed, … where `domain.TRANSITIONS` allow it.

    Asking for the status that it has already changes nothing. "preparing" starts a draft, or
    tries again after a failure; "draft" cancels a preparation: it is a draft once a job has taken
    its pages away. Closing ends all work at once: the pages that people hold are taken back; what
    was said of them stays. Raises StatusError.
    """
    campaign = lock_campaign(campaign.pk)
    if campaign.status == to:
        return campaign
    refusal = why_not_become(campaign.status, to)
    if refusal is not None:
        raise StatusError(refusal, field="to")
    if to == Campaign.Status.DRAFT:
        return _cancel(campaign, by, now)
    former, campaign.status = campaign.status, Campaign.Status(to)
    if to == Campaign.Status.PREPARING:
        campaign.failure, campaign.attempts, campaign.prepared_at = "", 0, now
        enqueue(Job.PREPARE_CAMPAIGN, campaign_id=campaign.pk)
    details: dict[str, Any] = {"from": former, "to": to}
    if to in _ENDS_WORK:
        details["pages_taken_back"] = _end_work(campaign, now)
    campaign.save(update_fields=["status", "failure", "attempts", "prepared_at"])
    record(campaign, by, "status_changed", details, now)
    return campaign


def _cancel(campaign: Campaign, by: User | None, now: datetime) -> Campaign:
    """Have the preparation undone. It goes on as preparing until a job has done so."""
    if campaign.cancelled_at is not None:
        return campaign
    if Lease.objects.filter(page__campaign=campaign).exists():
        raise StatusError(
            "The campaign was restored from a file and is judged already; it cannot be a draft.",
            field="to",
        )
    campaign.cancelled_at, campaign.attempts = now, 0
    campaign.save(update_fields=["cancelled_at", "attempts"])
    enqueue(Job.PREPARE_CAMPAIGN, campaign_id=campaign.pk)
    details = {"from": Campaign.Status.PREPARING.value, "to": Campaign.Status.DRAFT.value}
    record(campaign, by, "status_changed", details, now)
    return campaign


def lock_campaign(campaign_id: int) -> Campaign:
    """The campaign as it is now; others who would change it wait. Call it in a transaction.

    It is locked before people and pages. Whoever submits or takes a page goes on: their rows
    refer to the campaign, for which Postgres locks its key.
    """
    campaigns = Campaign.objects.select_for_update(of=("self",), no_key=True)
    return campaigns.select_related("table__dataset").get(pk=campaign_id)


def _end_work(campaign: Campaign, now: datetime) -> int:
    """End the lease of every page that somebody holds, as if its time had run out, and let go of
    the pages; how many. Whoever is handed one at this moment locks their membership first."""
    members = Membership.objects.select_for_update(no_key=True).filter(campaign=campaign)
    list(members.order_by("pk").values_list("pk", flat=True))
    pages = Page.objects.select_for_update(of=("self",)).filter(
        campaign=campaign,
        submitted_at__isnull=True,
        lease__isnull=False,
        lease__ended_at__isnull=True,
    )
    held = list(pages.order_by("pk"))
    expire_pages(held, now)
    return len(held)


def expire_pages(pages: list[Page], now: datetime) -> None:
    """End the leases of pages that are locked as if their time had run out."""
    _let_go(pages, Lease.Ending.EXPIRED, now)


def withdraw_pages(pages: list[Page], now: datetime) -> None:
    """End the leases of pages that are locked; what was said under them is kept."""
    _let_go(pages, Lease.Ending.WITHDRAWN, now)


def _let_go(pages: list[Page], ending: Lease.Ending, now: datetime) -> None:
    """Such a page has no lease then, so its former holder can neither hold it further nor submit
    it."""
    held = [page.lease_id for page in pages if page.lease_id is not None]
    Lease.objects.filter(pk__in=held, ended_at__isnull=True).update(ended_at=now, ending=ending)
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(lease=None, held_until=None)
