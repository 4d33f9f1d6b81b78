"""Place instances on pages one by one, where they have a page and an order already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.campaigns.models import PAGE_SIZES, Campaign, Item, Page, PageItem
from apps.core.errors import InvalidInputError

_BATCH = 5_000


@dataclass(frozen=True)
class Placement:
    """Where an instance goes: its page, counted from 1, and its place in the campaign, from 0."""

    page: int
    position: int
    instance_id: int


def page_size_for(placements: Sequence[Placement]) -> int:
    """The smallest page size that holds every page.

    Raises InvalidInputError for a page that is too long.
    """
    lengths: dict[int, int] = {}
    for placement in placements:
        lengths[placement.page] = lengths.get(placement.page, 0) + 1
    page, longest = max(lengths.items(), key=lambda entry: entry[1])
    for size in PAGE_SIZES:
        if longest <= size:
            return size
    raise InvalidInputError(
        f"page: page {page} holds {longest} instances; at most {max(PAGE_SIZES)} fit on one.",
        field="page",
    )


@transaction.atomic
def place_items(campaign: Campaign, placements: Sequence[Placement]) -> None:
    """Make the pages and items of a campaign that has none yet.

    Do it in the transaction that creates the campaign: its preparation then finds them.
    """
    numbers = sorted({placement.page for placement in placements})
    pages = Page.objects.bulk_create(
        [
            Page(campaign=campaign, number=number, rank=number, sheets=[number])
            for number in numbers
        ],
        batch_size=_BATCH,
    )
    by_number = {page.number: page for page in pages}
    items = Item.objects.bulk_create(
        [
            Item(
                campaign=campaign,
                sheet=placement.page,
                instance_id=placement.instance_id,
                position=placement.position,
            )
            for placement in placements
        ],
        batch_size=_BATCH,
    )
    PageItem.objects.bulk_create(
        [
            PageItem(page=by_number[placement.page], item=item)
            for placement, item in zip(placements, items, strict=True)
        ],
        batch_size=_BATCH,
    )
