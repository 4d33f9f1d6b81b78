"""Write the results of campaigns, piece by piece, so that a large one needs little memory."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from apps.campaigns.models import Campaign, Item
from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.descriptions import describe_error
from apps.exports.domain.records import VOLUME_MODE, GridTimes, SynapseRecord, WalkPlace
from apps.proofreading.domain import DEFAULT_LABEL
from apps.proofreading.selectors import SettledItem, campaign_times, settled_items
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Point

_RECORDS_A_PIECE = 200
_INDENT = 4  # as SynAnno writes it


def synanno_pieces(campaign: Campaign, *, leave_out_discarded: bool = False) -> Iterator[str]:
    """The campaign as SynAnno's JSON, in pieces to be joined.

    An instance that nobody has judged yet has SynAnno's starting label, correct. False positives
    that were discarded are in it like others, or are left out.
    """
    times = campaign_times(campaign)
    target = volumes_of(campaign.table.dataset_id)[Volume.Kind.CLEFT].grid
    head = _indented(GridTimes(times.started_at, times.finished_at).as_json(), 1)
    yield f'{{\n{" " * _INDENT}"Proofread Time": {head.lstrip()},\n{" " * _INDENT}"Metadata": ['
    neurons = _Neurons(campaign)
    records = (
        _indented(_record(campaign, settled, target, neurons).as_json(), 2)
        for settled in settled_items(campaign)
        if not (leave_out_discarded and settled.is_discarded)
    )
    first = next(records, None)
    if first is None:
        yield "]\n}"
        return
    yield f"\n{first}"
    while piece := "".join(f",\n{record}" for record in islice(records, _RECORDS_A_PIECE)):
        yield piece
    yield f"\n{' ' * _INDENT}]\n}}"


def _indented(value: object, level: int) -> str:
    """A value as it stands in the file, `level` steps in; strings in JSON hold no line breaks."""
    margin = " " * _INDENT * level
    return margin + json.dumps(value, indent=_INDENT).replace("\n", f"\n{margin}")


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


def _record(
    campaign: Campaign, settled: SettledItem, target: Grid, neurons: _Neurons
) -> SynapseRecord:
    instance = settled.item.instance

    def in_target(point: Point) -> Point:
        return convert_point(point, campaign.table.resolution, target.resolution)

    return SynapseRecord(
        page=settled.page_number,
        index=settled.item.position,
        source_id=instance.source_id,
        label=(settled.label or DEFAULT_LABEL).value,
        error_description=describe_error(settled.categories, settled.note),
        center=in_target(instance.center),
        pre_pt=instance.pre_pt and in_target(instance.pre_pt),
        post_pt=instance.post_pt and in_target(instance.post_pt),
        crop=campaign.crop,
        bounds=target.bounds,
        walk=_walk_place(settled.item, neurons),
    )


def _walk_place(item: Item, neurons: _Neurons) -> WalkPlace | None:
    if item.section is None or item.traversal is None:
        root_id = None if item.sheet is None else neurons.of_sheet(item.sheet)
        return None if root_id is None else WalkPlace(root_id, VOLUME_MODE, VOLUME_MODE)
    return WalkPlace(item.section.neuron.root_id, item.section.number, item.traversal)
