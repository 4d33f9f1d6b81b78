"""Say where the skeletons of a dataset come from. The web process uses it: nothing is opened here,
a worker looks at what was named."""

from __future__ import annotations

import gzip
from typing import IO

import structlog
from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.connectome.errors import SkeletonError
from apps.connectome.swc_rows import check_swc
from apps.core.errors import ForbiddenError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.datasets.domain.secrets import SecretKind, check_opens
from apps.datasets.domain.skeletons import (
    WITH_ADDRESS,
    SkeletonKind,
    SkeletonSettings,
    check_settings,
)
from apps.datasets.gateways.places import may_be_named, named_roots
from apps.datasets.gateways.skeletons_sent import MOST_SENT, read_archive
from apps.datasets.models import Dataset, Secret, SkeletonSource, StoredSkeleton, SwcFile, Volume
from apps.datasets.selectors.secrets import secret_named

log = structlog.get_logger(__name__)

_FILE = "file://"


def name_source(dataset: Dataset, given: SkeletonSettings, user: User) -> SkeletonSource:
    """Note where skeletons come from, as somebody says in the web; a worker looks at it. What was
    read of another source before is forgotten.

    Addresses are for the staff: what lies there may be of others, or be read with logins of this
    machine. Raises InvalidInputError naming the field, ForbiddenError.
    """
    check_settings(given)
    if given.kind in WITH_ADDRESS and not (user.is_staff or user.is_superuser):
        raise ForbiddenError(
            "Only the staff may name addresses. Send SWC files as a zip archive, or ask them.",
            field="address",
        )
    if given.kind == SkeletonKind.FILES:
        raise InvalidInputError("kind: send the files as a zip archive.", field="kind")
    path = given.address.removeprefix("precomputed://")
    if path.startswith(_FILE) and not may_be_named(path.removeprefix(_FILE)):
        raise InvalidInputError(
            f"address: {given.address} lies outside {named_roots()}.", field="address"
        )
    secret = secret_of(given, user)
    with transaction.atomic():
        source = put_source(dataset, given, given.address.strip(), secret, user)
        enqueue(Job.CHECK_SKELETONS, source_id=source.pk)
    return source


def keep_files(
    dataset: Dataset,
    archive: IO[bytes],
    given: SkeletonSettings,
    user: User | None,
    most_bytes: int = MOST_SENT,
) -> SkeletonSource:
    """Take the SWC files in a zip archive as the dataset's skeletons: all of them or none.

    All are looked at, one after the other, before anything is locked or written. Raises
    InvalidInputError, naming the file and the line.
    """
    check_settings(given)
    for _, name, content in read_archive(archive, most_bytes):
        _check_swc(content, name)
    with transaction.atomic():
        source = put_source(dataset, given, "", None, user)
        for root_id, name, content in read_archive(archive, most_bytes):
            SwcFile.objects.create(
                source=source,
                root_id=root_id,
                name=name[:200],
                content=gzip.compress(content, compresslevel=1, mtime=0),
            )
        source.checked_version = source.version
        source.save(update_fields=["checked_version"])
    return source


def resume_checks() -> None:
    """Have those sources looked at of which the job was lost; to look twice does no harm."""
    for source in SkeletonSource.objects.filter(checked_version__lt=F("version")):
        enqueue(Job.CHECK_SKELETONS, source_id=source.pk)


def forget_source(dataset: Dataset, user: User | None) -> None:
    """From now on the dataset has no skeletons; neurons of campaigns keep their sections."""
    with transaction.atomic():
        SkeletonSource.objects.filter(dataset=dataset).delete()
        StoredSkeleton.objects.filter(dataset=dataset).delete()
    log.info("skeletons_forgotten", dataset=dataset.name, by=user.username if user else None)


def put_source(
    dataset: Dataset,
    given: SkeletonSettings,
    address: str,
    secret: Secret | None,
    user: User | None,
) -> SkeletonSource:
    """Within a transaction: the source as it is said now, of which nothing has been read yet."""
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    before = SkeletonSource.objects.filter(dataset=dataset).first()
    source = before or SkeletonSource(dataset=dataset, version=0)
    source.kind, source.address, source.secret = given.kind, address, secret
    source.nm_per_unit, source.twig_nm = given.nm_per_unit, given.twig_nm
    source.version, source.problem, source.set_by = source.version + 1, "", user
    source.save()
    SwcFile.objects.filter(source=source).delete()
    StoredSkeleton.objects.filter(dataset=dataset).delete()
    log.info(
        "skeletons_named",
        dataset=dataset.name,
        kind=source.kind,
        by=user.username if user else None,
    )
    return source


def secret_of(given: SkeletonSettings, user: User | None) -> Secret | None:
    """The secret that is named, if this person may name it. Raises InvalidInputError."""
    if not given.secret:
        return None
    secret = secret_named(given.secret, user)
    check_opens(SecretKind(secret.kind), given.address, "secret")
    return secret


def has_neurons(dataset: Dataset) -> bool:
    """Whether there is a neuron volume of which skeletons can be made."""
    return Volume.objects.filter(dataset=dataset, kind=Volume.Kind.NEURON).exists()


def _check_swc(content: bytes, name: str) -> None:
    try:
        check_swc(content.decode("utf-8", "replace"), name)
    except SkeletonError as error:
        raise InvalidInputError(f"file: {error}", field="file") from error
