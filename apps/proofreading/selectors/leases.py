"""What is on a leased page, and what its person has said of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from apps.campaigns.models import Item, Lease, PageItem
from apps.proofreading.domain import Label
from apps.proofreading.domain.gold import mixed
from apps.proofreading.models import GoldExposure, Verdict

# Asked for with each submit: SQL of our own takes a tenth of the time, see `leasing`.
_ITEM_IDS = """
SELECT item_id FROM campaigns_pageitem WHERE page_id = %s
UNION SELECT item_id FROM proofreading_goldexposure WHERE lease_id = %s
"""


@dataclass(frozen=True)
class Said:
    """The latest label of an item under a lease; `key` names the verdict."""

    label: Label
    key: uuid.UUID


def items_of_lease(lease: Lease) -> list[Item]:
    """The items of a leased page with their instances, in the order in which they are shown:
    those of the page in the campaign's order, gold in between at its places."""
    exposures = GoldExposure.objects.filter(lease=lease, item=OuterRef("pk"))
    items = (
        Item.objects.filter(pk__in=_item_ids(lease))
        .select_related("instance")
        .annotate(
            place=Subquery(exposures.values("place")), exposure=Subquery(exposures.values("pk"))
        )
        .order_by("exposure", "position")
    )
    others = [item for item in items if item.place is None]
    gold = [(item.place, item) for item in items if item.place is not None]
    return mixed(others, gold)


def item_ids_of_lease(lease: Lease) -> set[int]:
    """The ids of the items of a leased page, gold among them."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEM_IDS, [lease.page_id, lease.pk])
        return {item_id for (item_id,) in cursor.fetchall()}


def _item_ids(lease: Lease) -> QuerySet[PageItem, tuple[int]]:
    placed = PageItem.objects.filter(page_id=lease.page_id).values_list("item_id")
    return placed.union(GoldExposure.objects.filter(lease=lease).values_list("item_id"))


def said_under(lease: Lease) -> dict[int, Said]:
    """What has been said under a lease so far, by item id; what came late is not among it."""
    latest = (
        Verdict.objects.filter(lease=lease, late=False)
        .order_by("item_id", "-pk")
        .distinct("item_id")
        .values_list("item_id", "label", "key")
    )
    return {item_id: Said(Label(label), key) for item_id, label, key in latest}


def labels_of_lease(lease: Lease) -> dict[int, Label]:
    """The labels given under a lease so far, by item id."""
    return {item_id: said.label for item_id, said in said_under(lease).items()}
