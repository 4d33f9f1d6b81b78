"""Put pages before others by what is known of their instances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Page
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.core.errors import InvalidInputError

LARGEST_PRIORITY = 1_000_000
MOST_ON_RECORD = 200

_PAGES_AT_ONCE = 1_000

# The most uncertain of a page's instances decides; 1 is a posterior of a half.
_BY_DISPUTE = """
SELECT page.id, uncertain.rank
FROM campaigns_page page JOIN (
    SELECT placed.page_id,
           -(1 + round(1000 * max(1 - abs(2 * settlement.p_correct - 1))))::bigint AS rank
    FROM proofreading_settlement settlement
    JOIN campaigns_pageitem placed ON placed.item_id = settlement.item_id
    JOIN campaigns_page open ON open.id = placed.page_id
    WHERE open.campaign_id = %(campaign)s AND open.submitted_at IS NULL
      AND open.kind IN ('ordinary', 'follow_up') AND settlement.state <> 'settled'
    GROUP BY placed.page_id
) uncertain ON uncertain.page_id = page.id
WHERE page.rank <> uncertain.rank
ORDER BY page.id
"""
_MOVE = """
UPDATE campaigns_page page SET rank = moved.rank
FROM unnest(%(pages)s::bigint[], %(ranks)s::bigint[]) AS moved (id, rank)
WHERE page.id = moved.id AND page.submitted_at IS NULL AND page.rank <> moved.rank
"""


def rank_by_dispute(campaign: Campaign) -> int:
    """Where the campaign's order says so, hand out what is most disputed first; how many pages
    moved. What has no vote yet keeps its order behind them."""
    if campaign.order != Campaign.Order.DISPUTED:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_BY_DISPUTE, {"campaign": campaign.pk})
        ranks = dict(cursor.fetchall())
    return _move(ranks)


def set_priorities(
    campaign: Campaign, priorities: Mapping[int, int], by: User, now: datetime
) -> int:
    """The same as `rank_by_priority`, on record: which instances are to come first.

    Raises NotNowError for an archived campaign.
    """
    check_not_archived(campaign, "rows")
    moved = rank_by_priority(campaign, priorities)
    highest = sorted(priorities.items(), key=lambda one: (-one[1], one[0]))[:MOST_ON_RECORD]
    details: dict[str, Any] = {
        "instances": len(priorities),
        "pages_moved": moved,
        "priorities": {str(source_id): priority for source_id, priority in highest},
    }
    if len(highest) < len(priorities):
        details["priorities_left_out"] = len(priorities) - len(highest)
    record(campaign, by, "priorities_set", details, now)
    return moved


def rank_by_priority(campaign: Campaign, priorities: Mapping[int, int]) -> int:
    """Hand out pages by the highest priority of their instances, the highest first.

    `priorities` are by source id, from 0 to `LARGEST_PRIORITY`; instances that are not named have
    0, so a list takes the place of the one before. This is how an order along a neuron of choice
    or by effect on the connectome is given. Returns how many pages moved. Raises
    InvalidInputError naming the instance.
    """
    for source_id, priority in priorities.items():
        if not 0 <= priority <= LARGEST_PRIORITY:
            raise InvalidInputError(
                f"priorities: instance {source_id} has {priority}; "
                f"give between 0 and {LARGEST_PRIORITY}.",
                field="priorities",
            )
    items = dict(
        Item.objects.filter(
            campaign=campaign, instance__source_id__in=priorities, sheet__isnull=False
        ).values_list("instance__source_id", "sheet")
    )
    strange = sorted(set(priorities) - set(items))
    if strange:
        raise InvalidInputError(
            f"priorities: instance {strange[0]} is not in this campaign.", field="priorities"
        )
    return _rank_sheets(campaign, _highest(items, priorities))


def _highest(sheets: Mapping[int, int | None], priorities: Mapping[int, int]) -> dict[int, int]:
    """The highest priority on each sheet."""
    highest: dict[int, int] = {}
    for source_id, sheet in sheets.items():
        if sheet is not None:
            highest[sheet] = max(highest.get(sheet, 0), priorities[source_id])
    return highest


def _rank_sheets(campaign: Campaign, priorities: Mapping[int, int]) -> int:
    pages = Page.objects.filter(
        campaign=campaign, submitted_at__isnull=True, kind=Page.Kind.ORDINARY
    )
    ranks = {}
    for page_id, number, rank, sheets in pages.values_list("pk", "number", "rank", "sheets"):
        highest = max((priorities.get(sheet, 0) for sheet in sheets), default=0)
        if rank != number - (LARGEST_PRIORITY + 1) * highest:
            ranks[page_id] = number - (LARGEST_PRIORITY + 1) * highest
    return _move(ranks)


def _move(ranks: Mapping[int, int]) -> int:
    """Give pages these ranks, some at a time: whoever asks for a page passes over those that are
    being written, and is to find the others in their order. How many moved."""
    moved, ordered = 0, sorted(ranks)
    for start in range(0, len(ordered), _PAGES_AT_ONCE):
        some = ordered[start : start + _PAGES_AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute(_MOVE, {"pages": some, "ranks": [ranks[page] for page in some]})
            moved += cursor.rowcount
    return moved
