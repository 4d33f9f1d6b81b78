"""Hand pages to people. One statement grants a lease, so two people never hold one page."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.campaigns.domain import SENTENCES, WhyNone, WhyPage
from apps.campaigns.models import Campaign, Lease, Membership, NeuronSection, Page
from apps.campaigns.services import lease_statements as sql
from apps.campaigns.services.life import expire_pages
from apps.core.errors import ConflictError, NotFoundError
from apps.core.rows import RowReader

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
def lease_page(
    campaign: Campaign,
    user: User,
    now: datetime,
    *,
    another: bool = False,
    section: int | None = None,
) -> Handout:
    """The page that this person holds, else the next one for them.

    `another` asks for one more beside those they hold, up to the campaign's cap. `section` is the
    id of the one that the page is to be of; what they hold elsewhere stays with them. Raises
    NotFoundError for somebody who does not take part, and for a section that is not there.
    """
    entered = _enter(campaign, user)
    membership = entered.membership
    campaign = membership.campaign  # as it is now: it may have been paused a moment ago
    refusal = _why_not(campaign, membership, now)
    if refusal is not None:
        return Handout(None, refusal)
    held = _held_leases(campaign, user)
    if section is None:
        again = held
    else:
        check_section(campaign, section)
        again = [lease for lease in held if lease.page.section_id == section]
    if again and not another:
        renew(again[0].page, now)
        return Handout(again[0], WhyPage.HELD)
    if len(held) >= campaign.open_pages_cap:
        return Handout(None, WhyNone.TOO_MANY_OPEN)
    pages = [lease.page for lease in held]
    if section is None:
        return _next_page(campaign, entered, pages, now)
    return _page_of_section(campaign, membership, pages, section, now)


def check_section(campaign: Campaign, section: int) -> None:
    """Raises NotFoundError for a section that is none of the campaign's."""
    if not NeuronSection.objects.filter(pk=section, campaign=campaign).exists():
        raise NotFoundError(f"section: the campaign has no section {section}.", field="section")


@transaction.atomic
def put_back(
    campaign: Campaign, user: User, choose: Callable[[], Collection[int]], now: datetime
) -> None:
    """Let go of pages that somebody holds, by their leases, as if their time had run out. They
    may be handed them again. `choose` is asked which when they are locked: nothing is said
    meanwhile."""
    members = Membership.objects.select_for_update(no_key=True)
    list(members.filter(campaign=campaign, user=user).values_list("pk"))
    pages = Page.objects.select_for_update(of=("self",)).filter(campaign=campaign)
    held = pages.filter(lease__user=user, lease__ended_at__isnull=True, submitted_at__isnull=True)
    locked = list(held.order_by("pk"))
    leases = set(choose())
    expire_pages([page for page in locked if page.lease_id in leases], now)


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
        cursor.execute(sql.IS_FREE, _for_whom(campaign, membership, [], now))
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


@dataclass(frozen=True)
class _Entered:
    """How somebody takes part, locked, with the campaign; whether a page is kept for them, whether
    the campaign goes along neurons, and the last page that they have done along one."""

    membership: Membership
    has_reserved: bool
    is_walk: bool
    last: int | None


def _enter(campaign: Campaign, user: User) -> _Entered:
    with connection.cursor() as cursor:
        cursor.execute(sql.ENTER, [campaign.pk, user.pk])
        found = cursor.fetchone()
    if found is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    row = RowReader(found)
    membership = row.take(Membership)
    membership.campaign = row.take(Campaign)
    return _Entered(
        membership, bool(row.take_value()), bool(row.take_value()), last=row.take_value()
    )


def _held_leases(campaign: Campaign, user: User) -> list[Lease]:
    """The leases, expired or not, of pages that this person has and nobody else was given."""
    with connection.cursor() as cursor:
        cursor.execute(sql.HELD, [user.pk, campaign.pk])
        rows = [RowReader(found) for found in cursor.fetchall()]
    return [_joined(campaign, row.take(Page), row.take(Lease)) for row in rows]


def _joined(campaign: Campaign, page: Page, lease: Lease) -> Lease:
    page.campaign, page.lease, lease.page = campaign, lease, page
    return lease


def _next_page(
    campaign: Campaign, entered: _Entered, held: Sequence[Page], now: datetime
) -> Handout:
    """A page reserved for this person, else the first free one that is for anybody like them:
    along neurons the one after their last."""
    membership = entered.membership
    values = _for_whom(campaign, membership, held, now)
    values |= {"version": campaign.version, "until": now + lease_duration(campaign)}
    lease = _grant(sql.RESERVED, campaign, values) if entered.has_reserved else None
    if lease is not None:
        kind = Page.Kind(lease.page.kind)
        return Handout(lease, _WHY_KIND.get(kind, WhyPage.ASSIGNED))
    if entered.is_walk:
        lease = _walk_on(campaign, held, values, entered.last)
        if lease is not None:
            return Handout(lease, WhyPage.NEXT_IN_WALK)
    lease = _grant(sql.ANYBODYS, campaign, values) or _grant(sql.LEFT_BEHIND, campaign, values)
    if lease is None:
        return Handout(None, _why_none(campaign, membership, now))
    return Handout(lease, _WHY_KIND.get(Page.Kind(lease.page.kind), WhyPage.NEXT_IN_ORDER))


def _walk_on(
    campaign: Campaign, held: Sequence[Page], values: dict[str, Any], last: int | None
) -> Lease | None:
    """The next page along the neuron; else one of a section where nobody else is at work."""
    walked = [page for page in held if page.section_id is not None]
    if walked:
        last = max(walked, key=lambda page: page.number).pk
    if last is not None:
        follows = _grant(sql.FOLLOWS, campaign, {**values, "last": last}, before=sql.LAST)
        if follows is not None:
            return follows
    return _grant(sql.STARTS, campaign, values)


def _page_of_section(
    campaign: Campaign, membership: Membership, held: Sequence[Page], section: int, now: datetime
) -> Handout:
    """The next page of a section that is free for this person."""
    values = _for_whom(campaign, membership, held, now)
    values |= {"version": campaign.version, "until": now + lease_duration(campaign)}
    lease = _grant(sql.IN_SECTION, campaign, {**values, "section": section})
    if lease is not None:
        return Handout(lease, WhyPage.CHOSEN)
    return Handout(None, WhyNone.SECTION_NOT_FREE)


def _for_whom(
    campaign: Campaign, membership: Membership, held: Sequence[Page], now: datetime
) -> dict[str, Any]:
    """The values of `FREE` for somebody who holds these pages."""
    return {
        "campaign": campaign.pk,
        "user": membership.user_id,
        "kinds": [kind.value for kind in _kinds(campaign, membership)],
        "held": [page.pk for page in held],
        "held_sheets": [sheet for page in held for sheet in page.sheets],
        "voted_sheets": [
            sheet for page in held if page.kind != Page.Kind.ADJUDICATION for sheet in page.sheets
        ],
        "now": now,
    }


def _kinds(campaign: Campaign, membership: Membership) -> list[Page.Kind]:
    """The kinds of pages that a person may be handed."""
    if campaign.needs_training and membership.qualified_at is None:
        return [Page.Kind.TRAINING]
    kinds = [Page.Kind.TRAINING, Page.Kind.ORDINARY, Page.Kind.SEARCH, Page.Kind.FOLLOW_UP]
    if membership.role == Membership.Role.EXPERT:
        kinds.append(Page.Kind.ADJUDICATION)
    return kinds


def _grant(
    whose: str, campaign: Campaign, values: dict[str, Any], *, before: str = ""
) -> Lease | None:
    """`before` are queries that `whose` needs."""
    token = uuid.uuid4()
    statement = sql.GRANT.format(free=sql.FREE, whose=whose, page=sql.PAGE, before=before)
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
    campaign.refresh_from_db(fields=["status"])  # it may have been closed a moment ago
    refusal = _why_not(campaign, membership, now)
    if refusal is not None:
        return refusal
    kinds = _kinds(campaign, membership)
    if kinds == [Page.Kind.TRAINING]:
        return WhyNone.NOT_QUALIFIED
    to_do = Page.objects.filter(campaign=campaign, submitted_at__isnull=True)
    to_do = to_do.exclude(kind=Page.Kind.TRAINING)  # each is for one person, whom it is kept for
    left = to_do.filter(kind__in=kinds)
    if not left.exists():
        return WhyNone.LEFT_TO_EXPERTS if to_do.exists() else WhyNone.ALL_DONE
    user = membership.user_id
    held_by_others = Q(held_until__gt=now) & ~Q(lease__user=user)
    kept_for_others = Q(reserved_for__is_active=True) & ~Q(reserved_for=user)
    if left.exclude(held_by_others | kept_for_others).exists():
        return WhyNone.ALL_VISITED
    return WhyNone.HELD_BY_OTHERS
