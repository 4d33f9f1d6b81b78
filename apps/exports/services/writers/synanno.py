"""Outcomes as SynAnno's JSON, as the original reads it and a restore does."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from django.db.models import Max

from apps.campaigns.models import Campaign, Item
from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.descriptions import FALSE_NEGATIVE, describe_error
from apps.exports.domain.records import VOLUME_MODE, GridTimes, SynapseRecord, WalkPlace
from apps.exports.gateways.part_files import lines_of, write_lines, write_text
from apps.exports.models import RestoredPlace
from apps.exports.services.restores_places import Places, categorized_in, last_index, walk_of
from apps.exports.services.writers.base import Wanted, Writer
from apps.proofreading.domain import DEFAULT_LABEL, Label
from apps.proofreading.selectors import campaign_times
from apps.revision.domain.outcomes import FinalState
from apps.revision.selectors import Outcome, PointOutcome
from apps.voxels.geometry import Point

_INDENT = 4  # as SynAnno writes it
_NOT_NUMBERED = -1
_NUMBER = " " * 3 * _INDENT + '"Image_Index": {},\n'
_LATER = _NUMBER.format(_NOT_NUMBERED)
_BY_THE_REVISER = {FinalState.MENDED, FinalState.FINE, FinalState.NO_SYNAPSE}
_FIRST_PAGE = 1


class SynAnnoWriter(Writer):
    """A record an instance. A part holds its records with a comma and a line end before each.

    What was added is numbered when the parts are joined, after the items; SynAnno calls it a "False
    Negative" of label incorrect, of no table and no neuron. What was added and then found to be no
    synapse is not in the file.
    """

    file_name = "synanno.json"
    growth = 1.1

    def __init__(self, wanted: Wanted) -> None:
        self._campaign = wanted.campaign
        self._records = Records(wanted.campaign)

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        write_text(path, "".join(self._records.texts_of(part)))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        write_lines(target, document(self._campaign, lines_of(parts)))


def document(campaign: Campaign, lines: Iterable[str]) -> Iterator[str]:
    """The whole file, from the lines of `Records.texts_of`."""
    times = campaign_times(campaign)
    told = GridTimes(times.started_at, times.finished_at, categorized_in(campaign))
    head = _indented(told.as_json(), 1)
    margin = " " * _INDENT
    yield f'{{\n{margin}"Proofread Time": {head.lstrip()},\n{margin}"Metadata": ['
    is_empty = True
    for line in _numbered(campaign, lines):
        yield line[1:] if is_empty else line  # no comma before the first
        is_empty = False
    yield "]\n}" if is_empty else f"\n{margin}]\n}}"


def _numbered(campaign: Campaign, lines: Iterable[str]) -> Iterator[str]:
    """The lines; in them what was added gets its number, after the items."""
    number: int | None = None
    for line in lines:
        if line != _LATER:
            yield line
            continue
        number = first_after_items(campaign) if number is None else number + 1
        yield _NUMBER.format(number)


def first_after_items(campaign: Campaign) -> int:
    """The Image_Index of the first synapse that was added."""
    placed = campaign.items.filter(sheet__isnull=False)
    last = placed.aggregate(last=Max("position"))["last"]
    return max(-1 if last is None else last, last_index(campaign)) + 1


def is_in_file(one: Outcome) -> bool:
    """Whether it has a record, and so an Image_Index."""
    return one.added is None or one.final.state is not FinalState.NO_SYNAPSE


def _indented(value: object, level: int) -> str:
    """A value as it stands in the file, `level` steps in; strings in JSON hold no line breaks."""
    margin = " " * _INDENT * level
    return margin + json.dumps(value, indent=_INDENT).replace("\n", f"\n{margin}")


class Records:
    """Makes SynAnno's records of the outcomes of a campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._target = volumes_of(campaign.table.dataset_id)[Volume.Kind.CLEFT].grid
        self._neurons = _Neurons(campaign)
        self._places = Places(campaign)

    def texts_of(self, part: Iterable[Outcome]) -> Iterator[str]:
        """Their records as they stand in the file, each after a comma and a line end."""
        for one, kept in self._places.beside(one for one in part if is_in_file(one)):
            yield f",\n{_indented(self._record(one, kept).as_json(), 2)}"

    def _record(self, one: Outcome, kept: RestoredPlace | None) -> SynapseRecord:
        """Of what was added and is not mended, the label is not said: it is a missed synapse.
        `kept` is what a restored file said of it."""
        is_missed = one.item is None
        index = _NOT_NUMBERED if one.item is None else one.item.position
        page = one.page_number or _FIRST_PAGE
        description = describe_error(one.final.categories, _note(one))
        return SynapseRecord(
            page=kept.page if is_missed and kept else page,
            index=kept.index if is_missed and kept else index,
            source_id=_NOT_NUMBERED if is_missed else one.instance.source_id,
            label=(Label.INCORRECT if is_missed else one.final.label or DEFAULT_LABEL).value,
            error_description=FALSE_NEGATIVE if is_missed else description,
            center=self._in_target(one.instance.center),
            pre_pt=self._point(one.pre),
            post_pt=self._point(one.post),
            crop=self._campaign.crop,
            bounds=self._target.bounds,
            walk=walk_of(kept) if kept else self._walk_place(one.item),
            cutout=kept.cutout if kept else None,
            annotated=bool(one.drawn),
            is_missed=is_missed,
        )

    def _walk_place(self, item: Item | None) -> WalkPlace | None:
        return None if item is None else _walk_place(item, self._neurons)

    def _point(self, point: PointOutcome | None) -> Point | None:
        return None if point is None else self._in_target(point.voxel)

    def _in_target(self, point: Point) -> Point:
        return convert_point(point, self._campaign.table.resolution, self._target.resolution)


def _note(one: Outcome) -> str:
    """Of whoever had the last word."""
    if one.revised is not None and one.final.state in _BY_THE_REVISER:
        return one.revised.note
    return one.judged.note


class _Neurons:
    """Whose synapses the sheets of a campaign along neurons hold: those of a neuron follow one
    another."""

    def __init__(self, campaign: Campaign) -> None:
        rows = campaign.neurons.values_list("first_sheet", "last_sheet", "root_id")
        self._rows = [
            (first, last, root_id)
            for first, last, root_id in rows.order_by("first_sheet")
            if first is not None and last is not None
        ]
        self._firsts = [first for first, _, _ in self._rows]

    def of_sheet(self, sheet: int) -> int | None:
        """The root id; None where the sheet is of no neuron."""
        at = bisect_right(self._firsts, sheet) - 1
        if at < 0:
            return None
        _, last, root_id = self._rows[at]
        return root_id if sheet <= last else None


def _walk_place(item: Item, neurons: _Neurons) -> WalkPlace | None:
    if item.section is None or item.traversal is None:
        root_id = None if item.sheet is None else neurons.of_sheet(item.sheet)
        return None if root_id is None else WalkPlace(root_id, VOLUME_MODE, VOLUME_MODE)
    return WalkPlace(item.section.neuron.root_id, item.section.number, item.traversal)
