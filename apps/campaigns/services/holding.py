"""What becomes of a page that somebody holds: it is held further, finished, or skipped."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from apps.campaigns.models import Campaign, Lease, Page
from apps.campaigns.services import lease_statements as sql
from apps.core.errors import ConflictError

_STALE = "This page was submitted, taken back or given to someone else since you opened it."
_CLOSED = "The campaign was closed, and its pages were taken back."
_ENDED_BY_CLOSING = {
    (Lease.Ending.EXPIRED.value, Campaign.Status.CLOSED.value),
    (Lease.Ending.EXPIRED.value, Campaign.Status.ARCHIVED.value),
}
LONGEST_REASON = 200


class StaleLeaseError(ConflictError):
    """The page has been given to someone else, or was submitted, since this lease was granted."""

    code = "stale_lease"


def lease_duration(campaign: Campaign) -> timedelta:
    """How long a page is held since the last sign of its annotator."""
    if campaign.lease_s is not None:
        return timedelta(seconds=campaign.lease_s)
    return timedelta(minutes=settings.ENVIRONMENT.lease_minutes)


def hold_for_update(lease: Lease, now: datetime) -> Page:
    """Lock the page of a lease and hold it further. Call it within a transaction.

    A lease that ran out is still good while nobody else was given the page. Raises
    StaleLeaseError where this lease is no longer the page's.
    """
    page = lease.page
    until = now + lease_duration(page.campaign)
    still_its = Page.objects.filter(pk=page.pk, lease_id=lease.pk, submitted_at__isnull=True)
    if not still_its.update(held_until=until):
        raise _stale(lease)
    page.held_until = until
    return page


def lock_page(lease: Lease) -> Page:
    """The same, for a page that is finished next: it is not held any further."""
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK, [lease.page_id, lease.pk])
        if cursor.fetchone() is None:
            raise _stale(lease)
    return lease.page


def _stale(lease: Lease) -> StaleLeaseError:
    """Why a page can be held no further, as it is now."""
    ended = Lease.objects.values_list("ending", "page__campaign__status").get(pk=lease.pk)
    return StaleLeaseError(_CLOSED if ended in _ENDED_BY_CLOSING else _STALE)


def renew(page: Page, now: datetime) -> None:
    """Hold the page for its present lease from now on."""
    page.held_until = now + lease_duration(page.campaign)
    page.save(update_fields=["held_until"])


def take_up(lease: Lease, now: datetime) -> None:
    """Its person is at the page again, and holds it from now on."""
    if lease.put_aside_at is not None:
        lease.put_aside_at = None
        lease.save(update_fields=["put_aside_at"])
    renew(lease.page, now)


def hold_aside(campaign: Campaign, user_id: int, now: datetime) -> None:
    """Hold what somebody has put aside for them from now on: they are at work in the campaign."""
    with connection.cursor() as cursor:
        cursor.execute(sql.HOLD_ASIDE, [now + lease_duration(campaign), user_id, campaign.pk])


def finish_page(page: Page, lease: Lease, now: datetime) -> None:
    """The page is done; its lease ends. The caller holds the lock of the page."""
    values: dict[str, Any] = {"now": now, "page": page.pk, "lease": lease.pk, "user": lease.user_id}
    with connection.cursor() as cursor:
        cursor.execute(sql.FINISH + sql.SEEN, values)
    page.submitted_at, page.held_until = now, None
    lease.ended_at, lease.ending, lease.reason = now, Lease.Ending.SUBMITTED, ""


@transaction.atomic
def skip_page(lease: Lease, reason: str, now: datetime) -> None:
    """Give the page to others; this person is handed it no more. What they said of it stays.

    Raises StaleLeaseError where it is no longer theirs.
    """
    page = hold_for_update(lease, now)
    reason = reason[:LONGEST_REASON]
    values: dict[str, Any] = {
        **{"page": page.pk, "lease": lease.pk, "user": lease.user_id},
        **{"now": now, "reason": reason},
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.SKIP + sql.SEEN, values)
    page.lease, page.held_until, page.reserved_for = None, None, None  # nor can it be submitted
    lease.ended_at, lease.ending, lease.reason = now, Lease.Ending.SKIPPED, reason
