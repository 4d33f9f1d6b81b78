"""What is on a leased page, and what its person has said of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection

from apps.campaigns.models import Item, Lease
from apps.core.rows import RowReader, columns_of
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.proofreading.domain.gold import mixed

# Asked for with each page and each submit: SQL of our own takes a tenth of the time, see `leasing`.
_ITEM_IDS = """
SELECT item_id FROM campaigns_pageitem WHERE page_id = %s
UNION SELECT item_id FROM proofreading_goldexposure WHERE lease_id = %s
"""
_ITEMS = f"""
SELECT {columns_of(Item, "item")}, {columns_of(Instance, "instance")}, gold.place
FROM (
    SELECT item_id FROM campaigns_pageitem WHERE page_id = %(page)s
    UNION SELECT item_id FROM proofreading_goldexposure WHERE lease_id = %(lease)s
) shown
JOIN campaigns_item item ON item.id = shown.item_id
JOIN datasets_instance instance ON instance.id = item.instance_id
LEFT JOIN proofreading_goldexposure gold
    ON gold.item_id = item.id AND gold.lease_id = %(lease)s
ORDER BY gold.id, item.position
"""  # noqa: S608 - names of our own columns
_SAID = """
SELECT DISTINCT ON (item_id) item_id, label, key FROM proofreading_verdict
WHERE lease_id = %s AND NOT late
ORDER BY item_id, id DESC
"""


@dataclass(frozen=True)
class Said:
    """The latest label of an item under a lease; `key` names the verdict."""

    label: Label
    key: uuid.UUID


def items_of_lease(lease: Lease) -> list[Item]:
    """The items of a leased page with their instances, in the order in which they are shown:
    those of the page in the campaign's order, gold in between at its places."""
    others, gold = [], []
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, {"page": lease.page_id, "lease": lease.pk})
        for found in cursor.fetchall():
            row = RowReader(found)
            item = row.take(Item)
            item.instance = row.take(Instance)
            place = row.take_value()
            if place is None:
                others.append(item)
            else:
                gold.append((place, item))
    return mixed(others, gold)


def item_ids_of_lease(lease: Lease) -> set[int]:
    """The ids of the items of a leased page, gold among them."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEM_IDS, [lease.page_id, lease.pk])
        return {item_id for (item_id,) in cursor.fetchall()}


def said_under(lease: Lease) -> dict[int, Said]:
    """What has been said under a lease so far, by item id; what came late is not among it."""
    with connection.cursor() as cursor:
        cursor.execute(_SAID, [lease.pk])
        return {item_id: Said(Label(label), key) for item_id, label, key in cursor.fetchall()}


def labels_of_lease(lease: Lease) -> dict[int, Label]:
    """The labels given under a lease so far, by item id."""
    return {item_id: said.label for item_id, said in said_under(lease).items()}
