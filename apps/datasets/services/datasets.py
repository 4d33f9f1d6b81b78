"""Create datasets from precomputed volumes and a synapse table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InvalidInputError
from apps.datasets.domain import IMAGE_DTYPES, LABEL_DTYPES, SynapseRow, VolumeFacts
from apps.datasets.gateways.tables import TableError, read_csv_table
from apps.datasets.gateways.volumes import check_address, inspect_volume
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AXES, Box, GeometryError, Point, Resolution
from apps.voxels.morton import morton_codes

_BATCH = 5_000
_FINEST_NM, _COARSEST_NM = 0.01, 1e6
_LONGEST_SOURCE = 2000


@dataclass(frozen=True)
class VolumeInput:
    """A volume as a person names it.

    `resolution` (nm; x, y, z) replaces what the volume's info says; None takes the info's word.
    Of a sparse volume (never an image), chunks that are not stored are background.
    """

    kind: Volume.Kind
    address: str
    mip: int = 0
    axis_order: str = "xyz"
    resolution: Sequence[float] | None = None
    is_sparse: bool = False


def create_dataset(
    name: str,
    volumes: Sequence[VolumeInput],
    table: Path,
    *,
    table_resolution: Sequence[float] | None = None,
    created_by: User | None = None,
) -> SynapseTable:
    """Create a dataset with its volumes and the first version of its synapse table.

    All or nothing. Raises InvalidInputError naming the field that is at fault.
    """
    name = _checked_name(name)
    _check_kinds([volume.kind for volume in volumes])
    facts = {volume.kind: (volume, _inspect(volume)) for volume in volumes}
    image, target = facts[Volume.Kind.IMAGE][1].grid, facts[Volume.Kind.CLEFT][1].grid
    resolution = _resolution("table_resolution", table_resolution) or target.resolution
    with transaction.atomic():
        dataset = _create_row(name, created_by)
        for given, fact in facts.values():
            _store_volume(dataset, given, fact)
        rows = _inside(read_csv_table(table), resolution, target, image)
        return _store_table(dataset, table, resolution, rows)


def relocate_volumes(dataset: Dataset, addresses: Mapping[str, str]) -> None:
    """Note that the same volumes, unchanged, now lie at other addresses; `addresses` by kind."""
    for kind, address in addresses.items():
        dataset.volumes.filter(kind=kind).update(address=check_address(address, kind))


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 200:
        raise InvalidInputError("name: give between 1 and 200 characters.", field="name")
    if Dataset.objects.filter(name=name).exists():
        raise _taken(name)
    return name


def _create_row(name: str, created_by: User | None) -> Dataset:
    """Take the name; somebody else may do so at the same moment."""
    defaults = {"created_by": created_by}
    dataset, is_new = Dataset.objects.get_or_create(name=name, defaults=defaults)
    if not is_new:
        raise _taken(name)
    return dataset


def _taken(name: str) -> InvalidInputError:
    return InvalidInputError(f"name: there is a dataset {name!r} already.", field="name")


def _check_kinds(kinds: Sequence[Volume.Kind]) -> None:
    for needed in (Volume.Kind.IMAGE, Volume.Kind.CLEFT):
        if needed not in kinds:
            raise InvalidInputError(f"{needed}: a dataset needs this volume.", field=needed)
    for kind in Volume.Kind:
        if kinds.count(kind) > 1:
            raise InvalidInputError(f"{kind}: this volume is given twice.", field=kind)


def _resolution(field: str, values: Sequence[float] | None) -> Resolution | None:
    if values is None:
        return None
    if len(values) != 3:
        raise InvalidInputError(f"{field}: give three numbers, for x, y and z.", field=field)
    try:
        resolution = Resolution(*values)
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {error}.", field=field) from error
    _check_resolution(field, resolution)
    return resolution


def _check_resolution(field: str, resolution: Resolution) -> None:
    """Refuse voxel sizes that no microscope makes, before they become absurd numbers of voxels."""
    for axis, size in zip(AXES, resolution, strict=True):
        if not _FINEST_NM <= size <= _COARSEST_NM:
            raise InvalidInputError(
                f"{field}: the resolution along {axis} is {size:g} nm; it must be between "
                f"{_FINEST_NM:g} and {_COARSEST_NM:g}.",
                field=field,
            )


def _inspect(volume: VolumeInput) -> VolumeFacts:
    field = volume.kind.value
    resolution = _resolution(f"{field}_resolution", volume.resolution)
    if volume.is_sparse and volume.kind == Volume.Kind.IMAGE:
        raise InvalidInputError(f"{field}: an image cannot be sparse.", field=field)
    _check_root(volume.address, field)
    facts = inspect_volume(
        volume.address,
        mip=volume.mip,
        axis_order=volume.axis_order,
        field=field,
        timeout_s=settings.ENVIRONMENT.read_timeout_s,
    )
    allowed = IMAGE_DTYPES if volume.kind == Volume.Kind.IMAGE else LABEL_DTYPES
    if facts.dtype not in allowed or facts.channels != 1:
        raise InvalidInputError(
            f"{field}: {volume.address} holds {_channels(facts)} of {facts.dtype}; "
            f"it must hold one of {', '.join(allowed)}.",
            field=field,
        )
    if resolution is None:
        _check_resolution(field, facts.grid.resolution)
        return facts
    return VolumeFacts(
        Grid(resolution, facts.grid.bounds), facts.dtype, facts.channels, facts.version
    )


def _channels(facts: VolumeFacts) -> str:
    return "1 channel" if facts.channels == 1 else f"{facts.channels} channels"


def _check_root(address: str, field: str) -> None:
    """Refuse files outside SYNANNO_VOLUME_ROOTS, links followed, where that is set."""
    roots = settings.ENVIRONMENT.volume_roots
    bare = check_address(address, field)
    if not roots or not bare.startswith("file://"):
        return
    folder = Path(bare.removeprefix("file://")).resolve()
    if not any(folder.is_relative_to(root) for root in roots):
        raise InvalidInputError(
            f"{field}: {address} lies outside the folders of SYNANNO_VOLUME_ROOTS.", field=field
        )


def _store_volume(dataset: Dataset, given: VolumeInput, facts: VolumeFacts) -> None:
    places = {
        f"{edge}_{axis}": value
        for edge, point in (("lo", facts.grid.bounds.lo), ("hi", facts.grid.bounds.hi))
        for axis, value in zip(AXES, point, strict=True)
    }
    Volume.objects.create(
        dataset=dataset,
        kind=given.kind,
        address=check_address(given.address, given.kind.value),
        mip=given.mip,
        axis_order=given.axis_order,
        dtype=facts.dtype,
        is_sparse=given.is_sparse,
        version=facts.version,
        **places,
        **_resolution_columns(facts.grid.resolution),
    )


def _resolution_columns(resolution: Resolution) -> dict[str, float]:
    return {f"resolution_{axis}": size for axis, size in zip(AXES, resolution, strict=True)}


def _inside(
    rows: Iterable[SynapseRow], table: Resolution, target: Grid, image: Grid
) -> Iterable[SynapseRow]:
    """The rows, refusing the first with a point outside the clefts or its centre off the image."""
    in_target = table.scale_to(target.resolution)
    in_image = table.scale_to(image.resolution)
    for row in rows:
        points = {"x, y, z": row.center, "pre_pt": row.pre_pt, "post_pt": row.post_pt}
        for column, point in points.items():
            if point is not None:
                _check_place(row, column, point, in_target, target.bounds, "cleft")
        _check_place(row, "x, y, z", row.center, in_image, image.bounds, "image")
        yield row


def _check_place(
    row: SynapseRow,
    column: str,
    point: Point,
    scale: tuple[float, float, float],
    bounds: Box,
    volume: str,
) -> None:
    if not bounds.contains([(at + 0.5) * s for at, s in zip(point, scale, strict=True)]):
        raise TableError(
            f"table: {row.where}, {column} {tuple(point)} lies outside the {volume} volume, "
            f"which spans {_span(bounds.lo, scale)} to {_span(bounds.hi, scale)} in voxels of "
            "the table.",
            field="table",
        )


def _span(edge: Point, scale: tuple[float, float, float]) -> tuple[float, ...]:
    """A corner of a volume in voxels of the table, as it is told to people."""
    return tuple(
        round(at / s, 1) if at % s else int(at / s) for at, s in zip(edge, scale, strict=True)
    )


def _store_table(
    dataset: Dataset, path: Path, resolution: Resolution, rows: Iterable[SynapseRow]
) -> SynapseTable:
    table = SynapseTable.objects.create(
        dataset=dataset,
        name=path.stem[:200],
        source=os.fsencode(path).decode(errors="replace")[-_LONGEST_SOURCE:],
        row_count=0,
        **_resolution_columns(resolution),
    )
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        places = morton_codes(np.array([row.center for row in batch], dtype=np.int64))
        Instance.objects.bulk_create(
            _instance(table, row, place) for row, place in zip(batch, places.tolist(), strict=True)
        )
        table.row_count += len(batch)
    table.save(update_fields=["row_count"])
    return table


def _instance(table: SynapseTable, row: SynapseRow, place: int) -> Instance:
    return Instance(
        table=table,
        place=place,
        source_id=row.source_id,
        **_axes("center", row.center),
        **_axes("pre", row.pre_pt),
        **_axes("post", row.post_pt),
        **_axes("box_lo", row.box.lo),
        **_axes("box_hi", row.box.hi),
        pre_root_id=row.pre_root_id,
        post_root_id=row.post_root_id,
    )


def _axes(prefix: str, point: Point | None) -> dict[str, int | None]:
    values = point if point is not None else (None, None, None)
    return {f"{prefix}_{axis}": value for axis, value in zip(AXES, values, strict=True)}
