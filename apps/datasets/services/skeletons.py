"""Skeletons of neurons: read once, healed, without short twigs, and kept.

Workers and commands use it; the web process never imports it.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.connectome.skeletons import Skeleton, heal, prune_twigs
from apps.connectome.skeletons.precomputed import decode, encode
from apps.core.errors import NotFoundError, SynAnnoError, UnavailableError
from apps.datasets.domain import VolumeRef
from apps.datasets.domain.plans import Scale
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.skeletons import (
    LabelScale,
    SkeletonsSilentError,
    SkeletonUnreadableError,
    make_skeleton,
    parse_swc,
    read_precomputed,
    read_swc_file,
)
from apps.datasets.gateways.volumes import read_box
from apps.datasets.gateways.volumes.scales import list_scales
from apps.datasets.models import Dataset, Secret, SkeletonSource, StoredSkeleton, SwcFile, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.secrets import credentials_for_reading, credentials_of
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point, Resolution

log = structlog.get_logger(__name__)

_MADE_CACHE_MB = 64


class NoSkeletonError(NotFoundError):
    """A neuron has no skeleton, or a damaged one; the sentence says why. It stays so until somebody
    changes the source."""

    code = "no_skeleton"


class SkeletonsAwayError(UnavailableError):
    """Nothing can be read of where skeletons come from now; the sentence says why. Of whether the
    neuron has a skeleton that says nothing: ask again later."""

    code = "skeletons_away"


def skeleton_of(dataset: Dataset, root_id: int) -> Skeleton:
    """The skeleton of a neuron: one tree, without short twigs. Its vertices have the same numbers
    each time, until the dataset's source of skeletons is changed.

    It is read once and kept; kimimaro may take minutes to make one. Raises NoSkeletonError, and
    SkeletonsAwayError where to ask again later may help.
    """
    kept = StoredSkeleton.objects.filter(
        dataset=dataset, root_id=root_id, content__isnull=False
    ).first()
    if kept is not None:
        return _as_kept(kept)
    source = SkeletonSource.objects.select_related("secret").filter(dataset=dataset).first()
    if source is None:
        raise NoSkeletonError(
            f"Nobody has said where the skeletons of dataset {dataset.name!r} come from."
        )
    return _as_kept(_keep(source, root_id, _read(source, root_id)))


def read_for_browsers(dataset_id: int, root_id: int) -> None:
    """Read a skeleton that a browser asked for, or note why it cannot be read: as found missing,
    or, without a time, only as the last that was heard."""
    dataset = Dataset.objects.filter(pk=dataset_id).first()
    if dataset is None:
        return
    asked = StoredSkeleton.objects.filter(dataset=dataset, root_id=root_id, content__isnull=True)
    try:
        skeleton_of(dataset, root_id)
    except NoSkeletonError as error:
        asked.update(failure=error.sentence, made_at=timezone.now())
    except SkeletonsAwayError as error:
        asked.update(failure=error.sentence, made_at=None)


def _read(source: SkeletonSource, root_id: int) -> Skeleton:
    """Raises NoSkeletonError and SkeletonsAwayError."""
    if root_id == 0:
        raise NoSkeletonError("0 is no neuron but the background.")
    try:
        skeleton = _raw(source, root_id)
        return prune_twigs(heal(skeleton), source.twig_nm)
    except SynAnnoError as error:
        # Such as a login that no longer opens: it is the source that cannot be read.
        is_away = isinstance(error, SkeletonsSilentError) or not isinstance(
            error, SkeletonUnreadableError | NoSkeletonError
        )
        event = "skeletons_away" if is_away else "no_skeleton"
        log.info(event, dataset=source.dataset_id, root_id=root_id, why=error.sentence)
        raise (SkeletonsAwayError if is_away else NoSkeletonError)(error.sentence) from error


def _raw(source: SkeletonSource, root_id: int) -> Skeleton:
    """As it is stored. Raises InvalidInputError and other sentences."""
    kind, timeout_s = source.kind, settings.ENVIRONMENT.read_timeout_s
    credentials = _opened(source.secret)
    if kind == SkeletonSource.Kind.PRECOMPUTED:
        return read_precomputed(source.address, root_id, credentials, timeout_s)
    if kind == SkeletonSource.Kind.SWC:
        return read_swc_file(source.address, root_id, source.nm_per_unit, credentials, timeout_s)
    if kind == SkeletonSource.Kind.FILES:
        return _sent(source, root_id)
    return _made(source.dataset_id, root_id)


def _sent(source: SkeletonSource, root_id: int) -> Skeleton:
    file = SwcFile.objects.filter(source=source, root_id=root_id).first()
    if file is None:
        raise NoSkeletonError(f"Among the files that were sent there is no {root_id}.swc.")
    return parse_swc(gzip.decompress(file.content), file.name, source.nm_per_unit)


def _made(dataset_id: int, root_id: int) -> Skeleton:
    volume = volumes_of(dataset_id).get(Volume.Kind.NEURON)
    if volume is None:
        raise NoSkeletonError("The dataset has no neuron volume of which skeletons could be made.")
    credentials = credentials_for_reading(*volume.secret) if volume.secret else None
    scales = list_scales(
        volume.address,
        axis_order=volume.axis_order,
        field="skeletons",
        timeout_s=settings.ENVIRONMENT.read_timeout_s,
        credentials=credentials,
    )
    coarser = (
        replace(volume, mip=scale.mip, grid=_grid(scale))
        for scale in scales
        if scale.mip > volume.mip
    )
    tried = [_label_scale(one, credentials) for one in (volume, *coarser)]
    return make_skeleton(tried, root_id)


def _label_scale(volume: VolumeRef, credentials: Credentials | None) -> LabelScale:
    read = partial(
        read_box,
        volume,
        cache_mb=_MADE_CACHE_MB,
        timeout_s=settings.ENVIRONMENT.read_timeout_s,
        credentials=credentials,
    )
    return LabelScale(volume.mip, read, volume.grid.bounds, volume.grid.resolution)


def _grid(scale: Scale) -> Grid:
    lo = Point(*map(int, scale.offset))
    hi = Point(*(at + int(length) for at, length in zip(lo, scale.size, strict=True)))
    return Grid(Resolution(*scale.resolution_nm), Box(lo, hi))


def _opened(secret: Secret | None) -> Credentials | None:
    return None if secret is None else credentials_of(secret)


def _keep(source: SkeletonSource, root_id: int, tree: Skeleton) -> StoredSkeleton:
    """What two read at once is kept once. Raises SkeletonsAwayError where the source was changed
    in the meantime."""
    with transaction.atomic():
        now = SkeletonSource.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
        if now is None or now.version != source.version:
            raise SkeletonsAwayError("The dataset's source of skeletons was changed a moment ago.")
        stored, _ = StoredSkeleton.objects.select_for_update(no_key=True).get_or_create(
            dataset_id=source.dataset_id, root_id=root_id
        )
        if stored.content is None:
            stored.content = encode(tree)
            stored.soma, stored.vertex_count = tree.soma, len(tree)
            stored.failure, stored.made_at = "", timezone.now()
            stored.save()
    return stored


def _as_kept(stored: StoredSkeleton) -> Skeleton:
    """As everybody gets it: kept as float32."""
    read = decode(bytes(stored.content or b""))
    return Skeleton(read.vertices_nm, read.edges, read.radii_nm, stored.soma)
