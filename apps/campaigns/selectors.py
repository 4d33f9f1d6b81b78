"""Reads of campaigns: who may see what, progress, pages to come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.campaigns.domain import is_finished
from apps.campaigns.models import (
    Campaign,
    CampaignSelection,
    Item,
    Lease,
    Membership,
    Page,
    PageItem,
)
from apps.campaigns.permissions import ALLOWED, Action, is_allowed, who_may
from apps.campaigns.visits import has_seen
from apps.core.errors import ForbiddenError, NotFoundError
from apps.core.rows import RowReader, columns_of
from apps.datasets.domain import CutoutRequest
from apps.datasets.domain.selection import EVERYTHING, Selection, read_selection
from apps.datasets.models import Dataset, SynapseTable
from apps.datasets.selectors import cutout_requests

_LARGEST_ID = 2**63 - 1
_MANY_PAGES, _COUNTED_EVERY_S = 2_000, 1.0
_counted: dict[int, tuple[float, dict[str, int]]] = {}
# What rooms above know of a campaign that is on somebody's list: they add it when they are ready.
told_above: dict[str, Callable[[User], Combinable]] = {}
_PAGE_COUNTS = """
SELECT count(*), count(submitted_at) FROM campaigns_page
WHERE campaign_id = %s AND kind <> 'training'
"""
_LEASE = f"""
SELECT {columns_of(Lease, "lease")}, {columns_of(Page, "page")},
       {columns_of(Campaign, "campaign")}, {columns_of(SynapseTable, "stable")}
FROM campaigns_lease lease
JOIN campaigns_page page ON page.id = lease.page_id
JOIN campaigns_campaign campaign ON campaign.id = page.campaign_id
JOIN datasets_synapsetable stable ON stable.id = campaign.table_id
JOIN campaigns_membership member
    ON member.campaign_id = campaign.id AND member.user_id = lease.user_id
WHERE lease.token = %s AND lease.user_id = %s
  AND member.role = ANY (%s)
"""  # noqa: S608 - names of our own columns

_CAN_COME = """
page.campaign_id = %(campaign)s AND page.submitted_at IS NULL
AND (page.held_until IS NULL OR page.held_until <= %(now)s)
"""
_NOT_SEEN = f"NOT {has_seen('worker.user_id')}"
# Who holds a page now.
_AT_WORK = """
SELECT DISTINCT member.user_id, member.role = 'expert' AS is_expert
FROM campaigns_lease lease
JOIN campaigns_page page ON page.lease_id = lease.id
JOIN campaigns_membership member
    ON member.user_id = lease.user_id AND member.campaign_id = page.campaign_id
WHERE lease.ended_at IS NULL AND page.campaign_id = %(campaign)s
  AND page.submitted_at IS NULL AND page.held_until > %(now)s
"""
# Who walks along which neuron, where, and how far it goes; see `lease_statements.FOLLOWS`.
_WALKING = """
SELECT lease.user_id, page.number, page.number + neuron.last_sheet - page.sheets[1] AS until,
       section.neuron_id, section.number AS section, section.parent
FROM campaigns_lease lease
JOIN campaigns_page page ON page.lease_id = lease.id
JOIN campaigns_neuronsection section ON section.id = page.section_id
JOIN campaigns_campaignneuron neuron ON neuron.id = section.neuron_id
WHERE lease.ended_at IS NULL AND lease.put_aside_at IS NULL AND page.campaign_id = %(campaign)s
  AND page.submitted_at IS NULL AND page.held_until > %(now)s
"""
# Sections for which people leave the walk, by the map: those at the next branch, then the others at
# the branch they come from. So many of them for each person have their first page rendered ahead.
SECTIONS_BESIDE = 6
# The first is what is kept for each of them or lies on their way along a neuron, the second what
# the experts among them would be handed, the third what any of them would be, the last the first
# pages of the sections beside theirs.
_TO_COME = f"""
WITH worker AS MATERIALIZED ({_AT_WORK}), walking AS MATERIALIZED ({_WALKING}), coming AS (
    SELECT 1 AS turn, kept.* FROM worker, LATERAL (
        SELECT page.id, page.rank, page.number FROM campaigns_page page
        WHERE {_CAN_COME} AND page.reserved_for_id = worker.user_id AND {_NOT_SEEN}
        ORDER BY page.rank, page.number LIMIT %(ahead)s
    ) kept
    UNION ALL
    SELECT 1, ahead.* FROM walking worker, LATERAL (
        SELECT page.id, page.rank, page.number FROM campaigns_page page
        WHERE {_CAN_COME} AND page.reserved_for_id IS NULL AND page.kind = 'ordinary'
          AND page.number > worker.number AND page.number <= worker.until AND {_NOT_SEEN}
        ORDER BY page.number LIMIT %(ahead)s
    ) ahead
    UNION ALL (
        SELECT 2, page.id, page.rank, page.number FROM campaigns_page page
        WHERE {_CAN_COME} AND page.reserved_for_id IS NULL
          AND page.kind NOT IN ('training', 'search')
          AND EXISTS (SELECT 1 FROM worker WHERE is_expert AND {_NOT_SEEN})
        ORDER BY page.rank, page.number
        LIMIT %(ahead)s * (SELECT count(*) FROM worker WHERE is_expert)
    )
    UNION ALL (
        SELECT 3, page.id, page.rank, page.number FROM campaigns_page page
        WHERE {_CAN_COME} AND page.reserved_for_id IS NULL
          AND page.kind IN ('ordinary', 'follow_up')
          AND (NOT EXISTS (SELECT 1 FROM worker)
               OR EXISTS (SELECT 1 FROM worker WHERE {_NOT_SEEN}))
        ORDER BY page.rank, page.number
        LIMIT %(ahead)s * greatest(1, (SELECT count(*) FROM worker))
    )
    UNION ALL
    SELECT 4, first.id, beside.distance, first.number FROM walking worker, LATERAL (
        SELECT id, CASE WHEN parent = worker.section THEN 0
                        WHEN parent = worker.parent THEN 1 ELSE 2 END AS distance
        FROM campaigns_neuronsection
        WHERE neuron_id = worker.neuron_id AND number <> worker.section
          AND (parent IN (worker.section, worker.parent) OR number = worker.parent)
        ORDER BY distance, number LIMIT %(beside)s
    ) beside, LATERAL (
        SELECT page.id, page.number FROM campaigns_page page
        WHERE page.section_id = beside.id AND {_CAN_COME} AND page.reserved_for_id IS NULL
          AND page.kind = 'ordinary' AND {_NOT_SEEN}
        ORDER BY page.number LIMIT 1
    ) first
)
SELECT id FROM coming ORDER BY turn, rank, number
"""  # noqa: S608 - put together from our own words
# Gold is drawn from the first so many that a person has not seen.
GOLD_POOL = 24
# NULL is whoever comes and has seen none. Which items are gold, and who has seen them, is known in
# a room above: these are the tables of `GoldAnswer` and `GoldExposure` of proofreading. Gold is few
# beside the other items, behind which it lies, so it is found by its answers.
_GOLD_TO_COME = f"""
WITH worker AS MATERIALIZED (
    SELECT user_id FROM ({_AT_WORK}) at_work UNION ALL SELECT NULL
), gold AS MATERIALIZED (
    SELECT item.id, item.position
    FROM proofreading_goldanswer answer JOIN campaigns_item item ON item.id = answer.item_id
    WHERE item.campaign_id = %(campaign)s
), pool AS (
    SELECT next.*, row_number() OVER (PARTITION BY worker.user_id ORDER BY next.position) AS turn
    FROM worker, LATERAL (
        SELECT gold.id, gold.position FROM gold
        WHERE NOT EXISTS (
            SELECT 1 FROM proofreading_goldexposure seen
            WHERE seen.item_id = gold.id AND seen.user_id = worker.user_id
        )
        ORDER BY gold.position LIMIT %(pool)s
    ) next
)
SELECT id FROM pool GROUP BY id, position ORDER BY min(turn), position LIMIT %(limit)s
"""  # noqa: S608 - put together from our own words
_MEMBERSHIP = f"""
SELECT {columns_of(Membership, "member")}, {columns_of(Campaign, "campaign")},
       {columns_of(SynapseTable, "stable")}, {columns_of(Dataset, "dataset")}
FROM campaigns_membership member
JOIN campaigns_campaign campaign ON campaign.id = member.campaign_id
JOIN datasets_synapsetable stable ON stable.id = campaign.table_id
JOIN datasets_dataset dataset ON dataset.id = stable.dataset_id
WHERE member.user_id = %s AND member.campaign_id = %s
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True)
class Progress:
    """How far a campaign is: how many of its instances are on pages, how many cutouts of the
    first pages are stored, how many pages are done."""

    status: str
    is_cancelled: bool
    placed: int
    to_place: int
    prepared: int
    to_prepare: int
    pages_done: int
    pages_total: int

    @property
    def finished(self) -> bool:
        return is_finished(self.status, self.pages_done, self.pages_total)


def campaign_for(user: User, campaign_id: int, action: Action = Action.SEE) -> Campaign:
    """The campaign, if this person may do this in it. Every request comes through here.

    Raises NotFoundError to those who do not take part, so that nobody learns what exists, and
    ForbiddenError to members in a role that may not.
    """
    membership = _membership(user, campaign_id)
    campaign = membership.campaign if membership is not None else None
    if campaign is None and user.is_superuser:
        campaigns = Campaign.objects.select_related("table__dataset")
        campaign = campaigns.filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFoundError(f"You take part in no campaign {campaign_id}.")
    own_role = Membership.Role(membership.role) if membership is not None else None
    if not is_allowed(action, own_role, is_administrator=user.is_superuser):
        hint = "" if own_role is not None else " Add yourself to its people first."
        raise ForbiddenError(f"Only {who_may(action)} of this campaign may do this.{hint}")
    return campaign


def _membership(user: User, campaign_id: int) -> Membership | None:
    """How somebody takes part, with the campaign, its table and its dataset."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERSHIP, [user.pk, campaign_id])
        found = cursor.fetchone()
    if found is None:
        return None
    row = RowReader(found)
    membership, campaign = row.take(Membership), row.take(Campaign)
    membership.campaign, campaign.table = campaign, row.take(SynapseTable)
    campaign.table.dataset = row.take(Dataset)
    return membership


def may(user: User, campaign: Campaign, action: Action) -> bool:
    """Whether this person may do this: to show what they can use, not to guard it."""
    return is_allowed(action, role_in(user, campaign), is_administrator=user.is_superuser)


def role_in(user: User, campaign: Campaign) -> Membership.Role | None:
    """As what this person takes part; None where they do not."""
    role = campaign.memberships.filter(user=user).values_list("role", flat=True).first()
    return Membership.Role(role) if role is not None else None


def find_campaign(name_or_id: str) -> Campaign:
    """The campaign of a name, else of an id, with its table.

    Raises NotFoundError.
    """
    campaigns = Campaign.objects.select_related("table__dataset")
    campaign = campaigns.filter(name=name_or_id).first()
    if campaign is None and name_or_id.isascii() and name_or_id.isdigit():
        campaign = campaigns.filter(pk=min(int(name_or_id), _LARGEST_ID)).first()
    if campaign is None:
        raise NotFoundError(
            f"campaign: there is no campaign of the name or id {name_or_id!r}.", field="campaign"
        )
    return campaign


def campaigns_of(user: User) -> QuerySet[Campaign]:
    """The campaigns of a person, newest first, with `role`, `pages_done`, `pages_total`,
    `my_pages`, `instances_total` and what is `told_above` counted by the database."""
    role = Membership.objects.filter(campaign=OuterRef("pk"), user=user).values("role")[:1]
    items = Item.objects.filter(campaign=OuterRef("pk"), sheet__isnull=False)
    pages = Page.objects.filter(campaign=OuterRef("pk")).exclude(kind=Page.Kind.TRAINING)
    done = pages.filter(submitted_at__isnull=False)
    return (
        Campaign.objects.filter(memberships__user=user)
        .select_related("table__dataset")
        .annotate(
            role=Subquery(role),
            pages_total=_count(pages),
            pages_done=_count(done),
            my_pages=_count(done.filter(lease__user=user)),
            instances_total=_count(items),
            **{name: of_campaign(user) for name, of_campaign in told_above.items()},
        )
        .order_by("-pk")
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many rows there are, counted by the database in a query of its own: joined with others
    they would be multiplied before they are counted."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def progress_of(campaign: Campaign) -> Progress:
    """Counted now, or a moment ago where there are many pages; training is no progress."""
    counts = _page_counts(campaign)
    return Progress(
        status=campaign.status,
        is_cancelled=campaign.cancelled_at is not None,
        placed=campaign.placed,
        to_place=campaign.to_place or 0,
        prepared=campaign.prepared,
        to_prepare=campaign.to_prepare,
        pages_done=counts["done"],
        pages_total=counts["total"],
    )


def _page_counts(campaign: Campaign) -> dict[str, int]:
    """How many pages there are and are done. Everybody who is handed a page is told: where
    counting takes long, a process does it once in `_COUNTED_EVERY_S`."""
    until, counts = _counted.get(campaign.pk, (0.0, {}))
    if time.monotonic() < until:
        return counts
    with connection.cursor() as cursor:
        cursor.execute(_PAGE_COUNTS, [campaign.pk])
        total, done = cursor.fetchone()
    counts = {"total": total, "done": done}
    if counts["total"] > _MANY_PAGES:
        _counted[campaign.pk] = (time.monotonic() + _COUNTED_EVERY_S, counts)
    return counts


def lease_for(user: User, token: str) -> Lease:
    """A lease of this person, with its page and campaign.

    Raises NotFoundError also for a token of someone else, or once they may judge no longer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, [token, user.pk, [role.value for role in ALLOWED[Action.JUDGE]]])
        found = cursor.fetchone()
    if found is None:
        raise NotFoundError("There is no such lease of yours.")
    row = RowReader(found)
    lease, lease.page = row.take(Lease), row.take(Page)
    lease.page.campaign, lease.page.campaign.table = row.take(Campaign), row.take(SynapseTable)
    return lease


def items_of_page(page: Page) -> list[Item]:
    """The items of a page with their instances, in their order."""
    return list(page.items.select_related("instance").order_by("position"))


def items_of_pages(page_ids: Sequence[int]) -> dict[int, list[Item]]:
    """The items of some pages with their instances, by page in the order given."""
    placed = PageItem.objects.filter(page_id__in=page_ids).select_related("item__instance")
    pages: dict[int, list[Item]] = {page_id: [] for page_id in page_ids}
    for one in placed.order_by("item__position"):
        pages[one.page_id].append(one.item)
    return pages


def gold_to_come(campaign_id: int, now: datetime, limit: int) -> list[Item]:
    """The gold items that the people at work, or somebody who comes, may be shown next: the first
    of those that each has not seen, and of these the first of each before the second."""
    values: dict[str, Any] = {"campaign": campaign_id, "now": now}
    values |= {"pool": GOLD_POOL, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_GOLD_TO_COME, values)
        ids = [item_id for (item_id,) in cursor.fetchall()]
    found = Item.objects.select_related("instance").in_bulk(ids)
    return [found[item_id] for item_id in ids if item_id in found]


def requests_of(campaign: Campaign, items: Sequence[Item]) -> list[CutoutRequest]:
    """The cutouts of items, in the same order."""
    return cutout_requests(campaign.table, [item.instance for item in items], campaign.crop)


def pages_to_come(campaign_id: int, now: datetime, ahead_each: int) -> list[int]:
    """Ids of the free pages that the people at work will be handed next, the first one first.

    Pages go out in one order, whoever asks; so the next pages of one person are among the first
    `ahead_each` for each person at work, of those that anybody of them can be handed. What is kept
    for somebody or is for experts comes before, and only for people at work: it waits for others
    for as long as they are away. Along neurons the first pages of sections beside theirs come last.
    """
    values: dict[str, Any] = {"campaign": campaign_id, "now": now, "ahead": ahead_each}
    values["beside"] = SECTIONS_BESIDE if ahead_each > 0 else 0
    with connection.cursor() as cursor:
        cursor.execute(_TO_COME, values)
        return list(dict.fromkeys(page_id for (page_id,) in cursor.fetchall()))


def selection_of(campaign_id: int) -> Selection:
    """Which instances of its table a campaign is of."""
    stored = CampaignSelection.objects.filter(campaign=campaign_id).first()
    return EVERYTHING if stored is None else read_selection(stored.selection)


def goes_along_neurons(campaign: Campaign) -> bool:
    """Whether a campaign goes along neurons that were chosen, section by section."""
    return campaign.order == Campaign.Order.NEURON and campaign.neurons.exists()


def managers_of(campaign: Campaign) -> list[User]:
    """Those who manage the campaign, in the order in which they came."""
    managing = campaign.memberships.filter(role=Membership.Role.MANAGER).order_by("pk")
    return [membership.user for membership in managing.select_related("user")]


def my_page_count(user: User, campaign: Campaign) -> int:
    """How many pages of the campaign this person has submitted, but for the training."""
    done = campaign.pages.filter(submitted_at__isnull=False, lease__user=user)
    return done.exclude(kind=Page.Kind.TRAINING).count()
