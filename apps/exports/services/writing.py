"""Write the results of campaigns, piece by piece, so that a large one needs little memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from apps.campaigns.models import Campaign, Item
from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.descriptions import describe_error
from apps.exports.domain.records import GridTimes, SynapseRecord, WalkPlace
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
    records = (
        _indented(_record(campaign, settled, target).as_json(), 2)
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


def _record(campaign: Campaign, settled: SettledItem, target: Grid) -> SynapseRecord:
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
        walk=_walk_place(settled.item),
    )


def _walk_place(item: Item) -> WalkPlace | None:
    if item.section is None or item.traversal is None:
        return None
    return WalkPlace(item.section.neuron.root_id, item.section.number, item.traversal)
