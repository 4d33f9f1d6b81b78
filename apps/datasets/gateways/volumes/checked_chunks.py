"""Refuse damaged chunks before they are decoded.

The decoders of compressed_segmentation and compresso trust what they are given: of bytes that end
too early they make labels that were never there, or they read beyond the end, and the process dies.
Those of PNG and JPEG make a picture of whatever size its header says, out of very few bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import Any

import compresso
import numpy as np
import simplejpeg
from cloudvolume import chunks

from apps.datasets.gateways.volumes.errors import DamagedChunkError
from apps.datasets.gateways.volumes.info_checks import LARGEST_BLOCK

_BITS = (0, 1, 2, 4, 8, 16, 32)
_COMPRESSO_HEADER = 36
_PNG = b"\x89PNG\r\n\x1a\n"


def check_chunks_before_decoding() -> None:
    """Put the checks before CloudVolume's decoders, which have no place for them."""
    for name in ("decode", "read_voxel"):
        decoder = getattr(chunks, name)
        if not hasattr(decoder, "__wrapped__"):
            setattr(chunks, name, _checked(decoder))


def _checked(decoder: Callable[..., Any]) -> Callable[..., Any]:
    named = signature(decoder)

    @wraps(decoder)
    def checked(*arguments: Any, **options: Any) -> Any:
        given = named.bind(*arguments, **options).arguments
        content = given["filedata"]
        if isinstance(content, bytes | bytearray) and content:  # else it was decoded before
            check_chunk(
                bytes(content),
                given["encoding"],
                given["shape"],
                given["dtype"],
                given.get("block_size") or (8, 8, 8),
            )
        return decoder(*arguments, **options)

    return checked


def check_chunk(
    content: bytes,
    encoding: str,
    shape: Sequence[int],
    dtype: Any,
    block_size: Sequence[int] = (8, 8, 8),
) -> None:
    """Raises DamagedChunkError for a chunk of `shape` (x, y, z, channels) that is not whole."""
    if encoding == "compressed_segmentation":
        _check_compressed_segmentation(content, shape, np.dtype(dtype).itemsize, block_size)
    elif encoding == "compresso":
        _check_compresso(content, shape, np.dtype(dtype).itemsize)
    elif encoding == "png":
        _check_picture("PNG", _png_size(content), shape)
    elif encoding == "jpeg":
        _check_picture("JPEG", _jpeg_size(content), shape)


def _check_picture(kind: str, size: tuple[int, int], shape: Sequence[int]) -> None:
    """The picture has the voxels of its chunk, in rows however long."""
    if math.prod(size) != math.prod(shape[:3]):
        raise DamagedChunkError(f"a chunk of {kind} has another size than its volume says")


def _png_size(content: bytes) -> tuple[int, int]:
    if content[:8] != _PNG or content[12:16] != b"IHDR":
        raise DamagedChunkError("a chunk of PNG has no header")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(content)
    except ValueError as error:
        raise DamagedChunkError("a chunk of JPEG has no header") from error
    return width, height


def _check_compressed_segmentation(
    content: bytes, shape: Sequence[int], itemsize: int, block_size: Sequence[int]
) -> None:
    """Every block's values and its table of labels lie within the chunk.

    One channel. Each block has eight bytes of header: where its table begins (24 bits) and how
    many bits a value has, then where its values begin; places count in words of four bytes.
    """
    if not 1 <= min(block_size) <= max(block_size) <= LARGEST_BLOCK:  # the decoder divides by it
        raise DamagedChunkError(f"blocks of {tuple(block_size)} voxels cannot be")
    words = np.frombuffer(content[: len(content) // 4 * 4], "<u4")
    blocks = math.prod(-(-n // b) for n, b in zip(shape[:3], block_size, strict=True))
    if len(words) < 1 or words[0] + 2 * blocks > len(words):
        raise DamagedChunkError("a chunk of compressed_segmentation ends in its headers")
    body = words[words[0] :]
    headers = body[: 2 * blocks].reshape(blocks, 2).astype(np.int64)
    tables, bits, values = headers[:, 0] & 0xFFFFFF, headers[:, 0] >> 24, headers[:, 1]
    if not np.isin(bits, _BITS).all():
        raise DamagedChunkError("a chunk of compressed_segmentation has a header that cannot be")
    voxels = math.prod(block_size)
    ends = values + -(-bits * voxels // 32)
    label_words = max(1, itemsize // 4)
    if (ends > len(body)).any() or (tables + label_words > len(body)).any():
        raise DamagedChunkError("a chunk of compressed_segmentation ends too early")
    # Only tables near the end can be too short for what their values point to.
    room = (len(body) - tables) // label_words
    for block in np.flatnonzero((bits > 0) & (2.0**bits > room)):
        packed = body[values[block] : ends[block]]
        if _largest(packed, int(bits[block])) >= room[block]:
            raise DamagedChunkError("a chunk of compressed_segmentation ends too early")


def _largest(packed: np.ndarray[Any, Any], bits: int) -> int:
    shifts = np.arange(0, 32, bits, dtype=np.uint32)
    mask = np.uint32(2**bits - 1)
    return int(((packed[:, None] >> shifts) & mask).max())


def _check_compresso(content: bytes, shape: Sequence[int], itemsize: int) -> None:
    """The chunk is of this shape and dtype, and has a window for each place of each slice."""
    if len(content) < _COMPRESSO_HEADER or not compresso.valid(content):
        raise DamagedChunkError("a chunk of compresso has no header")
    head = compresso.header(content)
    if [head["sx"], head["sy"], head["sz"]] != list(shape[:3]):
        raise DamagedChunkError("a chunk of compresso has another size than its volume says")
    if head["data_width"] != itemsize:
        raise DamagedChunkError("a chunk of compresso has another dtype than its volume says")
    steps = [head["xstep"], head["ystep"], head["zstep"]]
    if min(steps) < 1:
        raise DamagedChunkError("a chunk of compresso has a header that cannot be")
    window = np.dtype(compresso.window_dtype(head)).newbyteorder("<")
    before = (
        _COMPRESSO_HEADER
        + (head["id_size"] + head["location_size"]) * itemsize
        + head["value_size"] * window.itemsize
    )
    after = 0
    if head["format_version"] == 1:  # where each slice begins in the ids and in the locations
        after = 2 * head["sz"] * compresso.zindex_byte_width(head["sx"], head["sy"])
    room = len(content) - before - after
    if room < 0 or room % window.itemsize:
        raise DamagedChunkError("a chunk of compresso ends too early")
    windows = np.frombuffer(content, window, room // window.itemsize, before)
    is_run = (windows & 1).astype(bool)  # a run of empty windows
    count = np.count_nonzero(~is_run) + int((windows[is_run] >> 1).sum(dtype=np.uint64))
    if count != math.prod(-(-n // step) for n, step in zip(shape[:3], steps, strict=True)):
        raise DamagedChunkError("a chunk of compresso ends too early")
