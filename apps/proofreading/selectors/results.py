"""What the verdicts of campaigns come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Count, Exists, Max, Min, OuterRef

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Page
from apps.proofreading.domain import Label
from apps.proofreading.models import ErrorCategory, Settlement, Verdict

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


def categories_of(campaign: Campaign) -> list[ErrorCategory]:
    """The error categories that a campaign offers, in their order."""
    return list(campaign.error_categories.filter(retired_at__isnull=True))


def label_counts(campaign: Campaign, user: User) -> dict[str, int]:
    """How often this person gave each label in submitted pages; 0 where never. Gold is not
    counted."""
    latest = (
        Verdict.objects.filter(
            user=user,
            late=False,
            item__campaign=campaign,
            item__sheet__isnull=False,
            lease__ending=Lease.Ending.SUBMITTED,
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
    """Every item of a campaign in its order, with what its verdicts come to.

    That is the label they were settled as, or until then the latest that was not late; with the
    categories that most of those who agree with it named, and their notes. Read in parts, so that
    a large campaign needs little memory.
    """
    items = campaign.items.filter(sheet__isnull=False).select_related("instance", "settlement")
    remaining = items.order_by("position").iterator(chunk_size=_ITEMS_A_PART)
    while part := list(islice(remaining, _ITEMS_A_PART)):
        verdicts = _verdicts_on(part)
        yield from (_settled(item, verdicts[item.pk]) for item in part)


def _verdicts_on(items: Sequence[Item]) -> dict[int, list[Verdict]]:
    """The latest verdict of each person on each item, the oldest first."""
    latest = (
        Verdict.objects.filter(item__in=items)
        .order_by("item_id", "user_id", "-pk")
        .distinct("item_id", "user_id")
        .prefetch_related("categories")
    )
    found: dict[int, list[Verdict]] = {item.pk: [] for item in items}
    for verdict in sorted(latest, key=lambda verdict: verdict.pk):
        found[verdict.item_id].append(verdict)
    return found


def _settled(item: Item, verdicts: Sequence[Verdict]) -> SettledItem:
    label = _label(item, verdicts)
    agreeing = [verdict for verdict in verdicts if verdict.label == label]
    named = Counter(category.key for one in agreeing for category in one.categories.all())
    return SettledItem(
        item=item,
        page_number=item.sheet or 0,
        label=label,
        categories=tuple(key for key, count in named.items() if 2 * count >= len(agreeing)),
        note="; ".join(dict.fromkeys(verdict.note for verdict in agreeing if verdict.note)),
    )


def _label(item: Item, verdicts: Sequence[Verdict]) -> Label | None:
    settlement: Settlement | None = getattr(item, "settlement", None)
    if settlement is not None:
        return Label(settlement.label)
    in_time = [verdict for verdict in verdicts if not verdict.late]
    return Label(in_time[-1].label) if in_time else None


def unjudged_count(campaign: Campaign) -> int:
    """How many items have no verdict that counts."""
    judged = Verdict.objects.filter(item=OuterRef("pk"), late=False)
    return campaign.items.filter(~Exists(judged), sheet__isnull=False).count()


def campaign_times(campaign: Campaign) -> CampaignTimes:
    """When work on a campaign began, and when its last page was submitted if all are."""
    pages = campaign.pages.exclude(kind=Page.Kind.TRAINING)
    begun = Lease.objects.filter(page__in=pages).aggregate(at=Min("leased_at"))["at"]
    if pages.filter(submitted_at__isnull=True).exists():
        return CampaignTimes(begun, None)
    return CampaignTimes(begun, pages.aggregate(at=Max("submitted_at"))["at"])
