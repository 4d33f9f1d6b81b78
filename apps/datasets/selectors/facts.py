"""What a table says of one of its instances, for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.datasets.domain.column_blocks import Value
from apps.datasets.domain.viewer_state import Triple, middle_nm
from apps.datasets.models import Instance, SynapseTable
from apps.datasets.selectors.own_columns import other_values
from apps.voxels.geometry import Box, Point


@dataclass(frozen=True)
class Spot:
    """A voxel of the table, and its middle in nm; x, y, z."""

    voxel: Point
    nm: Triple


@dataclass(frozen=True)
class Column:
    """What stands in a column of the table's own; `value` is None where the row has none.

    Whole numbers of 64 bits are text. `title` is the column's name where there is no other word.
    """

    name: str
    title: str
    value: Value


@dataclass(frozen=True)
class Facts:
    """An instance as its table has it. `box` is in voxels of the table, half-open; its edges in
    nm are `lo_nm` and `hi_nm`."""

    center: Spot
    pre_pt: Spot | None
    post_pt: Spot | None
    box: Box
    lo_nm: Triple
    hi_nm: Triple
    pre_root_id: int | None
    post_root_id: int | None


def facts_of(instance: Instance, table: SynapseTable) -> Facts:
    """Where an instance lies, and between which neurons."""
    size = table.resolution
    lo = Point(instance.box_lo_x, instance.box_lo_y, instance.box_lo_z)
    hi = Point(instance.box_hi_x, instance.box_hi_y, instance.box_hi_z)

    def spot(point: Point) -> Spot:
        return Spot(point, middle_nm(point, size))

    def edges_nm(point: Point) -> Triple:
        x, y, z = (at * nm for at, nm in zip(point, size, strict=True))
        return (x, y, z)

    pre, post = instance.pre_pt, instance.post_pt
    return Facts(
        center=spot(instance.center),
        pre_pt=spot(pre) if pre else None,
        post_pt=spot(post) if post else None,
        box=Box(lo, hi),
        lo_nm=edges_nm(lo),
        hi_nm=edges_nm(hi),
        pre_root_id=instance.pre_root_id,
        post_root_id=instance.post_root_id,
    )


def own_columns(instances: Sequence[Instance], table: SynapseTable) -> list[list[Column]]:
    """What else is kept of each instance's row, under the names of the table's columns: its id, the
    score and the size, where the table has them, and then the others in their order."""
    others = other_values(instances, table)
    nothing = [None] * len(table.own_columns)
    return [
        [
            *_numbers_of(one, table),
            *(
                Column(name, name, value)
                for name, value in zip(table.own_columns, others.get(one.pk, nothing), strict=True)
            ),
        ]
        for one in instances
    ]


def _numbers_of(instance: Instance, table: SynapseTable) -> list[Column]:
    names = table.mapping
    score = None if instance.score is None else f"{instance.score:.10g}"
    size = None if instance.size is None else str(instance.size)
    columns = [
        Column(names.get("id", "row"), "Id in the table", str(instance.source_id)),
        Column(names.get("score", "score"), "Score", score),
        Column(names.get("size", "size"), "Size", size),
    ]
    return [one for one in columns if one.value is not None or one.title.lower() in names]
