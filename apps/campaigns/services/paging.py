"""Put the instances of a campaign on sheets, and make its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from apps.campaigns.models import Campaign, Item, Page, PageItem
from apps.campaigns.services.life import lock_campaign

_ROWS_AT_ONCE = 5_000

_MAKE_PAGES = """
WITH numbered AS (
    SELECT i.id AS instance_id, row_number() OVER (ORDER BY {order}, i.source_id) - 1 AS position
    FROM datasets_instance i
    WHERE i.table_id = %(table)s AND NOT EXISTS (
        SELECT 1 FROM campaigns_item gold
        WHERE gold.campaign_id = %(campaign)s AND gold.instance_id = i.id
    )
), items AS (
    INSERT INTO campaigns_item (campaign_id, instance_id, position, sheet)
    SELECT %(campaign)s, instance_id, position, position / %(size)s + 1 FROM numbered
    RETURNING id, sheet
), pages AS (
    INSERT INTO campaigns_page (campaign_id, number, rank, kind, sheets)
    SELECT %(campaign)s, number, number, 'ordinary', ARRAY[sheet]
    FROM generate_series(1, %(sheets)s) AS sheet, generate_series(1, %(passes)s) AS pass,
         LATERAL (SELECT (pass - 1) * %(sheets)s + sheet AS number) AS numbers
    RETURNING id, sheets[1] AS sheet
)
INSERT INTO campaigns_pageitem (page_id, item_id)
SELECT pages.id, items.id FROM items JOIN pages ON pages.sheet = items.sheet
"""


@transaction.atomic
def make_pages(campaign_id: int) -> None:
    """Spread the instances over sheets in the campaign's order, and make a page of each for every
    pass. Gold is left out. Doing it again does nothing.

    The orders by priority, dispute and effect begin as the spatial one; what is then known
    changes the ranks of pages.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.pages.exists():
        return
    gold = Item.objects.filter(campaign=campaign).count()
    sheets = -(-(campaign.table.row_count - gold) // campaign.page_size)
    values: dict[str, Any] = {
        "table": campaign.table_id,
        "campaign": campaign.pk,
        "size": campaign.page_size,
        "sheets": sheets,
        "passes": campaign.passes,
        "seed": str(campaign.order_seed),
    }
    with connection.cursor() as cursor:
        # The order is one of our own expressions, never text from outside.
        cursor.execute(_MAKE_PAGES.format(order=_order(campaign.order)), values)


def _order(order: str) -> str:
    """The SQL by which instances are sorted before they are put on sheets."""
    if order == Campaign.Order.TABLE:
        return "i.source_id"
    if order == Campaign.Order.RANDOM:
        return "md5(%(seed)s || ':' || i.source_id)"
    if order == Campaign.Order.NEURON:
        return "i.pre_root_id NULLS LAST, i.place"
    return "i.place"  # neighbours share a page and its chunks


def add_page(campaign: Campaign, kind: Page.Kind, items: Sequence[Item], *, rank: int) -> Page:
    """One more page of items that are in the campaign already. Lock the campaign before."""
    (page,) = add_pages(campaign, kind, [items], ranks=[rank])
    return page


def add_pages(
    campaign: Campaign, kind: Page.Kind, parts: Sequence[Sequence[Item]], *, ranks: Sequence[int]
) -> list[Page]:
    """Likewise one page for each part, with its rank."""
    last = campaign.pages.aggregate(number=Max("number"))["number"] or 0
    pages = Page.objects.bulk_create(
        Page(
            campaign=campaign,
            number=number,
            kind=kind,
            rank=rank,
            sheets=sorted({item.sheet for item in items if item.sheet is not None}),
        )
        for number, (items, rank) in enumerate(zip(parts, ranks, strict=True), start=last + 1)
    )
    PageItem.objects.bulk_create(
        (
            PageItem(page=page, item=item)
            for page, items in zip(pages, parts, strict=True)
            for item in items
        ),
        batch_size=_ROWS_AT_ONCE,
    )
    return pages
