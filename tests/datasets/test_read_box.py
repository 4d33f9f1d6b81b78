"""Boxes read from volumes agree with plain numpy, in every encoding and axis order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from apps.core.errors import InvalidInputError
from apps.datasets.domain import VolumeRef
from apps.datasets.gateways.precomputed_writer import Encoding, Kind, write_precomputed
from apps.datasets.gateways.volumes import (
    ChunkUnreadableError,
    forget_readers,
    inspect_volume,
    read_box,
)
from apps.datasets.models import Dataset, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.voxels.geometry import AXIS_ORDERS, AxisOrder, Box, Point
from tests.support.volumes import PhantomFiles

SIZE = Point(70, 50, 21)
OFFSET = Point(-32, 64, 3)
RESOLUTION = (4.0, 8.0, 33.0)
BOXES = (
    Box(OFFSET, Point(38, 114, 24)),  # all of it
    Box(Point(-5, 70, 4), Point(-4, 71, 5)),  # one voxel
    Box(Point(-3, 79, 10), Point(5, 97, 20)),  # across borders of chunks
    Box(Point(30, 100, 20), Point(38, 114, 24)),  # up to the far end, where chunks are cut off
)


def voxels(kind: Kind) -> npt.NDArray[np.generic]:
    """`(z, y, x)`: noise as an image, two objects as labels."""
    shape = (SIZE.z, SIZE.y, SIZE.x)
    if kind == "image":
        return np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    labels = np.zeros(shape, dtype=np.uint64)
    labels[2:12, 10:30, 20:50] = 7
    labels[15:, 40:, 60:] = 2**63 + 1
    return labels


def stored(folder: Path, kind: Kind, encoding: Encoding, order: str = "xyz") -> VolumeRef:
    """Write the voxels with their axes in `order`, as a volume that then says nothing of it."""
    axes = AxisOrder(order)
    array = voxels(kind).transpose(2, 1, 0).transpose(axes.physical_to_stored)
    first, second, third = (RESOLUTION[axis] for axis in axes.physical_to_stored)
    address = write_precomputed(
        folder / f"{kind}-{encoding}-{order}",
        array.transpose(2, 1, 0),
        kind=kind,
        resolution_nm_xyz=(first, second, third),
        encoding=encoding,
        voxel_offset_xyz=axes.to_stored(OFFSET),
        chunk_xyz=(32, 16, 8),
    )
    bare = address.removeprefix("precomputed://")
    facts = inspect_volume(bare, mip=0, axis_order=order, field="image", timeout_s=5)
    return VolumeRef(bare, 0, order, facts.version, facts.grid)


def read(volume: VolumeRef, box: Box, cache_mb: int = 8) -> npt.NDArray[np.generic]:
    return read_box(volume, box, cache_mb=cache_mb, timeout_s=5)


def expected(kind: Kind, box: Box) -> npt.NDArray[np.generic]:
    (x0, y0, z0), (x1, y1, z1) = (
        [at - low for at, low in zip(edge, OFFSET, strict=True)] for edge in (box.lo, box.hi)
    )
    return voxels(kind)[z0:z1, y0:y1, x0:x1]


@pytest.mark.parametrize("cache_mb", [0, 8])
@pytest.mark.parametrize(
    ("kind", "encoding"),
    [("image", "raw"), ("segmentation", "raw"), ("segmentation", "compressed_segmentation")],
)
def test_boxes_are_those_of_the_array(
    tmp_path: Path, kind: Kind, encoding: Encoding, cache_mb: int
) -> None:
    volume = stored(tmp_path, kind, encoding)
    for box in BOXES * 2:
        np.testing.assert_array_equal(read(volume, box, cache_mb), expected(kind, box))


@pytest.mark.parametrize("order", AXIS_ORDERS)
def test_volumes_stored_in_any_axis_order_read_alike(tmp_path: Path, order: str) -> None:
    volume = stored(tmp_path, "image", "raw", order)
    assert tuple(volume.grid.resolution) == RESOLUTION
    assert volume.grid.bounds == BOXES[0]
    for box in BOXES:
        np.testing.assert_array_equal(read(volume, box), expected("image", box))


def test_chunks_are_read_once_while_they_are_kept(tmp_path: Path) -> None:
    volume = stored(tmp_path, "image", "raw")
    before = read(volume, BOXES[0])
    for chunk in Path(volume.address.removeprefix("file://")).rglob("*_*_*.gz"):
        chunk.unlink()
    np.testing.assert_array_equal(read(volume, BOXES[0]), before)
    forget_readers()
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOXES[0])


def test_a_chunk_that_was_never_stored_is_missing_data(tmp_path: Path) -> None:
    volume = stored(tmp_path, "segmentation", "compressed_segmentation")
    chunks = Path(volume.address.removeprefix("file://")).rglob("*_*_*.gz")
    next(chunks).unlink()
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOXES[0])


def test_of_a_sparse_volume_it_is_background(tmp_path: Path) -> None:
    volume = replace(stored(tmp_path, "segmentation", "compressed_segmentation"), is_sparse=True)
    for chunk in Path(volume.address.removeprefix("file://")).rglob("*_*_*.gz"):
        chunk.unlink()
    assert not read(volume, BOXES[0]).any()


def test_an_image_is_never_sparse(phantom_files: PhantomFiles, db: None) -> None:
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, phantom_files.image, is_sparse=True),
        VolumeInput(Volume.Kind.CLEFT, phantom_files.cleft, is_sparse=True),
    ]
    with pytest.raises(InvalidInputError, match="image: an image cannot be sparse"):
        create_dataset("sparse", volumes, phantom_files.table)
    assert not Dataset.objects.exists()
