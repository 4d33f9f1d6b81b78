"""Refuse an info file that no volume can have, rather than mark every tile of a campaign later."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from cloudvolume.chunks import NEEDS_INSTALL
from cloudvolume.datasource.precomputed.sharding import ShardingSpecification
from cloudvolume.exceptions import SpecViolation

from apps.datasets.domain import LABEL_DTYPES
from apps.datasets.gateways.volumes.errors import INFO_ERRORS, first_line

LARGEST_CHUNK_MB = 512  # a chunk is decoded whole
LARGEST_BLOCK = 64  # voxels along an axis; real ones have 8
LONGEST_KEY = 1000
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


class InfoLiesError(ValueError):
    """An info file that no volume can have; the message says what is wrong with it."""


def stumbled_over(error: BaseException) -> str:
    """What is wrong with an info file that CloudVolume stumbled over, as the end of a sentence."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return f"its info is no JSON: {first_line(error)}"
    if isinstance(error, RecursionError):
        return "its info is nested too deeply."
    if isinstance(error, KeyError) and error.args == ("scales",):
        return (
            "its info has no 'scales', so it is not that of a volume; a folder of annotations is "
            "given as a table."
        )
    if isinstance(error, KeyError):
        return f"its info has no {first_line(error)}"
    if isinstance(error, AttributeError | IndexError | TypeError):
        return f"its info is not that of a volume ({first_line(error)[:-1]})."
    return first_line(error)


def checked_dtype(info: Mapping[str, Any]) -> str:
    """The dtype that an info names, as numpy calls it; TypeError where numpy knows none."""
    if not isinstance(info["data_type"], str):
        raise InfoLiesError(f"data_type in its info is {_shown(info['data_type'])}, not a name")
    return str(np.dtype(info["data_type"]))


def checked_channels(info: Mapping[str, Any]) -> int:
    """How many channels an info names."""
    number = info["num_channels"]
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise InfoLiesError(f"num_channels in its info is {_shown(number)}, not a whole number")
    if not isinstance(info.get("type"), str):  # CloudVolume asks for it when it reads
        raise InfoLiesError(f"type in its info is {_shown(info.get('type'))}, not a name")
    return int(number)


def whole_numbers(scale: Mapping[str, Any], name: str, default: Sequence[int] = ()) -> list[int]:
    """Three whole numbers of a scale."""
    values = _three(scale, name, default)
    if not all(v == int(v) for v in values):
        raise InfoLiesError(f"{name} in its info is {_shown(values)}, not three whole numbers")
    return [int(v) for v in values]


def numbers(scale: Mapping[str, Any], name: str) -> list[float]:
    """Three numbers of a scale."""
    return [float(value) for value in _three(scale, name, ())]


def _three(scale: Mapping[str, Any], name: str, default: Sequence[int]) -> Sequence[Any]:
    values = scale.get(name, default)
    if not isinstance(values, list | tuple) or len(values) != 3:
        raise InfoLiesError(f"{name} in its info is {_shown(values)}, not three numbers")
    if not all(type(v) in (int, float) and math.isfinite(v) for v in values):
        raise InfoLiesError(f"{name} in its info is {_shown(values)}, not three numbers")
    return values


def check_storage(info: Mapping[str, Any], mip: int) -> None:
    """Raises InfoLiesError, or one of INFO_ERRORS, for what could not be found or decoded."""
    scale, dtype = info["scales"][mip], checked_dtype(info)
    encoding = scale.get("encoding")
    if not isinstance(encoding, str) or encoding not in _DTYPES:
        raise InfoLiesError(f"the encoding {_shown(encoding)} is not known")
    if encoding in NEEDS_INSTALL:
        raise InfoLiesError(
            f"the encoding {encoding} needs the package {NEEDS_INSTALL[encoding]}, "
            "which is not installed"
        )
    if dtype not in _DTYPES[encoding]:
        raise InfoLiesError(f"the encoding {encoding} cannot hold {dtype}")
    _check_chunk_sizes(scale, max(1, checked_channels(info)) * np.dtype(dtype).itemsize)
    if encoding == "compressed_segmentation":
        _check_blocks(scale)
    _check_key(scale.get("key"))
    if scale.get("sharding") is not None:
        _check_sharding(scale["sharding"])


def _check_chunk_sizes(scale: Mapping[str, Any], voxel_bytes: int) -> None:
    every = scale.get("chunk_sizes")
    if not isinstance(every, list | tuple) or not every:
        raise InfoLiesError(f"chunk_sizes in its info is {_shown(every)}, not a list of sizes")
    first = whole_numbers({"chunk_sizes": every[0]}, "chunk_sizes")
    if min(first) < 1:
        raise InfoLiesError(f"chunk_sizes in its info is {_shown(every)}; each must be > 0")
    megabytes = math.prod(first) * voxel_bytes / 2**20
    if megabytes > LARGEST_CHUNK_MB:
        raise InfoLiesError(
            f"its chunks have {megabytes:,.0f} MB; at most {LARGEST_CHUNK_MB} can be decoded"
        )


def _check_blocks(scale: Mapping[str, Any]) -> None:
    """The decoder divides by these numbers: a 0 ends its process."""
    name = "compressed_segmentation_block_size"
    sizes = whole_numbers(scale, name, (8, 8, 8))
    if not all(1 <= size <= LARGEST_BLOCK for size in sizes):
        raise InfoLiesError(
            f"{name} in its info is {_shown(sizes)}; each must be between 1 and {LARGEST_BLOCK}"
        )


def _check_key(key: object) -> None:
    """The folder of a mip: within the volume's own."""
    if not isinstance(key, str):
        raise InfoLiesError(f"the key of this mip is {_shown(key)}, not a name")
    if key.startswith("/") or ".." in key.split("/"):
        raise InfoLiesError(f"the key {_shown(key)} of this mip leads out of the volume")
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise InfoLiesError(f"the key {_shown(key)} of this mip cannot be the name of a folder")


def _check_sharding(given: object) -> None:
    try:
        spec = ShardingSpecification.from_dict(dict(given))  # type: ignore[call-overload]
        spec.validate()
        bits = [int(spec.preshift_bits), int(spec.minishard_bits), int(spec.shard_bits)]
    except (*INFO_ERRORS, SpecViolation) as error:
        raise InfoLiesError(f"the sharding in its info is none: {first_line(error)[:-1]}") from (
            error
        )
    # The index of a shard is read whole: it has 16 bytes for each minishard.
    if min(bits) < 0 or sum(bits) > MAX_SHARDING_BITS or bits[1] > 24:
        raise InfoLiesError(f"the sharding in its info has {bits} bits, which cannot be")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
