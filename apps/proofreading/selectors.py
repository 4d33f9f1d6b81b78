"""Reads of verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Count, Exists, Max, Min, OuterRef

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease
from apps.proofreading.domain import Label
from apps.proofreading.models import ErrorCategory, Verdict

_ITEMS_A_PART = 2_000


@dataclass(frozen=True)
class SettledItem:
    """An item with the verdict that counts; no label where nobody has judged it yet."""

    item: Item
    page_number: int
    label: Label | None
    categories: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class CampaignTimes:
    """When the first page was taken and the last one submitted; None where that has not been."""

    started_at: datetime | None
    finished_at: datetime | None


def labels_of_lease(lease: Lease) -> dict[int, Label]:
    """The labels given under a lease so far, by item id."""
    latest = (
        Verdict.objects.filter(lease=lease, late=False)
        .order_by("item_id", "-pk")
        .distinct("item_id")
        .values_list("item_id", "label")
    )
    return {item_id: Label(label) for item_id, label in latest}


def categories_of(campaign: Campaign) -> list[ErrorCategory]:
    """The error categories of a campaign, in their order."""
    return list(campaign.error_categories.all())


def label_counts(campaign: Campaign, user: User) -> dict[str, int]:
    """How often this person gave each label in submitted pages; 0 where never."""
    latest = (
        Verdict.objects.filter(
            user=user, late=False, item__campaign=campaign, lease__ending=Lease.Ending.SUBMITTED
        )
        .order_by("item_id", "-pk")
        .distinct("item_id")
    )
    counted = dict(
        Verdict.objects.filter(pk__in=latest.values("pk"))
        .values_list("label")
        .annotate(n=Count("pk"))
    )
    return {label.value: counted.get(label.value, 0) for label in Label}


def settled_items(campaign: Campaign) -> Iterator[SettledItem]:
    """Every item of a campaign in its order, with its latest verdict that was not late.

    Read in parts, so that a large campaign needs little memory.
    """
    items = campaign.items.select_related("instance", "page").order_by("position")
    remaining = items.iterator(chunk_size=_ITEMS_A_PART)
    while part := list(islice(remaining, _ITEMS_A_PART)):
        latest = _latest_verdicts(part)
        yield from (_settled(item, latest.get(item.pk)) for item in part)


def _latest_verdicts(items: Sequence[Item]) -> dict[int, Verdict]:
    verdicts = (
        Verdict.objects.filter(item__in=items, late=False)
        .order_by("item_id", "-pk")
        .distinct("item_id")
        .prefetch_related("categories")
    )
    return {verdict.item_id: verdict for verdict in verdicts}


def _settled(item: Item, verdict: Verdict | None) -> SettledItem:
    return SettledItem(
        item=item,
        page_number=item.page.number,
        label=Label(verdict.label) if verdict else None,
        categories=tuple(c.key for c in verdict.categories.all()) if verdict else (),
        note=verdict.note if verdict else "",
    )


def unjudged_count(campaign: Campaign) -> int:
    """How many items have no verdict that counts."""
    judged = Verdict.objects.filter(item=OuterRef("pk"), late=False)
    return campaign.items.filter(~Exists(judged)).count()


def campaign_times(campaign: Campaign) -> CampaignTimes:
    """When work on a campaign began, and when its last page was submitted if all are."""
    begun = Lease.objects.filter(page__campaign=campaign).aggregate(at=Min("leased_at"))["at"]
    if campaign.pages.filter(submitted_at__isnull=True).exists():
        return CampaignTimes(begun, None)
    return CampaignTimes(begun, campaign.pages.aggregate(at=Max("submitted_at"))["at"])
