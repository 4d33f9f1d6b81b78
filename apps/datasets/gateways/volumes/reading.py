"""Read boxes of volumes. Arrays come out as `(z, y, x)`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.datasets.domain import VolumeRef
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.guarded.cloud_files import refusal_in
from apps.datasets.gateways.guarded.refusals import was_refused
from apps.datasets.gateways.volumes.addresses import PlaceForbiddenError, check_place
from apps.datasets.gateways.volumes.errors import (
    CHUNK_ERRORS,
    CONNECTION_ERRORS,
    INFO_ERRORS,
    SOURCE_ERRORS,
    ChunkRefusedError,
    ChunkUnreadableError,
    VolumeSilentError,
    first_line,
)
from apps.datasets.gateways.volumes.http_limits import end_silence_after, limit_requests
from apps.datasets.gateways.volumes.info_checks import check_storage
from apps.datasets.gateways.volumes.opening import (
    SLOW_S,
    KeptAs,
    NotToWaitError,
    open_volume,
    within,
)
from apps.datasets.gateways.volumes.readers import Key, Readers
from apps.datasets.gateways.volumes.reasons import REFUSED, why_unreadable
from apps.datasets.gateways.volumes.short_naps import take_short_naps
from apps.voxels.geometry import AxisOrder, Box, Point

Triple = tuple[int, int, int]

OPEN_VOLUMES = 6  # image, clefts and neurons of two datasets

_readers = Readers(OPEN_VOLUMES)
take_short_naps()
limit_requests()


def read_box(
    volume: VolumeRef,
    box: Box,
    *,
    cache_mb: int,
    timeout_s: float,
    kept_as: KeptAs = "raw",
    may_wait: Callable[[], bool] = lambda: True,
    credentials: Credentials | None = None,
) -> npt.NDArray[np.generic]:
    """The voxels of `box` (x, y, z, within the volume's bounds) as `(z, y, x)`.

    Chunks are kept for the next box, up to `cache_mb` a volume for the last `OPEN_VOLUMES` volumes.
    A read that takes longer than `SLOW_S` goes on, up to `timeout_s`, if `may_wait` then allows it.
    Raises VolumeSilentError where the volume does not answer in time or cannot be reached, and
    ChunkUnreadableError where a chunk is missing or damaged, the read was not to go on, or nothing
    may be read there.
    """
    order = AxisOrder(volume.axis_order)
    if box.is_empty:
        x, y, z = box.size
        return np.zeros((z, y, x), dtype=np.uint8)
    lo, hi = order.to_stored(box.lo), order.to_stored(box.hi)
    key = (volume, cache_mb, kept_as, credentials)
    end_silence_after(timeout_s)
    began = time.monotonic()
    try:
        check_place(volume.address, "volume")
        array = within(timeout_s, lambda: _cut(_reader(key), key, lo, hi), may_wait)
    except TimeoutError as error:
        raise VolumeSilentError(
            f"{volume.address} did not answer within {timeout_s:g} s."
        ) from error
    except NotToWaitError as error:
        raise ChunkUnreadableError(
            f"{volume.address} did not answer within {SLOW_S:g} s; another reader waits for it.",
            "it answers slowly",
        ) from error
    except PlaceForbiddenError as error:
        raise ChunkUnreadableError(
            error.sentence, "this server may no longer read where it lies"
        ) from error
    except (*CONNECTION_ERRORS, *CHUNK_ERRORS, *INFO_ERRORS, *SOURCE_ERRORS) as error:
        reason = refusal_in(error) or error
        if isinstance(reason, CONNECTION_ERRORS):
            raise VolumeSilentError(
                f"{volume.address} cannot be reached: {first_line(reason)}"
            ) from error
        _readers.doubt(key)
        raise ChunkUnreadableError(
            f"A part of {volume.address} near {tuple(box.lo)} cannot be read: {first_line(reason)}",
            REFUSED if _was_refused(volume, began) else why_unreadable(error),
        ) from error
    x, y, z = order.stored_to_physical
    return array.transpose(z, y, x)


def chunks_of(
    volume: VolumeRef,
    box: Box,
    *,
    cache_mb: int,
    kept_as: KeptAs = "raw",
    credentials: Credentials | None = None,
) -> Iterator[tuple[str, Box]]:
    """The chunks of which `box` has voxels: what the file of each is called, and those voxels.

    Raises VolumeSilentError where the volume cannot be opened.
    """
    order = AxisOrder(volume.axis_order)
    try:
        reader = _reader((volume, cache_mb, kept_as, credentials)).reader
    except (*CONNECTION_ERRORS, *CHUNK_ERRORS, *INFO_ERRORS, *SOURCE_ERRORS) as error:
        raise VolumeSilentError(
            f"{volume.address} cannot be opened: {first_line(error)}"
        ) from error
    sides, bounds = [int(side) for side in reader.chunk_size], reader.bounds
    spans = []
    for axis, (low, high) in enumerate(
        zip(order.to_stored(box.lo), order.to_stored(box.hi), strict=True)
    ):
        first, last, side = int(bounds.minpt[axis]), int(bounds.maxpt[axis]), sides[axis]
        starts = range(low - (low - first) % side, high, side)
        spans.append([(start, min(start + side, last)) for start in starts])
    for place in product(*spans):
        name = "_".join(f"{low}-{high}" for low, high in place)
        corners = [order.to_physical(corner) for corner in zip(*place, strict=True)]
        lo, hi = (Point(*map(int, corner)) for corner in corners)
        yield f"{reader.key}/{name}", Box(lo, hi).clamp(box)


@dataclass(frozen=True)
class _Opened:
    """CloudVolume's reader, and since when it has kept chunks (monotonic clock)."""

    reader: Any
    since: float


def _cut(opened: _Opened, key: Key, lo: Triple, hi: Triple) -> npt.NDArray[np.generic]:
    """Raises ChunkRefusedError where a chunk of a sparse volume was refused: CloudVolume takes it
    for one that is not stored, and keeps that, so that its reader is not used again."""
    box = tuple(slice(low, high) for low, high in zip(lo, hi, strict=True))
    array = np.asarray(opened.reader[box])[..., 0]
    volume = key[0]
    if volume.is_sparse and _was_refused(volume, opened.since):
        _readers.drop(key)
        raise ChunkRefusedError(f"{REFUSED}.")
    return array


def _was_refused(volume: VolumeRef, since: float) -> bool:
    """Whether a part of it was refused since then, and somebody is to hear of it."""
    return not volume.refused_is_absent and was_refused(volume.address, since)


def forget_readers() -> None:
    """Drop every opened volume and kept chunk of this process."""
    _readers.clear()


def _reader(key: Key) -> _Opened:
    """Part of a reference is its version: of a volume whose info has changed, each its own."""
    opened: _Opened = _readers.get(key, lambda: _opened(*key))
    return opened


def _opened(
    volume: VolumeRef, cache_mb: int, kept_as: KeptAs, credentials: Credentials | None
) -> _Opened:
    """What the info says is looked at again: since somebody chose the volume it may have changed,
    to what would take more memory than there is."""
    since = time.monotonic()
    reader = open_volume(
        volume.address,
        volume.mip,
        cache_mb,
        kept_as,
        is_sparse=volume.is_sparse,
        credentials=credentials,
    )
    check_storage(reader.info, volume.mip)
    return _Opened(reader, since)
