"""Hand a page to a person as they will see it: with gold among its items, after the training."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.domain import MOST_PUT_ASIDE, WhyNone, WhyPage
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page
from apps.campaigns.selectors import GOLD_POOL
from apps.campaigns.services.granting import Handout
from apps.campaigns.services.holding import hold_for_update, skip_page, take_up
from apps.campaigns.services.leasing import check_section, lease_page, put_aside, put_back
from apps.campaigns.services.paging import add_page
from apps.campaigns.services.refusing import why_none
from apps.core.errors import ConflictError
from apps.proofreading.domain.gold import GoldRate, gold_count, own_order, places_among
from apps.proofreading.models import GoldExposure, GoldPolicy
from apps.proofreading.selectors.gold import (
    fitting_gold,
    gold_on_the_way,
    gold_policy_of,
    training_pages,
    unseen_gold,
)
from apps.proofreading.selectors.leases import aside_count, at_work_elsewhere

_MIXED_INTO = (Page.Kind.ORDINARY, Page.Kind.FOLLOW_UP)


@dataclass(frozen=True)
class Handed(Handout):
    """A page as its person will see it; `has_gold` says whether gold may be among its items."""

    has_gold: bool = False


@transaction.atomic
def hand_page(
    campaign: Campaign,
    user: User,
    now: datetime,
    random: Random,
    *,
    another: bool = False,
    section: int | None = None,
    leaving: uuid.UUID | None = None,
) -> Handed:
    """The page that this person holds, else the next one, with the gold that they will see in it.

    With the id of a `section` it is one of that section. What they are at work on elsewhere, or of
    it only the lease that they are `leaving`, is put aside with what was said of it, or put back
    where nothing was. A page that they have had before shows the same gold as then. Raises
    NotFoundError for somebody who does not take part, and for a section that is not there.
    """
    policy = gold_policy_of(campaign.pk)
    if campaign.needs_training:
        _prepare_training(campaign, user, policy)
    if section is None:
        handout = lease_page(campaign, user, now, another=another)
    else:
        handout = _go_to(section, campaign, user, now, leaving)
    handed = Handed(handout.lease, handout.why, policy.is_used)
    if handed.lease is None or handed.why in (WhyPage.HELD, WhyPage.PUT_ASIDE):
        return handed
    if handed.lease.page.kind == Page.Kind.TRAINING:
        _expose_all(handed.lease)
    elif handed.lease.page.kind in _MIXED_INTO and max(policy.rate, policy.floor) > 0:
        _mix_gold(handed.lease, policy, random)
    return handed


def _go_to(
    section: int, campaign: Campaign, user: User, now: datetime, leaving: uuid.UUID | None
) -> Handout:
    """A page of a section. What this person is at work on elsewhere is put back where they have not
    touched it, else aside, but only where they get a page for it."""
    check_section(campaign, section)
    begun: list[int] = []

    def untouched() -> list[int]:
        there = at_work_elsewhere(campaign, user, section, leaving)
        begun.extend(pk for pk, is_begun in there.items() if is_begun)
        return [pk for pk, is_begun in there.items() if not is_begun]

    with transaction.atomic():
        put_back(campaign, user, untouched, now)
        put_aside(begun, now)
        handout = lease_page(campaign, user, now, section=section)
        if handout.lease is not None and aside_count(campaign, user) > MOST_PUT_ASIDE:
            handout = Handout(None, WhyNone.TOO_MANY_ASIDE)
        if handout.lease is None:
            transaction.set_rollback(True)
    if handout.why == WhyNone.TOO_MANY_OPEN:
        return Handout(None, WhyNone.AT_WORK_ELSEWHERE)
    return handout


def why_no_page(campaign: Campaign, user: User, now: datetime) -> WhyNone | None:
    """Why this person would be handed no page now; None where there is one."""
    why = why_none(campaign, user, now)
    trains = gold_policy_of(campaign.pk).training_items > 0
    if why == WhyNone.NOT_QUALIFIED and trains and unseen_gold(campaign, user.pk).exists():
        return None
    return why


@transaction.atomic
def hold_again(lease: Lease, now: datetime) -> Handed:
    """A page that this person holds, by its lease, and hold it further.

    Raises StaleLeaseError where they no longer hold it.
    """
    lease.page = hold_for_update(lease, now)
    if lease.put_aside_at is not None:
        take_up(lease, now)
    policy = gold_policy_of(lease.page.campaign_id)
    return Handed(lease, WhyPage.HELD, policy.is_used)


def skip(lease: Lease, reason: str, now: datetime) -> None:
    """Give a page to others, for a reason.

    Raises StaleLeaseError where it is no longer theirs, and ConflictError for a training page.
    """
    if lease.page.kind == Page.Kind.TRAINING:
        raise ConflictError(
            "A page of the training is not skipped; call unsure what you cannot tell."
        )
    skip_page(lease, reason, now)


def _mix_gold(lease: Lease, policy: GoldPolicy, random: Random) -> None:
    """Show gold among the items of a page; where its person had the page before, what they were
    shown then, and no more: what is new would stand out. Along a neuron so would what lies
    elsewhere: there it is gold that is passed on the way, at its place."""
    before = Lease.objects.filter(page=lease.page, user=lease.user_id).exclude(pk=lease.pk)
    if before.exists():
        return
    campaign = lease.page.campaign
    rate = GoldRate(policy.rate, policy.floor, policy.halving_pages)
    others = lease.page.items.count()
    count = gold_count(rate.share(_pages_done(campaign, lease.user_id)), others, random)
    if count == 0:
        return
    unseen = unseen_gold(campaign, lease.user_id)
    if lease.page.section_id is not None:
        way = gold_on_the_way(lease.page, unseen)
        some = sorted(random.sample(range(len(way)), min(count, len(way))))
        _expose(lease, [way[at].item for at in some], [way[at].place for at in some])
        return
    unseen = fitting_gold(lease.page, unseen)
    pool = list(unseen[: max(GOLD_POOL, count)])
    chosen = random.sample(pool, min(count, len(pool)))
    _expose(lease, chosen, places_among(len(chosen), others, random))


def _pages_done(campaign: Campaign, user_id: int) -> int:
    done = Lease.objects.filter(user=user_id, ending=Lease.Ending.SUBMITTED)
    return done.filter(page__campaign=campaign, page__kind__in=_MIXED_INTO).count()


def _expose_all(lease: Lease) -> None:
    """A training page has nothing but gold. Where it was leased before, nothing is added."""
    placed = lease.page.page_items.select_related("item").order_by("pk")
    items = [one.item for one in placed]
    _expose(lease, items, [0] * len(items))


def _expose(lease: Lease, items: list[Item], places: list[int]) -> None:
    """Show gold to a person. What they were shown a moment ago on another page is left out."""
    GoldExposure.objects.bulk_create(
        [
            GoldExposure(lease=lease, item=item, user_id=lease.user_id, place=place)
            for item, place in zip(items, places, strict=True)
        ],
        ignore_conflicts=True,
    )


def _prepare_training(campaign: Campaign, user: User, policy: GoldPolicy) -> None:
    """Make the training pages of somebody who has none to do and is not qualified: of the gold
    that they have not seen, in an order of their own. A further round may be shorter than the
    first, where less gold is left."""
    members = Membership.objects.filter(campaign=campaign, user=user, qualified_at__isnull=True)
    if policy.training_items == 0 or not members.exists():
        return
    campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    pages = training_pages(campaign, user.pk)
    if campaign.status != Campaign.Status.OPEN or pages.filter(submitted_at=None).exists():
        return
    round_ = pages.values("rank").distinct().count() + 1
    unseen = {item.pk: item for item in unseen_gold(campaign, user.pk)}
    order = own_order(list(unseen), f"{campaign.pk} {user.pk} {round_}")
    items = [unseen[pk] for pk in order[: policy.training_items]]
    for start in range(0, len(items), campaign.page_size):
        part = items[start : start + campaign.page_size]
        page = add_page(campaign, Page.Kind.TRAINING, part, rank=round_)
        page.reserved_for = user
        page.save(update_fields=["reserved_for"])
