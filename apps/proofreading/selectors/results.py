"""What the verdicts of campaigns come to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Page
from apps.core.rows import rows_of
from apps.proofreading.domain import FALSE_POSITIVE, Label, kinds_of
from apps.proofreading.models import ErrorCategory, Settlement, Verdict, VerdictCategory
from apps.proofreading.selectors.discards import discarded_among, discarded_in
from apps.proofreading.selectors.votes import (
    counting_verdicts,
    latest_of_each,
    standing_verdicts,
)

_ITEMS_A_PART = 2_000


@dataclass(frozen=True)
class SettledItem:
    """An item with the verdict that counts; no label where nobody has judged it yet.

    It is discarded where it comes to be a false positive, and one of those whose votes say so has
    discarded it. `people` are the ids of those whose verdicts agree with the label, and
    `settlement` is None until the item is counted.
    """

    item: Item
    page_number: int
    label: Label | None
    categories: tuple[str, ...]
    note: str
    is_discarded: bool
    people: tuple[int, ...] = ()
    settlement: Settlement | None = None


@dataclass(frozen=True)
class CampaignTimes:
    """When the first page was taken and the last one submitted; None where that has not been."""

    started_at: datetime | None
    finished_at: datetime | None


def categories_of(campaign: Campaign) -> list[ErrorCategory]:
    """The error categories that a campaign offers, in their order."""
    offered = "WHERE campaign_id = %s AND retired_at IS NULL ORDER BY position"
    return rows_of(ErrorCategory, offered, [campaign.pk])


def label_counts(campaign: Campaign, user: User) -> dict[str, int]:
    """How often this person gave each label in submitted pages; 0 where never. Gold is counted as
    well, as in `my_pages`: else a label that is changed would tell whether it is of gold."""
    in_time = counting_verdicts().filter(user=user, late=False, item__campaign=campaign)
    latest = latest_of_each(in_time)
    counted = dict(
        Verdict.objects.filter(pk__in=latest.values("pk"))
        .values_list("label")
        .annotate(n=Count("pk"))
    )
    return {label.value: counted.get(label.value, 0) for label in Label}


def settled_items(campaign: Campaign) -> Iterator[SettledItem]:
    """Every item of a campaign in its order, with what its verdicts come to.

    That is the label they were settled as, with the notes of those who agree with it, and their
    categories by `kinds_of`. Where an expert decided, the expert's alone. Until an item is counted
    it is the latest label that was given in time. Read in parts, so that a large campaign needs
    little memory.
    """
    yield from _settled_of(campaign.items.filter(sheet__isnull=False))


def settled_items_among(items: QuerySet[Item]) -> Iterator[SettledItem]:
    """The same of some items, in the order of the campaign."""
    yield from _settled_of(items)


def to_revise(campaign: Campaign) -> Iterator[SettledItem]:
    """The items that somebody is to look at again, to mend what is wrong with them: those that
    came to be incorrect or unsure and are not discarded, in the order of the campaign."""
    wanted = (Label.INCORRECT, Label.UNSURE)
    for settled in settled_items(campaign):
        if settled.label in wanted and not settled.is_discarded:
            yield settled


def discarded_count(campaign: Campaign) -> int:
    """How many items of a campaign are discarded, as `SettledItem` says it; counted by the
    database."""
    return sum(found.count() for found in _discarded(campaign))


def discarded_item_ids(campaign: Campaign) -> set[int]:
    """The ids of the items of a campaign that are discarded, as `SettledItem` says it; found by the
    database."""
    return {
        item_id
        for found in _discarded(campaign)
        for item_id in found.values_list("item_id", flat=True)
    }


def _discarded(campaign: Campaign) -> list[QuerySet[Verdict, Any]]:
    """A row of each item that is discarded, in a few queries."""
    discarded = Verdict.objects.filter(pk__in=discarded_in(campaign))
    items = campaign.items.filter(sheet__isnull=False, pk__in=discarded.values("item"))
    if not items.exists():
        return []
    incorrect = items.filter(settlement__label=Label.INCORRECT)
    by_vote = incorrect.filter(settlement__by_expert=False)
    votes = latest_of_each(counting_verdicts().filter(item__in=by_vote))
    decisions = _decisions(latest_of_each(counting_verdicts().filter(item__in=incorrect)))
    open_ones = latest_of_each(standing_verdicts().filter(item__in=items, item__settlement=None))
    return [
        _discarded_by_vote(votes, discarded),
        _discarded_alone(decisions, discarded),
        _discarded_alone(open_ones, discarded),
    ]


def _decisions(votes: QuerySet[Verdict]) -> QuerySet[Verdict]:
    decided = Q(item__settlement__by_expert=True, lease__page__kind=Page.Kind.ADJUDICATION)
    return Verdict.objects.filter(decided, pk__in=votes.values("pk"))


def _discarded_by_vote(
    votes: QuerySet[Verdict], discarded: QuerySet[Verdict]
) -> QuerySet[Verdict, Any]:
    """Of items that votes say to be incorrect: `kinds_of` for the one kind."""
    agreeing = Verdict.objects.filter(pk__in=votes.values("pk"), label=Label.INCORRECT)
    counted = agreeing.values("item").annotate(
        naming=Count("pk", filter=Q(Exists(_named()))),
        false_positive=Count("pk", filter=Q(Exists(_named(category__key=FALSE_POSITIVE)))),
        discarded=Count("pk", filter=Q(pk__in=discarded.values("pk"))),
    )
    return counted.filter(naming__lt=2 * F("false_positive"), discarded__gt=0)


def _discarded_alone(
    verdicts: QuerySet[Verdict], discarded: QuerySet[Verdict]
) -> QuerySet[Verdict]:
    """Of items whose last verdict alone says what they are."""
    last = Verdict.objects.filter(pk__in=verdicts.values("pk")).order_by("item_id", "-pk")
    alone = Verdict.objects.filter(pk__in=last.distinct("item_id").values("pk"))
    false_positive = alone.filter(
        Exists(_named(category__key=FALSE_POSITIVE)), label=Label.INCORRECT
    )
    return false_positive.filter(pk__in=discarded.values("pk"))


def _named(**which: Any) -> QuerySet[VerdictCategory]:
    return VerdictCategory.objects.filter(verdict=OuterRef("pk"), **which)


def _settled_of(items: QuerySet[Item]) -> Iterator[SettledItem]:
    rows = items.select_related("instance", "settlement", "section__neuron").order_by("position")
    remaining = rows.iterator(chunk_size=_ITEMS_A_PART)
    while part := list(islice(remaining, _ITEMS_A_PART)):
        verdicts = _verdicts_on(part)
        discarded = discarded_among([one.pk for given in verdicts.values() for one in given])
        yield from (_settled(item, verdicts[item.pk], discarded) for item in part)


def _verdicts_on(items: Sequence[Item]) -> dict[int, list[Verdict]]:
    """The verdicts that say what an item is, the oldest first: of those that are counted the
    votes, of the others what stands so far."""
    counted = [item.pk for item in items if _settlement(item) is not None]
    others = [item.pk for item in items if _settlement(item) is None]
    verdicts = [
        *_latest(counting_verdicts().filter(item__in=counted)),
        *_latest(standing_verdicts().filter(item__in=others)),
    ]
    found: dict[int, list[Verdict]] = {item.pk: [] for item in items}
    for verdict in sorted(verdicts, key=lambda verdict: verdict.pk):
        found[verdict.item_id].append(verdict)
    return found


def _latest(verdicts: QuerySet[Verdict]) -> QuerySet[Verdict]:
    latest = latest_of_each(verdicts).annotate(page_kind=F("lease__page__kind"))
    return latest.prefetch_related("categories")


def _settled(item: Item, verdicts: Sequence[Verdict], discarded: Collection[int]) -> SettledItem:
    settlement = _settlement(item)
    if settlement is not None:
        label: Label | None = Label(settlement.label)
    else:
        verdicts = verdicts[-1:]
        label = Label(verdicts[0].label) if verdicts else None
    by_expert = settlement is not None and settlement.by_expert
    if by_expert:
        verdicts = [one for one in verdicts if _page_kind(one) == Page.Kind.ADJUDICATION][-1:]
    agreeing = [verdict for verdict in verdicts if verdict.label == label]
    named = [list(verdict.categories.all()) for verdict in agreeing]
    kinds = kinds_of(named, [kind for kinds in named for kind in kinds] if by_expert else None)
    keys = tuple(kind.key for kind in sorted(kinds, key=lambda kind: kind.position))
    is_false_positive = label == Label.INCORRECT and FALSE_POSITIVE in keys
    return SettledItem(
        item=item,
        page_number=item.sheet or 0,
        label=label,
        categories=keys,
        note="; ".join(dict.fromkeys(verdict.note for verdict in agreeing if verdict.note)),
        # Only what is a false positive by its person's own words can be discarded by them.
        is_discarded=is_false_positive and any(one.pk in discarded for one in agreeing),
        people=tuple(verdict.user_id for verdict in agreeing),
        settlement=settlement,
    )


def _page_kind(verdict: Verdict) -> str:
    """On which kind of page it was given: read with it, as two rows more a verdict cost as much as
    all else."""
    kind: str = verdict.page_kind  # type: ignore[attr-defined]  # annotated by `_latest`
    return kind


def _settlement(item: Item) -> Settlement | None:
    found: Settlement | None = getattr(item, "settlement", None)
    return found


def unjudged_count(campaign: Campaign) -> int:
    """How many items have neither been counted nor a label that stands so far."""
    standing = standing_verdicts().filter(item=OuterRef("pk"))
    items = campaign.items.filter(sheet__isnull=False, settlement__isnull=True)
    return items.filter(~Exists(standing)).count()


def campaign_times(campaign: Campaign) -> CampaignTimes:
    """When work on a campaign began, and when its last page was submitted if all are."""
    pages = campaign.pages.exclude(kind=Page.Kind.TRAINING)
    begun = Lease.objects.filter(page__in=pages).aggregate(at=Min("leased_at"))["at"]
    if pages.filter(submitted_at__isnull=True).exists():
        return CampaignTimes(begun, None)
    return CampaignTimes(begun, pages.aggregate(at=Max("submitted_at"))["at"])
