"""Put the instances of a campaign on sheets, and make its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from apps.campaigns.models import Campaign, Item, Page, PageItem, UnplacedPart
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.life import lock_campaign
from apps.core.errors import InvalidInputError
from apps.datasets.selectors import selected_rows

# Instances in one transaction, a multiple of each page size: about as much as fits into a job,
# and as long as whoever cancels waits.
PART = 12_000
_ROWS_AT_ONCE = 5_000

_PLAN = """
WITH numbered AS (
    SELECT i.id, row_number() OVER (ORDER BY {order}, i.source_id) - 1 AS position
    FROM {rows} i
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_item gold
        WHERE gold.campaign_id = %(campaign)s AND gold.instance_id = i.id
    )
), parts AS (
    INSERT INTO campaigns_unplacedpart (campaign_id, number, instance_ids)
    SELECT %(campaign)s, position / %(part)s, array_agg(id ORDER BY position)
    FROM numbered GROUP BY position / %(part)s
    RETURNING cardinality(instance_ids) AS instances
)
SELECT coalesce(sum(instances), 0) FROM parts
"""
# `first` is the position of the part's first instance; sheets are counted from 1.
_PLACE = """
WITH part AS (
    DELETE FROM campaigns_unplacedpart WHERE id = %(part)s RETURNING instance_ids
), items AS (
    INSERT INTO campaigns_item (campaign_id, instance_id, position, sheet)
    SELECT %(campaign)s, one.id, %(first)s + one.place - 1,
           (%(first)s + one.place - 1) / %(size)s + 1
    FROM part, unnest(part.instance_ids) WITH ORDINALITY AS one (id, place)
    RETURNING id, sheet
), pages AS (
    INSERT INTO campaigns_page (campaign_id, number, rank, kind, sheets)
    SELECT %(campaign)s, number, number, 'ordinary', ARRAY[sheet]
    FROM (SELECT DISTINCT sheet FROM items) AS made, generate_series(1, %(passes)s) AS pass,
         LATERAL (SELECT (pass - 1) * %(sheets)s + sheet AS number) AS numbers
    ORDER BY number
    RETURNING id, sheets[1] AS sheet
), placed AS (
    INSERT INTO campaigns_pageitem (page_id, item_id)
    SELECT pages.id, items.id FROM items JOIN pages ON pages.sheet = items.sheet
)
SELECT count(*) FROM items
"""


class NothingSelectedError(InvalidInputError):
    """There is no instance to be judged."""


def make_pages(campaign_id: int) -> None:
    """Spread the instances over sheets in the campaign's order, and make a page of each for every
    pass. Doing it again does nothing. Raises NothingSelectedError."""
    plan_pages(campaign_id)
    while place_part(campaign_id):
        pass


@transaction.atomic
def plan_pages(campaign_id: int) -> None:
    """Note in which order the selected instances come on pages. Gold is left out.

    The orders by priority, dispute and effect begin as the spatial one; what is then known
    changes the ranks of pages. The campaign is not locked meanwhile, so that it can be cancelled.
    Doing it again does nothing. Raises NothingSelectedError.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan {campaign_id}"]
        )
        campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
        if campaign.to_place is not None or campaign.pages.exists():
            return
        rows, values = selected_rows(campaign.table, selection_of(campaign_id))
        values |= {"campaign": campaign.pk, "part": PART, "seed": str(campaign.order_seed)}
        # The order is one of our own expressions, never text from outside.
        cursor.execute(_PLAN.format(order=_order(campaign.order), rows=rows), values)
        (instances,) = cursor.fetchone()
    if not instances:
        raise NothingSelectedError("No instance is left to be judged: what is selected is gold.")
    Campaign.objects.filter(pk=campaign_id).update(to_place=instances, prepared_at=timezone.now())


@transaction.atomic
def place_part(campaign_id: int) -> bool:
    """Make the pages of some thousand instances that were planned; whether there were any."""
    campaign = lock_campaign(campaign_id)
    part = UnplacedPart.objects.filter(campaign=campaign).order_by("number").defer("instance_ids")
    first = part.first()
    if first is None or campaign.to_place is None or campaign.cancelled_at is not None:
        return False
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "part": first.pk,
        "first": first.number * PART,
        "size": campaign.page_size,
        "sheets": -(-campaign.to_place // campaign.page_size),
        "passes": campaign.passes,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, values)
        (placed,) = cursor.fetchone()
    Campaign.objects.filter(pk=campaign_id).update(
        placed=F("placed") + placed, attempts=0, prepared_at=timezone.now()
    )
    return True


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
