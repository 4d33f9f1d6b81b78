"""What a volume says of itself, checked before anything is read from it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from cloudvolume.chunks import NEEDS_INSTALL
from cloudvolume.datasource.precomputed.sharding import ShardingSpecification
from cloudvolume.exceptions import ScaleUnavailableError, SpecViolation

from apps.core.errors import InvalidInputError
from apps.datasets.domain import LABEL_DTYPES, VolumeFacts
from apps.datasets.gateways.volumes.addresses import check_address
from apps.datasets.gateways.volumes.errors import (
    INFO_ERRORS,
    SOURCE_ERRORS,
    VolumeUnreachableError,
    first_line,
)
from apps.datasets.gateways.volumes.opening import open_volume, within
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AXES, AxisOrder, Box, GeometryError, Point, Resolution

LARGEST_VOXEL = 2**31 - 1
LARGEST_CHUNK_MB = 512  # a chunk is decoded whole
MAX_SHARDING_BITS = 62

# What each encoding can hold and its decoder gives back. (16-bit PNG is in the format, but
# CloudVolume's decoder does not know it.)
_DTYPES: Mapping[str, Sequence[str]] = {
    "raw": (*LABEL_DTYPES, "int8", "int16", "int32", "int64", "float32", "float64"),
    "jpeg": ("uint8",),
    "png": ("uint8",),
    "jxl": ("uint8",),
    "compressed_segmentation": ("uint32", "uint64"),
    "compresso": LABEL_DTYPES,
    "crackle": LABEL_DTYPES,
}


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
        return _facts(within(timeout_s, lambda: open_volume(bare, mip, 0)), mip, order)
    except ScaleUnavailableError as error:
        raise InvalidInputError(f"{field}: {address} has no mip {mip}.", field=field) from error
    except (GeometryError, _InfoLiesError) as error:
        raise InvalidInputError(f"{field}: {address}: {error}.", field=field) from error
    except TimeoutError as error:
        raise VolumeUnreachableError(
            f"{field}: {address} did not answer within {timeout_s:g} s.", field=field
        ) from error
    except (*SOURCE_ERRORS, *INFO_ERRORS) as error:
        raise VolumeUnreachableError(
            f"{field}: the volume at {address} cannot be opened: {first_line(error)}", field=field
        ) from error


class _InfoLiesError(ValueError):
    """An info file that no volume can have; the message says what is wrong with it."""


def _axis_order(text: str, field: str) -> AxisOrder:
    try:
        return AxisOrder(text)
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {error}.", field=field) from error


def _facts(volume: Any, mip: int, order: AxisOrder) -> VolumeFacts:
    scale = volume.info["scales"][mip]
    dtype = str(np.dtype(volume.info["data_type"]))
    size = order.to_physical(_whole_numbers(scale, "size"))
    lo = order.to_physical(_whole_numbers(scale, "voxel_offset", (0, 0, 0)))
    _check_storage(scale, dtype)
    info = json.dumps(volume.info, sort_keys=True, default=str)
    return VolumeFacts(
        grid=Grid(
            Resolution(*order.to_physical([float(v) for v in scale["resolution"]])),
            _bounds(lo, size),
        ),
        dtype=dtype,
        channels=int(volume.info["num_channels"]),
        version=hashlib.sha256(info.encode()).hexdigest(),
    )


def _whole_numbers(
    scale: Mapping[str, Any], name: str, default: Sequence[int] = ()
) -> Sequence[int]:
    values = scale.get(name, default)
    if not isinstance(values, list | tuple) or len(values) != 3:
        raise _InfoLiesError(f"{name} in its info is {_shown(values)}, not three numbers")
    if not all(isinstance(v, int | float) and math.isfinite(v) and v == int(v) for v in values):
        raise _InfoLiesError(f"{name} in its info is {_shown(values)}, not three whole numbers")
    return [int(v) for v in values]


def _check_storage(scale: Mapping[str, Any], dtype: str) -> None:
    """Refuse what could not be decoded, rather than mark every tile of a campaign later."""
    encoding = scale.get("encoding")
    if not isinstance(encoding, str) or encoding not in _DTYPES:
        raise _InfoLiesError(f"the encoding {_shown(encoding)} is not known")
    if encoding in NEEDS_INSTALL:
        raise _InfoLiesError(
            f"the encoding {encoding} needs the package {NEEDS_INSTALL[encoding]}, "
            "which is not installed"
        )
    if dtype not in _DTYPES[encoding]:
        raise _InfoLiesError(f"the encoding {encoding} cannot hold {dtype}")
    _check_chunk_sizes(scale, np.dtype(dtype).itemsize)
    key = scale.get("key")
    if not isinstance(key, str) or ".." in key.split("/"):
        raise _InfoLiesError(f"the key {_shown(key)} of this mip leads out of the volume")
    if scale.get("sharding") is not None:
        _check_sharding(scale["sharding"])


def _check_chunk_sizes(scale: Mapping[str, Any], itemsize: int) -> None:
    every = scale.get("chunk_sizes")
    if not isinstance(every, list | tuple) or not every:
        raise _InfoLiesError(f"chunk_sizes in its info is {_shown(every)}, not a list of sizes")
    first = _whole_numbers({"chunk_sizes": every[0]}, "chunk_sizes")
    if min(first) < 1:
        raise _InfoLiesError(f"chunk_sizes in its info is {_shown(every)}; each must be > 0")
    megabytes = math.prod(first) * itemsize / 2**20
    if megabytes > LARGEST_CHUNK_MB:
        raise _InfoLiesError(
            f"its chunks have {megabytes:,.0f} MB; at most {LARGEST_CHUNK_MB} can be decoded"
        )


def _check_sharding(given: object) -> None:
    try:
        spec = ShardingSpecification.from_dict(dict(given))  # type: ignore[call-overload]
        spec.validate()
        bits = [int(spec.preshift_bits), int(spec.minishard_bits), int(spec.shard_bits)]
    except (*INFO_ERRORS, SpecViolation) as error:
        raise _InfoLiesError(f"the sharding in its info is none: {first_line(error)[:-1]}") from (
            error
        )
    # The index of a shard is read whole: it has 16 bytes for each minishard.
    if min(bits) < 0 or sum(bits) > MAX_SHARDING_BITS or bits[1] > 24:
        raise _InfoLiesError(f"the sharding in its info has {bits} bits, which cannot be")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _bounds(lo: Sequence[float], size: Sequence[float]) -> Box:
    """The bounds of a volume; GeometryError where they are empty or too large to be kept."""
    hi = [start + length for start, length in zip(lo, size, strict=True)]
    for axis, start, end in zip(AXES, lo, hi, strict=True):
        if start >= end:
            raise GeometryError(f"the volume is empty along {axis}")
        if not -LARGEST_VOXEL <= start < end <= LARGEST_VOXEL:
            raise GeometryError(f"the bounds along {axis} reach beyond {LARGEST_VOXEL} voxels")
    return Box(Point(*map(int, lo)), Point(*map(int, hi)))
