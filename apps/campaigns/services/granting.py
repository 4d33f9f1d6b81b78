"""Find somebody a page. One statement grants a lease, so two people never hold one page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.campaigns.domain import SENTENCES, WhyNone, WhyPage
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services import lease_statements as sql
from apps.campaigns.services.holding import lease_duration, take_up
from apps.campaigns.services.refusing import no_page_left
from apps.campaigns.services.taking_part import Entered, for_whom, joined
from apps.core.rows import RowReader

_WHY_KIND = {
    Page.Kind.TRAINING: WhyPage.TRAINING,
    Page.Kind.ADJUDICATION: WhyPage.ADJUDICATION,
    Page.Kind.FOLLOW_UP: WhyPage.FOLLOW_UP,
}


@dataclass(frozen=True)
class Handout:
    """A page with the reason for it, or the reason for none."""

    lease: Lease | None
    why: WhyPage | WhyNone

    @property
    def sentence(self) -> str:
        """The reason for a person."""
        return SENTENCES[self.why]


def next_page(
    campaign: Campaign, entered: Entered, held: Sequence[Lease], now: datetime
) -> Handout:
    """A page reserved for this person, else the first free one that is for anybody like them:
    along neurons the one after their last. `held` is what they hold already."""
    membership = entered.membership
    values = for_whom(campaign, membership, [lease.page for lease in held], now)
    values |= {"version": campaign.version, "until": now + lease_duration(campaign)}
    lease = _grant(sql.RESERVED, campaign, values) if entered.has_reserved else None
    if lease is not None:
        kind = Page.Kind(lease.page.kind)
        return Handout(lease, _WHY_KIND.get(kind, WhyPage.ASSIGNED))
    if entered.is_walk:
        handout = _walk_on(campaign, held, values, entered.last, now)
        if handout is not None:
            return handout
    lease = _grant(sql.ANYBODYS, campaign, values) or _grant(sql.LEFT_BEHIND, campaign, values)
    if lease is None:
        return Handout(None, no_page_left(campaign, membership, now))
    return _anybodys(lease)


def _anybodys(lease: Lease) -> Handout:
    """A page that was handed out for its place in the order."""
    return Handout(lease, _WHY_KIND.get(Page.Kind(lease.page.kind), WhyPage.NEXT_IN_ORDER))


def _walk_on(
    campaign: Campaign,
    held: Sequence[Lease],
    values: dict[str, Any],
    last: int | None,
    now: datetime,
) -> Handout | None:
    """What is disputed or was put before all else; the next page along the neuron, be it one that
    this person has put aside; at its end what they have put aside elsewhere; else one of a section
    where nobody else is at work."""
    aside = [lease for lease in held if lease.put_aside_at is not None]
    first = _grant(sql.BEFORE_ALL, campaign, values) if aside else None
    if first is not None:
        return _anybodys(first)
    at_work = [lease.page for lease in held if lease.put_aside_at is None]
    walked = [page for page in at_work if page.section_id is not None]
    if walked:
        last = max(walked, key=lambda page: page.number).pk
    ahead, behind = _beside(aside, last)
    if last is not None:
        values |= {"last": last, "aside": ahead[0].page.number if ahead else None}
        follows = _grant(sql.FOLLOWS, campaign, values, before=sql.LAST)
        if follows is not None:
            return Handout(follows, WhyPage.NEXT_IN_WALK)
    back = next(iter((*ahead, *behind)), None)
    if back is not None:
        take_up(back, now)
        return Handout(back, WhyPage.PUT_ASIDE)
    starts = _grant(sql.STARTS, campaign, values)
    return None if starts is None else Handout(starts, WhyPage.NEXT_IN_WALK)


def _beside(aside: Sequence[Lease], last: int | None) -> tuple[list[Lease], list[Lease]]:
    """What was put aside after the last page in the order of the walk, and before it."""
    if not aside:
        return [], []
    number = 0 if last is None else Page.objects.values_list("number", flat=True).get(pk=last)
    in_order = sorted(aside, key=lambda lease: lease.page.number)
    return (
        [lease for lease in in_order if lease.page.number > number],
        [lease for lease in in_order if lease.page.number < number],
    )


def page_of_section(
    campaign: Campaign, membership: Membership, held: Sequence[Lease], section: int, now: datetime
) -> Handout:
    """The next page of a section that is free for this person."""
    values = for_whom(campaign, membership, [lease.page for lease in held], now)
    values |= {"version": campaign.version, "until": now + lease_duration(campaign)}
    lease = _grant(sql.IN_SECTION, campaign, {**values, "section": section})
    if lease is not None:
        return Handout(lease, WhyPage.CHOSEN)
    return Handout(None, WhyNone.SECTION_NOT_FREE)


def first_of_section(
    campaign: Campaign, membership: Membership, held: Sequence[Lease], section: int, now: datetime
) -> Page | None:
    """The page that `page_of_section` would hand out; it is left to whoever comes first."""
    values = for_whom(campaign, membership, [lease.page for lease in held], now)
    with connection.cursor() as cursor:
        cursor.execute(sql.FIRST, {**values, "section": section})
        found = cursor.fetchone()
    return Page.objects.get(pk=found[0]) if found else None


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
    return joined(campaign, page, lease)
