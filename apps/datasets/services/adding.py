"""Tables to which people add synapses one by one."""

from __future__ import annotations

from django.db.models import F

from apps.datasets.domain.layouts import ADDED
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.services.resolutions import resolution_columns
from apps.voxels.geometry import Box, Point, Resolution

_LONGEST_NAME = 200


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


def add_instance(
    table: SynapseTable,
    center: Point,
    place: int,
    box: Box,
    pre_pt: Point | None = None,
    post_pt: Point | None = None,
) -> Instance:
    """Add a synapse to such a table: in its voxels, `box` half-open and with the centre and the
    points in it. Its source id is its number, from 0.

    Within a transaction: the table's row stays locked until it ends, so no two get one number.
    """
    SynapseTable.objects.filter(pk=table.pk).update(row_count=F("row_count") + 1)
    table.refresh_from_db(fields=["row_count"])
    places = {"center": center, "pre": pre_pt, "post": post_pt, "box_lo": box.lo, "box_hi": box.hi}
    columns = {
        f"{name}_{axis}": getattr(point, axis)
        for name, point in places.items()
        if point is not None
        for axis in "xyz"
    }
    return Instance.objects.create(
        table=table, source_id=table.row_count - 1, place=place, **columns
    )


def withdraw_instance(instance: Instance) -> None:
    """Nothing selects it any more; it stays, for whatever refers to it. Within a transaction, once
    for each."""
    table = SynapseTable.objects.select_for_update(no_key=True).get(pk=instance.table_id)
    table.withdrawn = [*table.withdrawn, instance.source_id]
    table.save(update_fields=["withdrawn"])
