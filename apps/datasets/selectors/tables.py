"""Reads of datasets: their tables, volumes, and what a cutout is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apps.core.errors import InvalidInputError, NotFoundError
from apps.core.rows import rows_of
from apps.datasets.domain import CutoutRequest, VolumeRef, convert_point
from apps.datasets.domain.layouts import ADDED, ADDED_REACH_NM
from apps.datasets.models import Dataset, Instance, Secret, SynapseTable, Volume
from apps.voxels.geometry import Point


def get_table(table_id: int) -> SynapseTable:
    """A synapse table with its dataset.

    Raises InvalidInputError naming the field.
    """
    table = SynapseTable.objects.select_related("dataset").filter(pk=table_id).first()
    if table is None:
        raise InvalidInputError(f"table: there is no synapse table {table_id}.", field="table")
    return table


def find_table(dataset_name: str, table_name: str | None = None) -> SynapseTable:
    """The latest version of a dataset's table; without a name, of its only table
    that was loaded from somewhere.

    Raises NotFoundError, and InvalidInputError where a name is needed.
    """
    dataset = Dataset.objects.filter(name=dataset_name).first()
    if dataset is None:
        raise NotFoundError(f"dataset: there is no dataset {dataset_name!r}.", field="dataset")
    tables = SynapseTable.objects.select_related("dataset").filter(dataset=dataset)
    if table_name is None:
        tables = tables.exclude(layout=ADDED)
    names = sorted(set(tables.values_list("name", flat=True)))
    if table_name is None and len(names) > 1:
        raise InvalidInputError(
            f"table: the dataset {dataset_name!r} has the tables {', '.join(names)}; name one.",
            field="table",
        )
    chosen = tables if table_name is None else tables.filter(name=table_name)
    latest = chosen.order_by("-version").first()
    if latest is None:
        raise NotFoundError(
            f"table: the dataset {dataset_name!r} has no table {table_name!r}, "
            f"but {', '.join(names)}.",
            field="table",
        )
    return latest


def latest_tables() -> list[SynapseTable]:
    """The latest version of each table of each dataset, by name."""
    tables = SynapseTable.objects.select_related("dataset")
    latest = tables.order_by("dataset__name", "name", "-version").distinct("dataset__name", "name")
    return list(latest)


def volumes_of(dataset_id: int) -> dict[str, VolumeRef]:
    """The volumes of a dataset by kind: image, cleft and, where there is one, neuron."""
    found = rows_of(Volume, "WHERE dataset_id = %s", [dataset_id])
    ids = [volume.secret_id for volume in found if volume.secret_id is not None]
    secrets = dict(Secret.objects.filter(pk__in=ids).values_list("pk", "version")) if ids else {}
    return {volume.kind: _ref(volume, secrets) for volume in found}


def cutout_requests(
    table: SynapseTable, instances: Iterable[Instance], crop: Point
) -> list[CutoutRequest]:
    """One request an instance, in the same order. `crop` is in voxels of the cleft volume. What was
    added has no mask but one that lies at it."""
    volumes = volumes_of(table.dataset_id)
    image, mask = volumes[Volume.Kind.IMAGE], volumes[Volume.Kind.CLEFT]

    def in_mask(point: Point) -> Point:
        return convert_point(point, table.resolution, mask.grid.resolution)

    return [
        CutoutRequest(
            image=image,
            mask=mask,
            centre=in_mask(instance.center),
            crop=crop,
            pre_pt=instance.pre_pt and in_mask(instance.pre_pt),
            post_pt=instance.post_pt and in_mask(instance.post_pt),
            reach_nm=ADDED_REACH_NM if table.layout == ADDED else None,
        )
        for instance in instances
    ]


def _ref(volume: Volume, versions: Mapping[int, int]) -> VolumeRef:
    number = volume.secret_id
    secret = None if number is None else (number, versions[number])
    return VolumeRef(
        address=volume.address,
        mip=volume.mip,
        axis_order=volume.axis_order,
        version=volume.version,
        is_sparse=volume.is_sparse,
        refused_is_absent=volume.refused_is_absent,
        grid=volume.grid,
        secret=secret,
    )
