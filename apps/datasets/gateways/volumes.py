"""Read precomputed volumes through CloudVolume. Arrays come out as `(z, y, x)`."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

import deflate
import numpy as np
import numpy.typing as npt
from botocore.exceptions import BotoCoreError, ClientError
from cloudfiles.exceptions import DecompressionError
from cloudvolume import CloudVolume
from cloudvolume.exceptions import (
    DecodingError,
    DimensionError,
    EmptyVolumeException,
    InfoError,
    OutOfBoundsError,
    ScaleUnavailableError,
    UnsupportedFormatError,
    UnsupportedProtocolError,
)
from compressed_segmentation import DecodeError
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from requests.exceptions import RequestException

from apps.core.errors import InvalidInputError, SynAnnoError
from apps.datasets.domain import VolumeFacts, VolumeRef
from apps.datasets.gateways.local_chunks import ChunkCache, LocalVolume, Triple
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AxisOrder, Box, GeometryError, Point, Resolution

Result = TypeVar("Result")

PROTOCOLS = ("file://", "gs://", "s3://", "https://", "http://", "graphene://")
_CHUNK_ERRORS = (
    DecodeError,
    DecodingError,
    DecompressionError,
    DimensionError,
    EmptyVolumeException,
    OutOfBoundsError,
    UnsupportedFormatError,
    deflate.DeflateError,
    zlib.error,
    EOFError,
    ValueError,
)
_SOURCE_ERRORS = (
    BotoCoreError,
    ClientError,
    GoogleAPIError,
    GoogleAuthError,
    InfoError,
    OSError,
    RequestException,
    UnsupportedProtocolError,
)


class VolumeUnreachableError(InvalidInputError):
    """A volume's info cannot be read."""

    code = "volume_unreachable"


class ChunkUnreadableError(SynAnnoError):
    """A part of a volume cannot be read, now or at all."""

    code = "chunk_unreadable"


def check_address(address: str, field: str) -> str:
    """The address without a leading `precomputed://`.

    Raises InvalidInputError for one that no volume can have.
    """
    bare = address.removeprefix("precomputed://")
    if not bare.startswith(PROTOCOLS) or bare in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise InvalidInputError(
            f"{field}: {address!r} is no address of a volume; it must begin with one of {known}.",
            field=field,
        )
    return bare


def inspect_volume(
    address: str, *, mip: int, axis_order: str, field: str, timeout_s: float
) -> VolumeFacts:
    """What the volume at `address` says of itself at `mip`.

    Raises VolumeUnreachableError or InvalidInputError, each naming `field`.
    """
    bare = check_address(address, field)
    try:
        volume = _within(timeout_s, lambda: _open(bare, mip, 0))
    except ScaleUnavailableError as error:
        raise InvalidInputError(f"{field}: {address} has no mip {mip}.", field=field) from error
    except TimeoutError as error:
        raise VolumeUnreachableError(
            f"{field}: {address} did not answer within {timeout_s:g} s.", field=field
        ) from error
    except (*_SOURCE_ERRORS, KeyError, TypeError, ValueError) as error:
        raise VolumeUnreachableError(
            f"{field}: the volume at {address} cannot be opened: {_first_line(error)}", field=field
        ) from error
    return _facts(volume, mip, axis_order, field)


def _facts(volume: Any, mip: int, axis_order: str, field: str) -> VolumeFacts:
    try:
        order = AxisOrder(axis_order)
        bounds = volume.mip_bounds(mip)
        lo, hi = (
            order.to_physical([int(v) for v in edge]) for edge in (bounds.minpt, bounds.maxpt)
        )
        grid = Grid(
            Resolution(*order.to_physical([float(v) for v in volume.mip_resolution(mip)])),
            Box(Point(*map(int, lo)), Point(*map(int, hi))),
        )
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {error}.", field=field) from error
    info = json.dumps(volume.info, sort_keys=True, default=str)
    return VolumeFacts(
        grid=grid,
        dtype=str(np.dtype(volume.dtype)),
        channels=int(volume.num_channels),
        version=hashlib.sha256(info.encode()).hexdigest(),
    )


def read_box(
    volume: VolumeRef, box: Box, *, cache_mb: int, timeout_s: float
) -> npt.NDArray[np.generic]:
    """The voxels of `box` (x, y, z, within the volume's bounds) as `(z, y, x)`.

    Decoded chunks are kept for the next box: up to `cache_mb` for all volumes on the local disk
    together, and for each remote volume. Raises
    ChunkUnreadableError where a chunk is missing, damaged or does not come in time.
    """
    order = AxisOrder(volume.axis_order)
    if box.is_empty:
        x, y, z = box.size
        return np.zeros((z, y, x), dtype=np.uint8)
    lo, hi = order.to_stored(box.lo), order.to_stored(box.hi)
    try:
        array = _read(volume, lo, hi, cache_mb, timeout_s)
    except TimeoutError as error:
        raise ChunkUnreadableError(
            f"{volume.address} did not answer within {timeout_s:g} s."
        ) from error
    except (*_CHUNK_ERRORS, *_SOURCE_ERRORS) as error:
        raise ChunkUnreadableError(
            f"A part of {volume.address} near {tuple(box.lo)} cannot be read: {_first_line(error)}"
        ) from error
    x, y, z = order.stored_to_physical
    return array.transpose(z, y, x)


def _read(
    volume: VolumeRef, lo: Triple, hi: Triple, cache_mb: int, timeout_s: float
) -> npt.NDArray[np.generic]:
    """The voxels from `lo` to `hi`, in stored order."""
    identity = (volume.address, volume.mip, volume.version, cache_mb)
    if volume.address.startswith("file://"):
        # A local disk does not hang: no thread in between is needed to give up in time.
        reader = _open_once(*identity)
        if isinstance(reader, LocalVolume):
            return reader.read(lo, hi, _chunks, cache_mb * 2**20)
        return _cut(reader, lo, hi)
    return _within(timeout_s, lambda: _cut(_open_once(*identity), lo, hi))


def _cut(reader: Any, lo: Triple, hi: Triple) -> npt.NDArray[np.generic]:
    box = tuple(slice(low, high) for low, high in zip(lo, hi, strict=True))
    return np.asarray(reader[box])[..., 0]


_chunks = ChunkCache()


def forget_readers() -> None:
    """Drop every opened volume and decoded chunk of this process."""
    _open_once.cache_clear()
    _chunks.clear()


@lru_cache(maxsize=8)
def _open_once(address: str, mip: int, version: str, cache_mb: int) -> Any:
    """A LocalVolume where the volume is of that kind, else a CloudVolume.

    Part of the identity is `version`: a volume whose info has changed is opened anew.
    """
    volume = _open(address, mip, cache_mb)
    return LocalVolume.of(volume) or volume


def _open(address: str, mip: int, cache_mb: int) -> Any:
    source = address if address.startswith("graphene://") else f"precomputed://{address}"
    return CloudVolume(
        source,
        mip=mip,
        progress=False,
        fill_missing=False,
        bounded=True,
        lru_bytes=cache_mb * 2**20,
        lru_encoding="raw",
    )


_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="volume-read")


def _within(seconds: float, action: Callable[[], Result]) -> Result:
    """The result of `action`, or TimeoutError; the client libraries know no time limit."""
    return _threads.submit(action).result(timeout=seconds)


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    line = text.splitlines()[0].replace("\x1b[1;91m", "").replace("\x1b[m", "")
    return line if line.endswith(".") else f"{line}."
