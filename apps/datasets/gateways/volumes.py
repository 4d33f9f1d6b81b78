"""Read precomputed volumes through CloudVolume. Arrays come out as `(z, y, x)`."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from functools import lru_cache
from threading import Thread
from typing import Any, Literal, TypeVar

import deflate
import numpy as np
import numpy.typing as npt
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
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
from google.auth.exceptions import GoogleAuthError, TransportError
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import RequestException
from requests.exceptions import Timeout as RequestsTimeout

from apps.core.errors import InvalidInputError, SynAnnoError
from apps.datasets.domain import VolumeFacts, VolumeRef
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AXES, AxisOrder, Box, GeometryError, Point, Resolution

Result = TypeVar("Result")
Triple = tuple[int, int, int]
# How chunks are kept: decoded, or as they are stored. Labels take a thirtieth of the memory as they
# are stored and are quick to decode again; pictures are not.
KeptAs = Literal["raw", "same"]

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

# Nothing came from the source, not even a refusal of this one chunk.
_CONNECTION_ERRORS = (
    ConnectionError,
    HTTPClientError,
    RequestsConnectionError,
    RequestsTimeout,
    TransportError,
)
# What CloudVolume and we stumble over in an info file that is JSON but not a volume's.
_INFO_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError)

SLOW_S = 5.0  # longer than a read from a bucket far away takes
OPEN_VOLUMES = 6  # image, clefts and neurons of two datasets
LONGEST_ADDRESS = 2000
LARGEST_VOXEL = 2**31 - 1


class VolumeUnreachableError(InvalidInputError):
    """A volume's info cannot be read."""

    code = "volume_unreachable"


class ChunkUnreadableError(SynAnnoError):
    """A part of a volume cannot be read, now or at all."""

    code = "chunk_unreadable"


class VolumeSilentError(ChunkUnreadableError):
    """The volume itself does not answer: other parts of it would not come either."""

    code = "volume_silent"


def check_address(address: str, field: str) -> str:
    """The address without a leading `precomputed://`.

    Raises InvalidInputError for one that no volume can have.
    """
    bare = address.removeprefix("precomputed://")
    if not bare.startswith(PROTOCOLS) or bare in PROTOCOLS:
        known = ", ".join(("precomputed://", *PROTOCOLS))
        raise InvalidInputError(
            f"{field}: {address!r} is no address of a volume; it must begin with one of {known}.",
            field=field,
        )
    if bare.startswith("file://") and not bare.startswith("file:///"):
        raise InvalidInputError(
            f"{field}: {address!r} is relative; give the whole path, as in file:///data/volume.",
            field=field,
        )
    if len(bare) > LONGEST_ADDRESS:
        raise InvalidInputError(
            f"{field}: the address has {len(bare)} characters; at most {LONGEST_ADDRESS} are kept.",
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
    order = _axis_order(axis_order, field)
    if mip < 0:
        raise InvalidInputError(f"{field}: {address} has no mip {mip}.", field=field)
    try:
        return _facts(_within(timeout_s, lambda: _open(bare, mip, 0)), mip, order)
    except ScaleUnavailableError as error:
        raise InvalidInputError(f"{field}: {address} has no mip {mip}.", field=field) from error
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {address}: {error}.", field=field) from error
    except TimeoutError as error:
        raise VolumeUnreachableError(
            f"{field}: {address} did not answer within {timeout_s:g} s.", field=field
        ) from error
    except (*_SOURCE_ERRORS, *_INFO_ERRORS) as error:
        raise VolumeUnreachableError(
            f"{field}: the volume at {address} cannot be opened: {_first_line(error)}", field=field
        ) from error


def _axis_order(text: str, field: str) -> AxisOrder:
    try:
        return AxisOrder(text)
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {error}.", field=field) from error


def _facts(volume: Any, mip: int, order: AxisOrder) -> VolumeFacts:
    scale = volume.info["scales"][mip]
    size = order.to_physical([int(v) for v in scale["size"]])
    lo = order.to_physical([int(v) for v in scale.get("voxel_offset", (0, 0, 0))])
    info = json.dumps(volume.info, sort_keys=True, default=str)
    return VolumeFacts(
        grid=Grid(
            Resolution(*order.to_physical([float(v) for v in scale["resolution"]])),
            _bounds(lo, size),
        ),
        dtype=str(np.dtype(volume.info["data_type"])),
        channels=int(volume.info["num_channels"]),
        version=hashlib.sha256(info.encode()).hexdigest(),
    )


def _bounds(lo: Sequence[float], size: Sequence[float]) -> Box:
    """The bounds of a volume; GeometryError where they are empty or too large to be kept."""
    hi = [start + length for start, length in zip(lo, size, strict=True)]
    for axis, start, end in zip(AXES, lo, hi, strict=True):
        if start >= end:
            raise GeometryError(f"the volume is empty along {axis}")
        if not -LARGEST_VOXEL <= start < end <= LARGEST_VOXEL:
            raise GeometryError(f"the bounds along {axis} reach beyond {LARGEST_VOXEL} voxels")
    return Box(Point(*map(int, lo)), Point(*map(int, hi)))


def read_box(
    volume: VolumeRef,
    box: Box,
    *,
    cache_mb: int,
    timeout_s: float,
    kept_as: KeptAs = "raw",
    may_wait: Callable[[], bool] = lambda: True,
) -> npt.NDArray[np.generic]:
    """The voxels of `box` (x, y, z, within the volume's bounds) as `(z, y, x)`.

    Chunks are kept for the next box, up to `cache_mb` a volume for the last `OPEN_VOLUMES` volumes.
    A read that takes longer than `SLOW_S` goes on, up to `timeout_s`, if `may_wait` then allows it.
    Raises VolumeSilentError where the volume does not answer in time or cannot be reached, and
    ChunkUnreadableError where a chunk is missing or damaged, or the read was not to go on.
    """
    order = AxisOrder(volume.axis_order)
    if box.is_empty:
        x, y, z = box.size
        return np.zeros((z, y, x), dtype=np.uint8)
    lo, hi = order.to_stored(box.lo), order.to_stored(box.hi)
    reader = (volume, cache_mb, kept_as)
    try:
        array = _within(timeout_s, lambda: _cut(_open_once(*reader), lo, hi), may_wait)
    except TimeoutError as error:
        raise VolumeSilentError(
            f"{volume.address} did not answer within {timeout_s:g} s."
        ) from error
    except _NotToWaitError as error:
        raise ChunkUnreadableError(
            f"{volume.address} did not answer within {SLOW_S:g} s; another reader waits for it."
        ) from error
    except _CONNECTION_ERRORS as error:
        raise VolumeSilentError(
            f"{volume.address} cannot be reached: {_first_line(error)}"
        ) from error
    except (*_CHUNK_ERRORS, *_SOURCE_ERRORS) as error:
        raise ChunkUnreadableError(
            f"A part of {volume.address} near {tuple(box.lo)} cannot be read: {_first_line(error)}"
        ) from error
    x, y, z = order.stored_to_physical
    return array.transpose(z, y, x)


def _cut(reader: Any, lo: Triple, hi: Triple) -> npt.NDArray[np.generic]:
    box = tuple(slice(low, high) for low, high in zip(lo, hi, strict=True))
    return np.asarray(reader[box])[..., 0]


def forget_readers() -> None:
    """Drop every opened volume and kept chunk of this process."""
    _open_once.cache_clear()


@lru_cache(maxsize=OPEN_VOLUMES)
def _open_once(volume: VolumeRef, cache_mb: int, kept_as: KeptAs) -> Any:
    """Part of a reference is its version: a volume whose info has changed is opened anew."""
    return _open(volume.address, volume.mip, cache_mb, kept_as, is_sparse=volume.is_sparse)


def _open(
    address: str, mip: int, cache_mb: int, kept_as: KeptAs = "same", *, is_sparse: bool = False
) -> Any:
    source = address if address.startswith("graphene://") else f"precomputed://{address}"
    return CloudVolume(
        source,
        mip=mip,
        progress=False,
        fill_missing=is_sparse,
        bounded=True,
        lru_bytes=cache_mb * 2**20,
        lru_encoding=kept_as,
    )


class _NotToWaitError(Exception):
    """A read is slow, and is not to be waited for."""


def _within(
    seconds: float, action: Callable[[], Result], may_wait: Callable[[], bool] = lambda: True
) -> Result:
    """The result of `action`, or TimeoutError; the client libraries know no time limit.

    After `SLOW_S`, `may_wait` is asked whether to go on; if not, _NotToWaitError is raised. Each
    call has a thread of its own: one that hangs takes no other's turn, and as a daemon it does
    not keep the process from ending.
    """
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(action())
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, who raises it
            outcome.set_exception(error)

    Thread(target=work, name="volume-read", daemon=True).start()
    if seconds > SLOW_S and not wait([outcome], SLOW_S).done:
        if not may_wait():
            raise _NotToWaitError
        return outcome.result(timeout=seconds - SLOW_S)
    return outcome.result(timeout=seconds)


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    line = text.splitlines()[0].replace("\x1b[1;91m", "").replace("\x1b[m", "")
    return line if line.endswith(".") else f"{line}."
