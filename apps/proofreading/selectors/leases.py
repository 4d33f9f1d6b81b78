"""What is on a leased page, and what its person has said of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Page
from apps.core.rows import RowReader, columns_of
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.proofreading.domain.gold import mixed
from apps.proofreading.models import ErrorCategory, MissedMark, Verdict

# Asked for with each page and each submit: SQL of our own takes a tenth of the time.
# What somebody was shown of gold on a page is on it whenever they are handed it, whichever lease it
# was first shown under.
_GOLD = """
SELECT shown_under.page_id, exposure.id, exposure.item_id, exposure.place
FROM proofreading_goldexposure exposure
JOIN campaigns_lease shown_under ON shown_under.id = exposure.lease_id
WHERE shown_under.page_id = ANY (%(pages)s) AND exposure.user_id = %(user)s
"""
_SHOWN = f"""
SELECT page_id, item_id FROM campaigns_pageitem WHERE page_id = ANY (%(pages)s)
UNION SELECT page_id, item_id FROM ({_GOLD}) gold
"""  # noqa: S608 - put together from our own words
_ITEMS = f"""
WITH gold AS ({_GOLD})
SELECT {columns_of(Item, "item")}, {columns_of(Instance, "instance")}, shown.page_id, gold.place
FROM (
    SELECT page_id, item_id FROM campaigns_pageitem WHERE page_id = ANY (%(pages)s)
    UNION SELECT page_id, item_id FROM gold
) shown
JOIN campaigns_item item ON item.id = shown.item_id
JOIN datasets_instance instance ON instance.id = item.instance_id
LEFT JOIN gold ON gold.item_id = item.id AND gold.page_id = shown.page_id
ORDER BY gold.id, item.position
"""  # noqa: S608 - names of our own columns
_SAID = """
SELECT DISTINCT ON (verdict.item_id) verdict.item_id, verdict.label, verdict.key, verdict.note,
    ARRAY(
        SELECT category.key FROM proofreading_verdictcategory named
        JOIN proofreading_errorcategory category ON category.id = named.category_id
        WHERE named.verdict_id = verdict.id ORDER BY category.position
    )
FROM proofreading_verdict verdict
WHERE verdict.lease_id = %s AND NOT verdict.late
ORDER BY verdict.item_id, verdict.id DESC
"""


@dataclass(frozen=True)
class Said:
    """The latest label of an item under a lease, with the keys of the error categories and the
    note that came with it; `key` names the verdict."""

    label: Label
    key: uuid.UUID
    note: str = ""
    categories: tuple[str, ...] = ()


def items_of_lease(lease: Lease) -> list[Item]:
    """The items of a leased page with their instances, in the order in which they are shown:
    those of the page in the campaign's order, gold in between at its places."""
    return items_shown_on([lease.page_id], lease.user_id)[lease.page_id]


def items_shown_on(pages: Sequence[int], user_id: int) -> dict[int, list[Item]]:
    """The items of some pages, by their ids, as this person is shown each. One statement."""
    others: dict[int, list[Item]] = {page: [] for page in pages}
    gold: dict[int, list[tuple[int, Item]]] = {page: [] for page in pages}
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, {"pages": [*pages], "user": user_id})
        for found in cursor.fetchall():
            row = RowReader(found)
            item = row.take(Item)
            item.instance = row.take(Instance)
            page, place = row.take_value(), row.take_value()
            if place is None:
                others[page].append(item)
            else:
                gold[page].append((place, item))
    return {page: mixed(others[page], gold[page]) for page in pages}


def item_ids_of_lease(lease: Lease) -> set[int]:
    """The ids of the items of a leased page, gold among them."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, {"pages": [lease.page_id], "user": lease.user_id})
        return {item_id for _, item_id in cursor.fetchall()}


def at_work_elsewhere(
    campaign: Campaign, user: User, section: int, leaving: uuid.UUID | None
) -> dict[int, bool]:
    """The ids of the leases under which somebody is at work on pages of other sections, or of none,
    and whether they have said something of each. With `leaving` only this one, by its token. What
    has to be done first is left out: the training, and what was begun of no section, to which
    nobody could go back."""
    held = Lease.objects.filter(
        user=user,
        ended_at__isnull=True,
        put_aside_at__isnull=True,
        page__campaign=campaign,
        page__submitted_at__isnull=True,
    )
    if leaving is not None:
        held = held.filter(token=leaving)
    elsewhere = held.exclude(page__section=section).exclude(page__kind=Page.Kind.TRAINING)
    said = Exists(Verdict.objects.filter(lease=OuterRef("pk")))
    marked = Exists(MissedMark.objects.filter(lease=OuterRef("pk")))
    found = elsewhere.annotate(begun=said | marked).exclude(begun=True, page__section=None)
    return dict(found.values_list("pk", "begun"))


def aside_count(campaign: Campaign, user: User) -> int:
    """How many pages somebody has put aside."""
    aside = Lease.objects.filter(user=user, ended_at__isnull=True, put_aside_at__isnull=False)
    return aside.filter(page__campaign=campaign, page__submitted_at__isnull=True).count()


def said_under(lease: Lease) -> dict[int, Said]:
    """What has been said under a lease so far, by item id; what came late is not among it."""
    with connection.cursor() as cursor:
        cursor.execute(_SAID, [lease.pk])
        return {
            item_id: Said(Label(label), key, note, tuple(categories))
            for item_id, label, key, note, categories in cursor.fetchall()
        }


def retired_among(campaign: Campaign, keys: Collection[str]) -> list[ErrorCategory]:
    """Categories that a campaign no longer offers and that still stand with a label."""
    if not keys:
        return []
    retired = ErrorCategory.objects.filter(campaign=campaign, retired_at__isnull=False)
    return list(retired.filter(key__in=keys))


def labels_of_lease(lease: Lease) -> dict[int, Label]:
    """The labels given under a lease so far, by item id."""
    return {item_id: said.label for item_id, said in said_under(lease).items()}
