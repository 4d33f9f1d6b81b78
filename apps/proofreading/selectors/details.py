"""What an annotator may read about the instances of their page, beside the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from apps.campaigns.models import Item, Lease
from apps.datasets.selectors.facts import Column, Facts, facts_of, own_columns
from apps.proofreading.selectors.gold import gold_policy_of, may_have_gold
from apps.proofreading.selectors.leases import items_of_lease


@dataclass(frozen=True)
class ItemDetails:
    """An item of a page with what its table says of it; `columns` is None where the table's own
    columns are not told."""

    item: Item
    facts: Facts
    columns: list[Column] | None


def details_of_lease(lease: Lease) -> list[ItemDetails]:
    """The items of a leased page, in the order in which they are shown.

    Where gold may be among them, the table's own columns are told of none: gold is out of the
    table's order, was perhaps added to it with another score or none, and need not be within the
    scores that the campaign is of. Places and neurons are what Neuroglancer shows of every
    instance.
    """
    items = items_of_lease(lease)
    table = lease.page.campaign.table
    columns: list[list[Column]] | list[None] = [None] * len(items)
    if not may_have_gold(gold_policy_of(lease.page.campaign_id).is_used, items):
        columns = own_columns([item.instance for item in items], table)
    return [
        ItemDetails(item=item, facts=facts_of(item.instance, table), columns=told)
        for item, told in zip(items, columns, strict=True)
    ]
