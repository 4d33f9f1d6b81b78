"""A chunk that is damaged is never shown: cut off, changed, packed badly."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import brotli
import compressed_segmentation
import compresso
import numpy as np
import pytest
import zstandard
from cloudfiles.exceptions import DecompressionError
from cloudvolume import chunks
from hypothesis import given
from hypothesis import strategies as st

from apps.datasets.gateways.guarded.limits import TooLargeError
from apps.datasets.gateways.guarded.unpacking import unpack
from apps.datasets.gateways.volumes import ChunkUnreadableError, forget_readers
from apps.datasets.gateways.volumes.checked_chunks import check_chunk
from apps.datasets.gateways.volumes.errors import DamagedChunkError
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import blocky, read, store

BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))
LABELS = blocky("uint32", (16, 40, 60))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-20],
        lambda content: content[:1],
        lambda content: b"",
    ],
    ids=["half", "all but 20 bytes", "a byte", "nothing"],
)
@pytest.mark.parametrize(
    ("encoding", "dtype"),
    [
        ("raw", "uint8"),
        ("jpeg", "uint8"),
        ("png", "uint8"),
        ("compressed_segmentation", "uint64"),
        ("compresso", "uint32"),
    ],
)
def test_a_chunk_that_ends_too_early(
    tmp_path: Path, encoding: str, dtype: str, damage: Callable[[bytes], bytes]
) -> None:
    volume = store(tmp_path / "v", blocky(dtype), encoding)
    for path in tmp_path.glob("v/*_*_*/*"):
        is_packed = path.suffix == ".gz"
        content = gzip.decompress(path.read_bytes()) if is_packed else path.read_bytes()
        content = damage(content)
        path.write_bytes(gzip.compress(content) if is_packed else content)
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOX)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:20] + b"\xff" * (len(content) - 20),
        lambda content: b"not packed at all",
    ],
    ids=["half", "all but a byte", "other bytes", "no compression"],
)
@pytest.mark.parametrize("suffix", PACKERS)
def test_a_chunk_whose_compression_is_damaged(
    tmp_path: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    volume = store(tmp_path / "v", blocky("uint8"), "raw")
    whole = read(volume, BOX)
    chunks_packed = {}
    for path in tmp_path.glob("v/*_*_*/*"):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        path.unlink()
        packed = path.with_name(f"{path.name.removesuffix('.gz')}.{suffix}")
        chunks_packed[packed] = PACKERS[suffix](content)
        packed.write_bytes(chunks_packed[packed])
    forget_readers()
    assert (read(volume, BOX) == whole).all()
    for path, content in chunks_packed.items():
        path.write_bytes(damage(content))
    forget_readers()
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOX)


@pytest.mark.parametrize("is_told", [True, False], ids=["size told", "size not told"])
def test_what_zstd_leaves_out_is_missed(is_told: bool) -> None:
    content = np.random.default_rng(5).bytes(300_000)
    packed = zstandard.ZstdCompressor(write_content_size=is_told).compress(content)
    assert unpack(packed, "zstd", "chunk", most=300_000) == content
    for length in (len(packed) - 1, len(packed) // 2, 200_000, 3):
        with pytest.raises(DecompressionError):
            unpack(packed[:length], "zstd", "chunk")
    with pytest.raises(TooLargeError):
        unpack(packed, "zstd", "chunk", most=299_999)


def encoded(encoding: str) -> bytes:
    voxels = np.asfortranarray(LABELS.T)
    if encoding == "compresso":
        return bytes(compresso.compress(voxels))
    return bytes(compressed_segmentation.compress(voxels, block_size=(8, 8, 8), order="F"))


@pytest.mark.parametrize("encoding", ["compressed_segmentation", "compresso"])
def test_labels_that_end_anywhere_too_early_are_refused(encoding: str) -> None:
    whole = encoded(encoding)
    shape = (*LABELS.shape[::-1], 1)
    check_chunk(whole, encoding, shape, np.uint32)
    for length in range(1, len(whole)):
        with pytest.raises(DamagedChunkError):
            check_chunk(whole[:length], encoding, shape, np.uint32)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_never_lead_beyond_the_chunk(changes: list[tuple[int, int]]) -> None:
    """Without the check, the decoder ends the process of this test."""
    content = bytearray(encoded("compressed_segmentation"))
    for place, value in changes:
        content[place % len(content)] = value
    shape = (*LABELS.shape[::-1], 1)
    try:
        check_chunk(bytes(content), "compressed_segmentation", shape, np.uint32)
    except DamagedChunkError:
        return
    got = chunks.decode(
        bytes(content), "compressed_segmentation", shape, np.uint32, block_size=(8, 8, 8)
    )
    assert got.shape == shape
