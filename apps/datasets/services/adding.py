"""Tables to which people add synapses one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import F

from apps.datasets.domain.layouts import ADDED
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.services.resolutions import resolution_columns
from apps.voxels.geometry import Box, Point, Resolution

_LONGEST_NAME = 200
_BATCH = 1_000


def create_table_to_add_to(
    dataset: Dataset, name: str, resolution: Resolution, *, told: str
) -> SynapseTable:
    """A table without rows, whose coordinates are voxels of `resolution` nm.

    `told` goes into the name where the dataset has a table of this name already.
    """
    name = name[:_LONGEST_NAME]
    if dataset.tables.filter(name=name).exists():
        name = f"{name[: _LONGEST_NAME - len(told) - 3]} ({told})"
    return SynapseTable.objects.create(
        dataset=dataset,
        name=name,
        source="added by people",
        row_count=0,
        layout=ADDED,
        **resolution_columns(resolution),
    )


class NewInstance(NamedTuple):
    """A synapse in voxels of its table: `box` is half-open, with the centre and the points in it,
    `place` that of the centre in Z-order."""

    center: Point
    place: int
    box: Box
    pre_pt: Point | None = None
    post_pt: Point | None = None


def add_instance(
    table: SynapseTable,
    center: Point,
    place: int,
    box: Box,
    pre_pt: Point | None = None,
    post_pt: Point | None = None,
) -> Instance:
    """Add a synapse to such a table, see `NewInstance`. Its source id is its number, from 0.

    Within a transaction: the table's row stays locked until it ends, so no two get one number.
    """
    [instance] = add_instances(table, [NewInstance(center, place, box, pre_pt, post_pt)])
    return instance


def add_instances(table: SynapseTable, new: Sequence[NewInstance]) -> list[Instance]:
    """The same for many, which are numbered in their order."""
    SynapseTable.objects.filter(pk=table.pk).update(row_count=F("row_count") + len(new))
    table.refresh_from_db(fields=["row_count"])
    first = table.row_count - len(new)
    return Instance.objects.bulk_create(
        (
            Instance(table=table, source_id=number, place=one.place, **_columns(one))
            for number, one in enumerate(new, first)
        ),
        batch_size=_BATCH,
    )


def _columns(new: NewInstance) -> dict[str, int]:
    box = new.box
    points = {"center": new.center, "pre": new.pre_pt, "post": new.post_pt}
    places = points | {"box_lo": box.lo, "box_hi": box.hi}
    return {
        f"{name}_{axis}": getattr(point, axis)
        for name, point in places.items()
        if point is not None
        for axis in "xyz"
    }


def withdraw_instance(instance: Instance) -> None:
    """Nothing selects it any more; it stays, for whatever refers to it. Within a transaction, once
    for each."""
    table = SynapseTable.objects.select_for_update(no_key=True).get(pk=instance.table_id)
    table.withdrawn = [*table.withdrawn, instance.source_id]
    table.save(update_fields=["withdrawn"])
