"""Put pages before others by what is known of their instances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Page
from apps.campaigns.services.audit import record
from apps.core.errors import InvalidInputError

LARGEST_PRIORITY = 1_000_000

# The most uncertain of a page's instances decides; 1 is a posterior of a half.
_BY_DISPUTE = """
UPDATE campaigns_page page SET rank = -(1 + round(1000 * uncertain.by))
FROM (
    SELECT placed.page_id, max(1 - abs(2 * settlement.p_correct - 1)) AS by
    FROM proofreading_settlement settlement
    JOIN campaigns_pageitem placed ON placed.item_id = settlement.item_id
    JOIN campaigns_page open ON open.id = placed.page_id
    WHERE open.campaign_id = %(campaign)s AND open.submitted_at IS NULL
      AND open.kind IN ('ordinary', 'follow_up') AND settlement.state <> 'settled'
    GROUP BY placed.page_id
) uncertain
WHERE page.id = uncertain.page_id
"""


def rank_by_dispute(campaign: Campaign) -> int:
    """Where the campaign's order says so, hand out what is most disputed first; how many pages
    moved to the front. What has no vote yet keeps its order behind them."""
    if campaign.order != Campaign.Order.DISPUTED:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_BY_DISPUTE, {"campaign": campaign.pk})
        return int(cursor.rowcount)


@transaction.atomic
def set_priorities(
    campaign: Campaign, priorities: Mapping[int, int], by: User, now: datetime
) -> int:
    """The same as `rank_by_priority`, on record."""
    moved = rank_by_priority(campaign, priorities)
    details = {"instances": len(priorities), "pages_moved": moved}
    record(campaign, by, "priorities_set", details, now)
    return moved


@transaction.atomic
def rank_by_priority(campaign: Campaign, priorities: Mapping[int, int]) -> int:
    """Hand out pages by the highest priority of their instances, the highest first.

    `priorities` are by source id, from 0 to `LARGEST_PRIORITY`; instances that are not named have
    0. This is how an order along a neuron of choice or by effect on the connectome is given.
    Returns how many pages moved. Raises InvalidInputError naming the instance.
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
    pages = Page.objects.select_for_update().filter(
        campaign=campaign, submitted_at__isnull=True, kind=Page.Kind.ORDINARY
    )
    moved = []
    for page in pages.filter(sheets__overlap=list(priorities)).order_by("pk"):
        page.rank = page.number - (LARGEST_PRIORITY + 1) * max(
            priorities.get(sheet, 0) for sheet in page.sheets
        )
        moved.append(page)
    return Page.objects.bulk_update(moved, ["rank"], batch_size=1000)
