"""Find the instances that the records of a SynAnno file speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.core.errors import InvalidInputError
from apps.datasets.domain import convert_point
from apps.datasets.models import Instance, SynapseTable, Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.reading import FileRecord
from apps.exports.services.restores_elsewhere import other_volume
from apps.voxels.geometry import Point


@dataclass(frozen=True)
class _Known:
    """An instance of the table; points in voxels of the cleft volume."""

    instance_id: int
    source_id: int
    pre_pt: Point | None
    post_pt: Point | None

    def fits(self, record: FileRecord) -> bool:
        if record.source_id is None:
            return self.has_points_of(record)
        return record.source_id == self.source_id

    def has_points_of(self, record: FileRecord) -> bool:
        return (self.pre_pt, self.post_pt) == (record.pre_pt, record.post_pt)


@dataclass(frozen=True)
class Matched:
    """`instances`: the id of the instance of each record, by the record's number. `moved`: how many
    records have other points than the table."""

    instances: Mapping[int, int]
    moved: int = 0


def match_instances(table: SynapseTable, records: Sequence[FileRecord], file_name: str) -> Matched:
    """The instances of records.

    An instance fits a record if centre and materialization_index agree: points may have been mended
    before the file was written. Where the index is −1 the points must agree instead. Where several
    fit, the one whose source id is the Image_Index comes first, then the order of the table
    decides. Raises InvalidInputError naming the first record without one.
    """
    known = _known_at(table, {record.center for record in records})
    matched: dict[int, int] = {}
    used: dict[int, FileRecord] = {}
    moved = 0
    for record in records:
        fitting = [one for one in known[record.center] if one.fits(record)]
        free = [one for one in fitting if one.instance_id not in used]
        if not free:
            earlier = used[fitting[0].instance_id] if fitting else None
            raise _no_instance(table, record, file_name, known, earlier)
        best = min(free, key=lambda one: (one.source_id != record.index, one.source_id))
        used[best.instance_id] = record
        matched[record.number] = best.instance_id
        moved += not best.has_points_of(record)
    return Matched(matched, moved)


def _known_at(table: SynapseTable, centers: set[Point]) -> Mapping[Point, list[_Known]]:
    target = volumes_of(table.dataset_id)[Volume.Kind.CLEFT].grid.resolution

    def in_target(point: Point | None) -> Point | None:
        return point and convert_point(point, table.resolution, target)

    known: dict[Point, list[_Known]] = defaultdict(list)
    for instance in Instance.objects.filter(table=table).iterator(chunk_size=5_000):
        center = convert_point(instance.center, table.resolution, target)
        if center in centers:
            points = in_target(instance.pre_pt), in_target(instance.post_pt)
            known[center].append(_Known(instance.pk, instance.source_id, *points))
    return known


def _no_instance(
    table: SynapseTable,
    record: FileRecord,
    file_name: str,
    known: Mapping[Point, list[_Known]],
    earlier: FileRecord | None,
) -> InvalidInputError:
    where = f"file: {file_name}, {record.where}"
    center = tuple(record.center)
    if earlier is not None:
        sentence = f"{where}: it is the synapse of record {earlier.number} again."
    elif not known[record.center]:
        sentence = f"{where}: the table {table.name!r} has no synapse centred at {center}."
        if (hint := other_volume(table.dataset, [record.center])) is not None:
            sentence += f" {hint}"
    else:
        other = "other points" if record.source_id is None else "another materialization_index"
        sentence = (
            f"{where}: the table {table.name!r} has a synapse centred at {center}, but with "
            f"{other}."
        )
    return InvalidInputError(sentence, field="file")
