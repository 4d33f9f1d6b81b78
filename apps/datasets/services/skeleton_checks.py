"""Look at a source of skeletons. Workers and commands use it; the web process never imports it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.core.errors import InvalidInputError, SynAnnoError
from apps.datasets.domain.skeletons import SkeletonKind, SkeletonSettings, check_settings
from apps.datasets.gateways.skeletons import check_can_make, find_source, open_store
from apps.datasets.gateways.skeletons_sent import MOST_BYTES
from apps.datasets.gateways.volumes import check_place
from apps.datasets.models import Dataset, Secret, SkeletonSource
from apps.datasets.services.secrets import credentials_of
from apps.datasets.services.skeleton_sources import (
    has_neurons,
    keep_files,
    put_source,
    secret_of,
)


def set_source(dataset: Dataset, given: SkeletonSettings) -> SkeletonSource:
    """Note where skeletons come from, as a command on this machine says, if they can be found;
    else what was before stays. What was read of another source before is forgotten.

    Raises InvalidInputError naming the field.
    """
    check_settings(given)
    secret = secret_of(given, None)
    address = usable_address(dataset, SkeletonKind(given.kind), given.address, secret)
    with transaction.atomic():
        source = put_source(dataset, given, address, secret, None)
        source.checked_version = source.version
        source.save(update_fields=["checked_version"])
    return source


def set_files(dataset: Dataset, archive: Path, given: SkeletonSettings) -> SkeletonSource:
    """As `keep_files`, of an archive on this machine."""
    try:
        with archive.open("rb") as file:
            return keep_files(dataset, file, given, None, MOST_BYTES)
    except OSError as error:
        raise InvalidInputError(
            f"file: {archive} cannot be read: {error.strerror}.", field="file"
        ) from error


def check_source(source_id: int) -> None:
    """Look at a source that somebody named in the web, and note what is wrong with it."""
    source = SkeletonSource.objects.select_related("dataset", "secret").filter(pk=source_id).first()
    if source is None or source.checked_version == source.version:
        return
    address, problem = source.address, ""
    try:
        check_place(address, "address", in_web=True) if address else None
        kind = SkeletonKind(source.kind)
        address = usable_address(source.dataset, kind, source.address, source.secret)
    except SynAnnoError as error:
        problem = error.sentence
    SkeletonSource.objects.filter(pk=source_id, version=source.version).update(
        address=address, problem=problem, checked_version=source.version
    )


def usable_address(
    dataset: Dataset, kind: SkeletonKind, address: str, secret: Secret | None
) -> str:
    """The address as it is kept. Raises InvalidInputError where no skeletons can come from it."""
    credentials = None if secret is None else credentials_of(secret)
    if kind == SkeletonKind.PRECOMPUTED:
        return find_source(address, credentials, settings.ENVIRONMENT.read_timeout_s)
    if kind == SkeletonKind.SWC:
        # Which files there are is seen when one is asked for: not every server lists them.
        bare, _ = open_store(address, credentials, settings.ENVIRONMENT.read_timeout_s)
        path = Path(bare.removeprefix("file://"))
        if bare.startswith("file://") and not path.is_dir():
            raise InvalidInputError(f"skeletons: there is no folder {path}.", field="skeletons")
        return bare
    if kind == SkeletonKind.KIMIMARO:
        if not has_neurons(dataset):
            raise InvalidInputError(
                f"skeletons: dataset {dataset.name!r} has no neuron volume to make them of.",
                field="skeletons",
            )
        check_can_make()
    return ""
