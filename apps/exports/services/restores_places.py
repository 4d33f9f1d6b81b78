"""What a restored file said of its records and the campaign has no place for: kept, and found again
when the campaign is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import Max

from apps.campaigns.models import Campaign
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.reading import FileRecord
from apps.exports.domain.records import (
    NO_WALK,
    NOT_CATEGORIZED,
    GridTimes,
    WalkPlace,
    cutout_of,
)
from apps.exports.models import RestoredPlace, RestoredTimes
from apps.revision.models import AddedSynapse
from apps.revision.selectors import Outcome

_BATCH = 2_000
Cutout = Mapping[str, Any]


def keep_places(
    campaign: Campaign,
    items: Iterable[tuple[FileRecord, int]],
    added: Iterable[tuple[FileRecord, AddedSynapse]],
) -> None:
    """Keep where on a walk the items lie, by their ids, and their cutouts where they are not those
    of the campaign; of what was added its page and number as well."""
    bounds = volumes_of(campaign.table.dataset_id)[Volume.Kind.CLEFT].grid.bounds

    def other_cutout(one: FileRecord) -> Cutout | None:
        own = cutout_of(one.center, campaign.crop, bounds)
        return None if one.cutout == own else one.cutout

    rows = [
        _row(campaign, one, cutout, item_id=pk)
        for one, pk in items
        if (cutout := other_cutout(one)) is not None or one.walk != NO_WALK
    ]
    rows += [_row(campaign, one, other_cutout(one), added_id=kept.pk) for one, kept in added]
    RestoredPlace.objects.bulk_create(rows, batch_size=_BATCH)


def keep_times(campaign: Campaign, times: GridTimes) -> None:
    """Keep when a file says that its errors were categorized, if it does."""
    if times.categorized != NOT_CATEGORIZED:
        RestoredTimes.objects.create(campaign=campaign, categorized=[*times.categorized])


def categorized_in(campaign: Campaign) -> tuple[str | None, ...]:
    """What was kept of that."""
    kept = RestoredTimes.objects.filter(campaign=campaign).first()
    return NOT_CATEGORIZED if kept is None else tuple(kept.categorized)


def _row(
    campaign: Campaign,
    one: FileRecord,
    cutout: Cutout | None,
    *,
    item_id: int | None = None,
    added_id: int | None = None,
) -> RestoredPlace:
    return RestoredPlace(
        campaign=campaign,
        item_id=item_id,
        added_id=added_id,
        page=one.page,
        index=one.index,
        neuron_id=one.walk.neuron_id,
        section_index=one.walk.section,
        tree_traversal_index=one.walk.traversal,
        cutout=cutout,
    )


def walk_of(place: RestoredPlace) -> WalkPlace:
    return WalkPlace(place.neuron_id, place.section_index, place.tree_traversal_index)


def last_index(campaign: Campaign) -> int:
    """The largest Image_Index that was kept; −1 where none was."""
    last = RestoredPlace.objects.filter(campaign=campaign).aggregate(last=Max("index"))["last"]
    return -1 if last is None else int(last)


def indexes_of(campaign: Campaign, outcomes: Sequence[Outcome]) -> dict[int | None, int]:
    """The Image_Index that was kept of what was added, by the ids of the added synapses."""
    added = [one.added for one in outcomes if one.added is not None]
    if not added:
        return {}
    rows = RestoredPlace.objects.filter(campaign=campaign, added__in=added)
    return dict(rows.values_list("added_id", "index"))


class Places:
    """The kept places of a campaign, read for some thousands of outcomes at a time; a campaign that
    has none is asked once."""

    def __init__(self, campaign: Campaign) -> None:
        self._rows = RestoredPlace.objects.filter(campaign=campaign)
        self._has_some = self._rows.exists()

    def beside(self, outcomes: Iterable[Outcome]) -> Iterator[tuple[Outcome, RestoredPlace | None]]:
        """Each outcome, with what was kept of it."""
        if not self._has_some:
            yield from ((one, None) for one in outcomes)
            return
        left = iter(outcomes)
        while batch := list(islice(left, _BATCH)):
            found = self.of(batch)
            yield from zip(batch, found, strict=True)

    def of(self, outcomes: Sequence[Outcome]) -> list[RestoredPlace | None]:
        """What was kept of each; None where nothing was."""
        if not self._has_some:
            return [None] * len(outcomes)
        items = [one.item.pk for one in outcomes if one.item is not None]
        added = [one.added for one in outcomes if one.added is not None]
        of_item = {one.item_id: one for one in self._rows.filter(item__in=items)}
        of_added = {one.added_id: one for one in self._rows.filter(added__in=added)}
        return [
            of_added.get(one.added) if one.item is None else of_item.get(one.item.pk)
            for one in outcomes
        ]
