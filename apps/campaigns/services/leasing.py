"""Hand pages to people. One statement grants a lease, so two people never hold one page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.campaigns.domain import SENTENCES, WhyNone, WhyPage
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.core.errors import ConflictError, NotFoundError
from apps.core.rows import RowReader, columns_of

# What everybody waits for is SQL of our own: Django takes longer to put such statements together
# than Postgres takes to answer them.
_ENTER = f"""
SELECT {columns_of(Membership, "member")}, {columns_of(Campaign, "campaign")}, EXISTS (
    SELECT 1 FROM campaigns_page WHERE reserved_for_id = member.user_id
    AND campaign_id = member.campaign_id AND submitted_at IS NULL
)
FROM campaigns_membership member JOIN campaigns_campaign campaign ON campaign.id = campaign_id
WHERE campaign_id = %s AND user_id = %s
FOR UPDATE OF member
"""  # noqa: S608 - names of our own columns
_HELD = f"""
SELECT {columns_of(Page, "page")}, {columns_of(Lease, "lease")}
FROM campaigns_lease lease JOIN campaigns_page page ON page.lease_id = lease.id
WHERE lease.user_id = %s AND lease.ended_at IS NULL
  AND page.campaign_id = %s AND page.submitted_at IS NULL
ORDER BY page.rank, page.number
FOR UPDATE OF page
"""  # noqa: S608 - names of our own columns
# Pages that this person could be handed: none that they hold, though its time be over, nor another
# of the same sheets. `Visit`s are looked up for one page at a time: pages that somebody has visited
# are few at the front of the index, however many they have visited.
_FREE = """
campaign_id = %(campaign)s AND submitted_at IS NULL AND kind = ANY (%(kinds)s)
AND (held_until IS NULL OR held_until <= %(now)s)
AND page.id <> ALL (%(held)s::bigint[]) AND NOT sheets && %(held_sheets)s::integer[]
AND NOT EXISTS (
    SELECT 1 FROM campaigns_visit visit
    WHERE visit.campaign_id = %(campaign)s AND visit.user_id = %(user)s
      AND visit.sheet = ANY (page.sheets)
)
"""
_RESERVED = "reserved_for_id = %(user)s"
_ANYBODYS = "reserved_for_id IS NULL"
# What is kept for somebody whose account was closed since is anybody's, once nothing else is left.
# It stays theirs meanwhile, should the account be opened again.
_LEFT_BEHIND = """
page.kind <> 'training'
AND reserved_for_id IN (SELECT person.id FROM accounts_user person WHERE NOT person.is_active)
"""
_IS_FREE = f"""
SELECT EXISTS (
    SELECT 1 FROM campaigns_page page
    WHERE {_FREE} AND ({_RESERVED} OR {_ANYBODYS} OR {_LEFT_BEHIND})
)
"""  # noqa: S608 - put together from our own words
_GRANT = """
WITH free AS (
    SELECT id, lease_id FROM campaigns_page page WHERE {free} AND {whose}
    ORDER BY rank, number LIMIT 1
    FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'expired'
    FROM free WHERE campaigns_lease.id = free.lease_id AND campaigns_lease.ended_at IS NULL
), granted AS (
    INSERT INTO campaigns_lease (page_id, user_id, token, leased_at, ending, reason, version)
    SELECT id, %(user)s, %(token)s, %(now)s, '', '', %(version)s FROM free
    RETURNING id, page_id
)
UPDATE campaigns_page page SET lease_id = granted.id, held_until = %(until)s
FROM granted WHERE page.id = granted.page_id
RETURNING {page}, granted.id
"""
_LOCK = """
SELECT 1 FROM campaigns_page WHERE id = %s AND lease_id = %s AND submitted_at IS NULL FOR UPDATE
"""
_FINISH = """
WITH done AS (
    UPDATE campaigns_page SET submitted_at = %(now)s, held_until = NULL WHERE id = %(page)s
    RETURNING campaign_id, sheets
), ended AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'submitted', reason = ''
    WHERE id = %(lease)s
)"""
# They are never handed what they have seen, so it is kept for them no longer. What a manager has
# locked meanwhile is left to them: waiting for it could be waiting for each other.
_SEEN = """
, freed AS (
    UPDATE campaigns_page SET reserved_for_id = NULL WHERE id IN (
        SELECT page.id FROM done JOIN campaigns_page page ON page.campaign_id = done.campaign_id
        WHERE page.reserved_for_id = %(user)s AND page.submitted_at IS NULL
          AND page.id <> %(page)s AND page.sheets && done.sheets
        FOR UPDATE OF page SKIP LOCKED
    )
)
INSERT INTO campaigns_visit (campaign_id, user_id, sheet)
SELECT campaign_id, %(user)s, unnest(sheets) FROM done
ON CONFLICT DO NOTHING
"""
_SKIP = """
WITH done AS (
    UPDATE campaigns_page SET lease_id = NULL, held_until = NULL, reserved_for_id = NULL
    WHERE id = %(page)s
    RETURNING campaign_id, sheets
), ended AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'skipped', reason = %(reason)s
    WHERE id = %(lease)s
)"""
_PAGE = columns_of(Page, "page")

_WHY_CLOSED = {
    Campaign.Status.PAUSED: WhyNone.CAMPAIGN_PAUSED,
    Campaign.Status.CLOSED: WhyNone.CAMPAIGN_CLOSED,
    Campaign.Status.ARCHIVED: WhyNone.CAMPAIGN_CLOSED,
}
_WHY_KIND = {
    Page.Kind.TRAINING: WhyPage.TRAINING,
    Page.Kind.ADJUDICATION: WhyPage.ADJUDICATION,
    Page.Kind.FOLLOW_UP: WhyPage.FOLLOW_UP,
}
_STALE = "This page was submitted or given to someone else since you opened it."
LONGEST_REASON = 200


class StaleLeaseError(ConflictError):
    """The page has been given to someone else, or was submitted, since this lease was granted."""

    code = "stale_lease"


@dataclass(frozen=True)
class Handout:
    """A page with the reason for it, or the reason for none."""

    lease: Lease | None
    why: WhyPage | WhyNone

    @property
    def sentence(self) -> str:
        """The reason for a person."""
        return SENTENCES[self.why]


def lease_duration(campaign: Campaign) -> timedelta:
    """How long a page is held since the last sign of its annotator."""
    if campaign.lease_s is not None:
        return timedelta(seconds=campaign.lease_s)
    return timedelta(minutes=settings.ENVIRONMENT.lease_minutes)


@transaction.atomic
def lease_page(campaign: Campaign, user: User, now: datetime, *, another: bool = False) -> Handout:
    """The page that this person holds, else the next one for them.

    `another` asks for one more beside those they hold, up to the campaign's cap. Raises
    NotFoundError for somebody who does not take part.
    """
    membership, has_reserved = _enter(campaign, user)
    campaign = membership.campaign  # as it is now: it may have been paused a moment ago
    refusal = _why_not(campaign, membership, now)
    if refusal is not None:
        return Handout(None, refusal)
    held = _held_leases(campaign, user)
    if held and not another:
        renew(held[0].page, now)
        return Handout(held[0], WhyPage.HELD)
    if len(held) >= campaign.open_pages_cap:
        return Handout(None, WhyNone.TOO_MANY_OPEN)
    pages = [lease.page for lease in held]
    return _next_page(campaign, membership, pages, now, has_reserved=has_reserved)


def why_none(campaign: Campaign, user: User, now: datetime) -> WhyNone | None:
    """Why this person would be handed no page now; None where there is one, or they hold one.
    Nothing is handed out. Raises NotFoundError for somebody who does not take part."""
    membership = Membership.objects.filter(campaign=campaign, user=user).first()
    if membership is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    refusal = _why_not(campaign, membership, now)
    if refusal is not None:
        return refusal
    to_do = Page.objects.filter(campaign=campaign, submitted_at__isnull=True)
    if to_do.filter(lease__user=user, lease__ended_at__isnull=True).exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_IS_FREE, _for_whom(campaign, membership, [], now))
        if cursor.fetchone()[0]:
            return None
    return _why_none(campaign, membership, now)


@transaction.atomic
def lease_given_page(page: Page, user: User, now: datetime) -> Lease:
    """Hand this very page to a person, whatever its order, as when old work is restored.

    Raises ConflictError where somebody holds it or has submitted it.
    """
    page = Page.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=page.pk)
    is_held = page.held_until is not None and page.held_until > now
    if is_held or page.submitted_at is not None:
        raise ConflictError(f"Page {page.number} is held or submitted already.")
    lease = Lease.objects.create(
        page=page, user=user, token=uuid.uuid4(), leased_at=now, version=page.campaign.version
    )
    page.lease = lease
    page.held_until = now + lease_duration(page.campaign)
    page.save(update_fields=["lease", "held_until"])
    return lease


def hold_for_update(lease: Lease, now: datetime) -> Page:
    """Lock the page of a lease and hold it further. Call it within a transaction.

    A lease that ran out is still good while nobody else was given the page. Raises
    StaleLeaseError where this lease is no longer the page's.
    """
    page = lease.page
    until = now + lease_duration(page.campaign)
    still_its = Page.objects.filter(pk=page.pk, lease_id=lease.pk, submitted_at__isnull=True)
    if not still_its.update(held_until=until):
        raise StaleLeaseError(_STALE)
    page.held_until = until
    return page


def lock_page(lease: Lease) -> Page:
    """The same, for a page that is finished next: it is not held any further."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [lease.page_id, lease.pk])
        if cursor.fetchone() is None:
            raise StaleLeaseError(_STALE)
    return lease.page


def renew(page: Page, now: datetime) -> None:
    """Hold the page for its present lease from now on."""
    page.held_until = now + lease_duration(page.campaign)
    page.save(update_fields=["held_until"])


def finish_page(page: Page, lease: Lease, now: datetime) -> None:
    """The page is done; its lease ends. The caller holds the lock of the page."""
    values: dict[str, Any] = {"now": now, "page": page.pk, "lease": lease.pk, "user": lease.user_id}
    with connection.cursor() as cursor:
        cursor.execute(_FINISH + _SEEN, values)
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
        cursor.execute(_SKIP + _SEEN, values)
    page.lease, page.held_until, page.reserved_for = None, None, None  # nor can it be submitted
    lease.ended_at, lease.ending, lease.reason = now, Lease.Ending.SKIPPED, reason


def _why_not(campaign: Campaign, membership: Membership, now: datetime) -> WhyNone | None:
    """Why this person gets no page at all, before any is looked for."""
    if campaign.status != Campaign.Status.OPEN:
        status = Campaign.Status(campaign.status)
        return _WHY_CLOSED.get(status, WhyNone.CAMPAIGN_NOT_OPEN)
    if campaign.deadline is not None and now > campaign.deadline:
        return WhyNone.DEADLINE_PASSED
    if membership.role == Membership.Role.VIEWER:
        return WhyNone.VIEWER
    return WhyNone.PERSON_PAUSED if membership.paused_at is not None else None


def _enter(campaign: Campaign, user: User) -> tuple[Membership, bool]:
    """How somebody takes part, locked, with the campaign; and whether a page is kept for them."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, [campaign.pk, user.pk])
        found = cursor.fetchone()
    if found is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    row = RowReader(found)
    membership = row.take(Membership)
    membership.campaign = row.take(Campaign)
    return membership, bool(row.take_value())


def _held_leases(campaign: Campaign, user: User) -> list[Lease]:
    """The leases, expired or not, of pages that this person has and nobody else was given."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [user.pk, campaign.pk])
        rows = [RowReader(found) for found in cursor.fetchall()]
    return [_joined(campaign, row.take(Page), row.take(Lease)) for row in rows]


def _joined(campaign: Campaign, page: Page, lease: Lease) -> Lease:
    page.campaign, page.lease, lease.page = campaign, lease, page
    return lease


def _next_page(
    campaign: Campaign,
    membership: Membership,
    held: Sequence[Page],
    now: datetime,
    *,
    has_reserved: bool,
) -> Handout:
    """A page reserved for this person, else the first free one that is for anybody like them."""
    values = _for_whom(campaign, membership, held, now)
    values |= {"version": campaign.version, "until": now + lease_duration(campaign)}
    lease = _grant(_RESERVED, campaign, values) if has_reserved else None
    if lease is not None:
        kind = Page.Kind(lease.page.kind)
        return Handout(lease, _WHY_KIND.get(kind, WhyPage.ASSIGNED))
    lease = _grant(_ANYBODYS, campaign, values) or _grant(_LEFT_BEHIND, campaign, values)
    if lease is None:
        return Handout(None, _why_none(campaign, membership, now))
    return Handout(lease, _WHY_KIND.get(Page.Kind(lease.page.kind), WhyPage.NEXT_IN_ORDER))


def _for_whom(
    campaign: Campaign, membership: Membership, held: Sequence[Page], now: datetime
) -> dict[str, Any]:
    """The values of `_FREE` for somebody who holds these pages."""
    return {
        "campaign": campaign.pk,
        "user": membership.user_id,
        "kinds": [kind.value for kind in _kinds(campaign, membership)],
        "held": [page.pk for page in held],
        "held_sheets": [sheet for page in held for sheet in page.sheets],
        "now": now,
    }


def _kinds(campaign: Campaign, membership: Membership) -> list[Page.Kind]:
    """The kinds of pages that a person may be handed."""
    if campaign.needs_training and membership.qualified_at is None:
        return [Page.Kind.TRAINING]
    kinds = [Page.Kind.TRAINING, Page.Kind.ORDINARY, Page.Kind.FOLLOW_UP]
    if membership.role == Membership.Role.EXPERT:
        kinds.append(Page.Kind.ADJUDICATION)
    return kinds


def _grant(whose: str, campaign: Campaign, values: dict[str, Any]) -> Lease | None:
    token = uuid.uuid4()
    statement = _GRANT.format(free=_FREE, whose=whose, page=_PAGE)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "token": token})
        found = cursor.fetchone()
    if found is None:
        return None
    row = RowReader(found)
    page = row.take(Page)
    lease = Lease(
        pk=row.take_value(),
        page=page,
        user_id=values["user"],
        token=token,
        leased_at=values["now"],
        version=values["version"],
    )
    lease._state.adding = False
    return _joined(campaign, page, lease)


def _why_none(campaign: Campaign, membership: Membership, now: datetime) -> WhyNone:
    kinds = _kinds(campaign, membership)
    if kinds == [Page.Kind.TRAINING]:
        return WhyNone.NOT_QUALIFIED
    left = Page.objects.filter(campaign=campaign, submitted_at__isnull=True, kind__in=kinds)
    left = left.exclude(kind=Page.Kind.TRAINING)  # each is for one person, whom it is kept for
    if not left.exists():
        return WhyNone.ALL_DONE
    user = membership.user_id
    held_by_others = Q(held_until__gt=now) & ~Q(lease__user=user)
    kept_for_others = Q(reserved_for__is_active=True) & ~Q(reserved_for=user)
    if left.exclude(held_by_others | kept_for_others).exists():
        return WhyNone.ALL_VISITED
    return WhyNone.HELD_BY_OTHERS
