"""Hand pages to people. One statement grants a lease, so two people never hold one page."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.core.errors import ConflictError, NotFoundError

_GRANT = """
WITH free AS (
    SELECT id, lease_id FROM campaigns_page
    WHERE campaign_id = %(campaign)s AND submitted_at IS NULL
      AND (held_until IS NULL OR held_until <= %(now)s)
    ORDER BY number LIMIT 1
    FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'expired'
    FROM free WHERE campaigns_lease.id = free.lease_id
), granted AS (
    INSERT INTO campaigns_lease (page_id, user_id, token, leased_at, ending)
    SELECT id, %(user)s, %(token)s, %(now)s, '' FROM free
    RETURNING id, page_id
)
UPDATE campaigns_page SET lease_id = granted.id, held_until = %(until)s
FROM granted WHERE campaigns_page.id = granted.page_id
RETURNING granted.id
"""


class StaleLeaseError(ConflictError):
    """The page has been given to someone else, or was submitted, since this lease was granted."""

    code = "stale_lease"


def lease_duration() -> timedelta:
    """How long a page is held since the last sign of its annotator."""
    return timedelta(minutes=settings.ENVIRONMENT.lease_minutes)


@transaction.atomic
def lease_page(campaign: Campaign, user: User, now: datetime) -> Lease | None:
    """The page that this person holds, else the next free one; None where there is none."""
    membership = Membership.objects.select_for_update().filter(campaign=campaign, user=user)
    if not membership.exists():
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    return _hold_again(campaign, user, now) or _grant(campaign, user, now)


def hold_for_update(lease: Lease, now: datetime) -> Page:
    """Lock the page of a lease and hold it further. Call it within a transaction.

    A lease that ran out is still good while nobody else was given the page. Raises
    StaleLeaseError where this lease is no longer the page's.
    """
    page = Page.objects.select_for_update().get(pk=lease.page_id)
    if page.lease_id != lease.pk or page.submitted_at is not None:
        raise StaleLeaseError(
            "This page was submitted or given to someone else since you opened it."
        )
    renew(page, now)
    return page


def renew(page: Page, now: datetime) -> None:
    """Hold the page for its present lease from now on."""
    page.held_until = now + lease_duration()
    page.save(update_fields=["held_until"])


def finish_page(page: Page, lease: Lease, now: datetime) -> None:
    """The page is done; its lease ends. The caller holds the lock of the page."""
    page.submitted_at, page.held_until = now, None
    page.save(update_fields=["submitted_at", "held_until"])
    lease.ended_at, lease.ending = now, Lease.Ending.SUBMITTED
    lease.save(update_fields=["ended_at", "ending"])


def _hold_again(campaign: Campaign, user: User, now: datetime) -> Lease | None:
    """The lease that this person has, expired or not, whose page nobody else was given."""
    page = (
        Page.objects.select_for_update(of=("self",))
        .select_related("lease")
        .filter(
            campaign=campaign,
            submitted_at__isnull=True,
            lease__user=user,
            lease__ended_at__isnull=True,
        )
        .order_by("number")
        .first()
    )
    if page is None or page.lease is None:
        return None
    renew(page, now)
    page.lease.page = page
    return page.lease


def _grant(campaign: Campaign, user: User, now: datetime) -> Lease | None:
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "user": user.pk,
        "token": uuid.uuid4(),
        "now": now,
        "until": now + lease_duration(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, values)
        granted = cursor.fetchone()
    if granted is None:
        return None
    return Lease.objects.select_related("page").get(pk=granted[0])
