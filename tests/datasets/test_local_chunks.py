"""Volumes on the local disk are read as CloudVolume reads them, chunk for chunk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from cloudvolume import CloudVolume

from apps.datasets.gateways.local_chunks import (
    Chunk,
    ChunkCache,
    ChunkMissingError,
    LocalVolume,
    Triple,
)
from apps.datasets.gateways.precomputed_writer import Encoding, Kind, write_precomputed

SIZE_ZYX = (21, 50, 70)
OFFSET = (-32, 64, 3)
CHUNK = (32, 16, 8)
PLENTY = 10**9
BOXES: tuple[tuple[Triple, Triple], ...] = (
    ((-32, 64, 3), (38, 114, 24)),  # all of it
    ((-5, 70, 4), (-4, 71, 5)),  # one voxel
    ((-3, 79, 10), (5, 97, 20)),  # across borders of chunks
    ((30, 100, 20), (38, 114, 24)),  # up to the far end, where chunks are cut off
)


def some_voxels(kind: Kind) -> npt.NDArray[np.generic]:
    random = np.random.default_rng(5)
    if kind == "image":
        return random.integers(0, 256, SIZE_ZYX, dtype=np.uint8)
    labels = np.zeros(SIZE_ZYX, dtype=np.uint32)
    labels[2:12, 10:30, 20:50] = 7
    labels[15:, 40:, 60:] = 900_000
    return labels


def opened(folder: Path, kind: Kind, encoding: Encoding) -> tuple[CloudVolume, LocalVolume]:
    address = write_precomputed(
        folder / "volume",
        some_voxels(kind),
        kind=kind,
        resolution_nm_xyz=(8, 8, 32),
        encoding=encoding,
        voxel_offset_xyz=OFFSET,
        chunk_xyz=CHUNK,
    )
    volume = CloudVolume(address, progress=False, bounded=True)
    local = LocalVolume.of(volume)
    assert local is not None
    return volume, local


def test_it_reads_the_same_as_cloudvolume(tmp_path: Path) -> None:
    pairs: tuple[tuple[Kind, Encoding], ...] = (
        ("image", "jpeg"),
        ("image", "raw"),
        ("segmentation", "compressed_segmentation"),
        ("segmentation", "raw"),
    )
    for kind, encoding in pairs:
        volume, local = opened(tmp_path / kind / encoding, kind, encoding)
        for cache_bytes in (0, 5_000, PLENTY):
            cache = ChunkCache()
            for lo, hi in BOXES * 2:
                expected = volume[tuple(slice(*edge) for edge in zip(lo, hi, strict=True))]
                voxels = local.read(lo, hi, cache, cache_bytes)
                np.testing.assert_array_equal(voxels, expected[..., 0])
                assert voxels.dtype == expected.dtype


def test_chunks_are_decoded_once_while_there_is_room(tmp_path: Path) -> None:
    _, local = opened(tmp_path, "image", "raw")
    lo, hi = BOXES[0]
    cache = ChunkCache()
    before = local.read(lo, hi, cache, PLENTY)
    for path in local.folder.iterdir():
        path.unlink()
    np.testing.assert_array_equal(local.read(lo, hi, cache, PLENTY), before)
    cache.clear()
    with pytest.raises(ChunkMissingError, match=r"the chunk .* is missing"):
        local.read(lo, hi, cache, PLENTY)


def test_chunks_in_other_compressions_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "volume"
    voxels = some_voxels("image")
    volume = CloudVolume.from_numpy(
        voxels.transpose(2, 1, 0)[..., None],
        vol_path=f"file://{folder}",
        resolution=(8, 8, 32),
        chunk_size=CHUNK,
        layer_type="image",
        compress="br",
        progress=False,
    )
    local = LocalVolume.of(volume)
    assert local is not None
    assert any(path.suffix == ".br" for path in local.folder.iterdir())
    x, y, z = voxels.shape[::-1]
    read = local.read((0, 0, 0), (x, y, z), ChunkCache(), 0)
    np.testing.assert_array_equal(read, voxels.transpose(2, 1, 0))


def test_the_cache_keeps_to_its_limit() -> None:
    cache = ChunkCache()
    chunk = Chunk((0, 0, 0), (10, 10, 10), np.ones((10, 10, 10), dtype=np.uint8))
    paths = [Path(str(number)) for number in range(5)]
    for path in paths[:3]:
        cache.put(path, chunk, 3 * chunk.cost)
    assert cache.get(paths[0]) is chunk  # used just now: the next oldest goes first
    cache.put(paths[3], chunk, 3 * chunk.cost)
    assert [cache.get(path) is not None for path in paths] == [True, False, True, True, False]


def test_an_empty_chunk_is_kept_as_nothing() -> None:
    chunk = Chunk((8, 8, 8), (16, 16, 16), np.zeros((8, 8, 8), dtype=np.uint32)).trimmed()
    assert chunk.voxels.size == 0
    voxels = np.zeros((4, 4, 4), dtype=np.uint32)
    chunk.copy_into(voxels, (10, 10, 10), (14, 14, 14))
    assert not voxels.any()


def test_volumes_of_other_kinds_are_left_to_cloudvolume(tmp_path: Path) -> None:
    info = CloudVolume.create_new_info(
        num_channels=1,
        layer_type="image",
        data_type="uint8",
        encoding="raw",
        resolution=(8, 8, 32),
        voxel_offset=(0, 0, 0),
        volume_size=(64, 64, 16),
        chunk_size=CHUNK,
    )
    shards = {"@type": "neuroglancer_uint64_sharded_v1", "hash": "identity"}
    bits = {"preshift_bits": 1, "minishard_bits": 1, "shard_bits": 1}
    sharded = {**info, "scales": [{**info["scales"][0], "sharding": {**shards, **bits}}]}
    coloured = {**info, "num_channels": 3}
    for other in (sharded, coloured):
        assert LocalVolume.of(CloudVolume(f"file://{tmp_path}", info=other)) is None
    assert LocalVolume.of(CloudVolume(f"file://{tmp_path}", info=info)) is not None
