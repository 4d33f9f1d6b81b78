"""Create datasets from precomputed volumes and a synapse table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InvalidInputError
from apps.datasets.domain import IMAGE_DTYPES, LABEL_DTYPES, VolumeFacts
from apps.datasets.domain.secrets import check_opens
from apps.datasets.gateways.volumes import check_address, check_place, inspect_volume
from apps.datasets.models import Dataset, Secret, SynapseTable, Volume
from apps.datasets.services.resolutions import (
    check_resolution,
    given_resolution,
    resolution_columns,
)
from apps.datasets.services.secrets import credentials_of
from apps.datasets.services.tables import (
    Progress,
    TableInput,
    load_table,
    on_this_machine,
    say_nothing,
)
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AXES

NEEDED_KINDS = (Volume.Kind.IMAGE, Volume.Kind.CLEFT)


@dataclass(frozen=True)
class VolumeInput:
    """A volume as a person names it.

    `resolution` (nm; x, y, z) replaces what the volume's info says; None takes the info's word.
    Of a sparse volume (never an image), chunks that are not stored are background; with
    `refused_is_absent` those that its server refuses are among them. Who names a `secret` must be
    one who may (selectors/secrets.py).
    """

    kind: Volume.Kind
    address: str
    mip: int = 0
    axis_order: str = "xyz"
    resolution: Sequence[float] | None = None
    is_sparse: bool = False
    refused_is_absent: bool = False
    secret: Secret | None = None


def create_dataset(
    name: str,
    volumes: Sequence[VolumeInput],
    table: Path | TableInput,
    *,
    table_resolution: Sequence[float] | None = None,
    created_by: User | None = None,
    on_progress: Progress = say_nothing,
) -> SynapseTable:
    """Create a dataset with its volumes and the first version of its synapse table.

    `table_resolution` is that of a table given by its path alone. All or nothing. Raises
    InvalidInputError naming the field that is at fault, RefusedRowsError with the refused rows.
    """
    if isinstance(table, Path):
        table = TableInput(table, resolution=table_resolution)
    name = _checked_name(name)
    _check_kinds([volume.kind for volume in volumes])
    facts = {volume.kind: (volume, examine_volume(volume)) for volume in volumes}
    given_resolution("table_resolution", table.resolution)
    with on_this_machine(table, on_progress) as here, transaction.atomic():
        dataset = _create_row(name, created_by)
        for given, fact in facts.values():
            _store_volume(dataset, given, fact)
        return load_table(dataset, here, on_progress=on_progress)


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
    for needed in NEEDED_KINDS:
        if needed not in kinds:
            raise InvalidInputError(f"{needed}: a dataset needs this volume.", field=needed)
    for kind in Volume.Kind:
        if kinds.count(kind) > 1:
            raise InvalidInputError(f"{kind}: this volume is given twice.", field=kind)


def examine_volume(volume: VolumeInput) -> VolumeFacts:
    """What a volume says of itself, or what was said of it, if it can be used as what it is given.

    Raises InvalidInputError naming the field.
    """
    field = volume.kind.value
    resolution = given_resolution(f"{field}_resolution", volume.resolution)
    if volume.is_sparse and volume.kind == Volume.Kind.IMAGE:
        raise InvalidInputError(f"{field}: an image cannot be sparse.", field=field)
    if volume.refused_is_absent and not volume.is_sparse:
        raise InvalidInputError(
            f"{field}: only of a sparse volume may refused chunks be taken as not stored.",
            field=field,
        )
    check_root(volume.address, field)
    credentials = None
    if volume.secret is not None:
        credentials = credentials_of(volume.secret)
        check_opens(credentials.kind, volume.address, field)
    facts = inspect_volume(
        volume.address,
        mip=volume.mip,
        axis_order=volume.axis_order,
        field=field,
        timeout_s=settings.ENVIRONMENT.read_timeout_s,
        credentials=credentials,
    )
    allowed = IMAGE_DTYPES if volume.kind == Volume.Kind.IMAGE else LABEL_DTYPES
    if facts.dtype not in allowed or facts.channels != 1:
        raise InvalidInputError(
            f"{field}: {volume.address} holds {_channels(facts)} of {facts.dtype}; "
            f"it must hold one of {', '.join(allowed)}.",
            field=field,
        )
    if resolution is None:
        check_resolution(field, facts.grid.resolution)
        return facts
    return VolumeFacts(
        Grid(resolution, facts.grid.bounds), facts.dtype, facts.channels, facts.version
    )


def _channels(facts: VolumeFacts) -> str:
    return "1 channel" if facts.channels == 1 else f"{facts.channels} channels"


def check_root(address: str, field: str, *, in_web: bool = False) -> None:
    """Refuse places from which nothing may be read: files outside the configured folders, servers
    in private networks; of what is named `in_web`, the server's own files, too.

    Raises InvalidInputError naming the field.
    """
    check_place(address, field, in_web=in_web)


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
        refused_is_absent=given.refused_is_absent,
        secret=given.secret,
        version=facts.version,
        **places,
        **resolution_columns(facts.grid.resolution),
    )
