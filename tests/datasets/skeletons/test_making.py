"""kimimaro makes skeletons of a neuron volume."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from apps.connectome.skeletons import heal, snap, walk
from apps.core.errors import InvalidInputError
from apps.datasets.gateways.precomputed_writer import write_precomputed
from apps.datasets.gateways.skeletons import (
    SkeletonsSilentError,
    SkeletonUnreadableError,
    making,
)
from apps.datasets.gateways.volumes import ChunkUnreadableError
from apps.datasets.models import Dataset, SkeletonSource, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.datasets.services.skeletons import NoSkeletonError, SkeletonsAwayError, skeleton_of
from apps.voxels.geometry import Box, Point, Resolution
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.volumes import PhantomFiles

pytestmark = pytest.mark.django_db
LARGE_ID = 2**63 + 11
SIZE_NM = (40.0, 40.0, 80.0)  # of a voxel; x, y, z
SHAPE = (24, 40, 60)  # z, y, x


def fork() -> np.ndarray:
    """A tube along x in the middle of y and z, from which another leaves along y: (z, y, x)."""
    z, y, x = np.indices(SHAPE)
    stem = ((y - 12) ** 2 + (2 * (z - 12)) ** 2 <= 25) & (x >= 4) & (x < 56)
    branch = ((x - 30) ** 2 + (2 * (z - 12)) ** 2 <= 25) & (y >= 12) & (y < 37)
    labels = np.zeros(SHAPE, np.uint64)
    labels[stem | branch] = LARGE_ID
    labels[0, 0, 0] = 7
    return labels


@pytest.fixture
def dataset(phantom_files: PhantomFiles, tmp_path: Path) -> Dataset:
    """Its neuron volume has the fork, beside a speck, away from the origin."""
    neuron = write_precomputed(
        tmp_path / "neuron",
        fork(),
        kind="segmentation",
        resolution_nm_xyz=SIZE_NM,
        encoding="raw",
        mips=[fork()[::2, ::2, ::2]],
    )
    kinds = (
        (Volume.Kind.IMAGE, phantom_files.image),
        (Volume.Kind.CLEFT, phantom_files.cleft),
        (Volume.Kind.NEURON, neuron),
    )
    volumes = [VolumeInput(kind, address) for kind, address in kinds]
    dataset = create_dataset("tubes", volumes, phantom_files.table).dataset
    SkeletonSource.objects.create(dataset=dataset, kind=SkeletonSource.Kind.KIMIMARO, twig_nm=200.0)
    return dataset


def test_a_tube_that_forks_has_three_sections_along_its_middle(dataset: Dataset) -> None:
    tree = skeleton_of(dataset, LARGE_ID)
    way = walk(tree)
    assert len(way.sections) == 3
    middle = np.array([(x, 12, 12) for x in range(8, 52)] + [(30, y, 12) for y in range(12, 33)])
    distances = snap(way, (middle + 0.5) * SIZE_NM).distance_nm
    assert distances.max() <= np.linalg.norm(SIZE_NM)  # about a voxel
    assert (tree.radii_nm > 0).all()
    for root_id, sentence in ((7, "it is too small"), (8, "holds no voxel of neuron 8")):
        with pytest.raises(NoSkeletonError, match=sentence):
            skeleton_of(dataset, root_id)


def test_a_volume_that_is_too_large_says_so(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its coarser mip is tried before; both have more."""
    monkeypatch.setattr(making, "MOST_VOXELS", 1000)
    with pytest.raises(NoSkeletonError, match=r"has 7,200 voxels at mip 1, of at most 1,000;"):
        skeleton_of(dataset, LARGE_ID)
    monkeypatch.undo()
    monkeypatch.setattr(making, "MOST_IN_MASK", 100)
    with pytest.raises(
        NoSkeletonError, match=r"the box around neuron \d+ has at least [\d,]+ voxels at mip 1, of"
    ):
        skeleton_of(dataset, LARGE_ID)


@pytest.mark.parametrize(("limit", "most"), [("MOST_VOXELS", 10_000), ("MOST_IN_MASK", 5_000)])
def test_a_neuron_that_is_too_large_is_made_of_a_coarser_mip(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(making, limit, most)
    monkeypatch.setattr(making, "_DUST", 100)
    tree = skeleton_of(dataset, LARGE_ID)
    ends = (np.array([(8, 12, 12), (51, 12, 12), (30, 32, 12)]) + 0.5) * SIZE_NM
    assert snap(walk(tree), ends).distance_nm.max() <= 2 * np.linalg.norm(SIZE_NM)
    steps = (tree.vertices_nm - tree.vertices_nm[0]) / (2 * np.array(SIZE_NM))
    assert np.allclose(steps, steps.round())  # whole voxels of mip 1


def test_a_volume_that_does_not_answer_takes_no_skeleton_away(
    dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "neuron").rename(tmp_path / "away")
    with pytest.raises(SkeletonsAwayError, match=r"the volume at .* cannot be opened"):
        skeleton_of(dataset, LARGE_ID)
    (tmp_path / "away").rename(tmp_path / "neuron")
    assert len(walk(skeleton_of(dataset, LARGE_ID)).sections) == 3


@pytest.mark.parametrize(
    ("cause", "passes"), [(ConnectionError("reset"), True), (ValueError("no gzip"), False)]
)
def test_a_chunk_that_does_not_come_is_told_from_a_damaged_one(
    cause: Exception, passes: bool
) -> None:
    def read(_: Box) -> np.ndarray:
        raise ChunkUnreadableError("A part of it cannot be read.") from cause

    bounds = Box(Point(0, 0, 0), Point(16, 16, 16))
    scale = making.LabelScale(0, read, bounds, Resolution(10, 10, 10))
    with pytest.raises(SkeletonUnreadableError, match="A part of it") as refused:
        making.make_skeleton([scale], 1)
    assert isinstance(refused.value, SkeletonsSilentError) == passes


def test_blocks_are_not_kept_beyond_the_largest_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """The neuron is everywhere: what was read before it is clear is little of the volume."""
    monkeypatch.setattr(making, "MOST_IN_MASK", 2 * 16**3)
    monkeypatch.setattr(making, "_BLOCK", 16)
    read: list[Box] = []

    def everywhere(box: Box) -> np.ndarray:
        read.append(box)
        return np.ones(box.size[::-1], np.uint64)

    bounds = Box(Point(0, 0, 0), Point(160, 160, 160))
    scale = making.LabelScale(0, everywhere, bounds, Resolution(10, 10, 10))
    with pytest.raises(InvalidInputError, match="at least 12,288 voxels at mip 0"):
        making.make_skeleton([scale], 1)
    assert len(read) == 3


def test_without_kimimaro_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kimimaro", None)
    with pytest.raises(InvalidInputError, match="kimimaro is not installed on this server"):
        making.check_can_make()


@needs_real_data("fib25")
def test_the_skeleton_of_a_real_neurite_runs_inside_of_it() -> None:
    """A corner of FIB-25, at 10 nm."""
    with np.load(REAL_DATA / "fib25" / "segmentations.npz") as real:
        labels: np.ndarray = real["ground_truth"][100:160, 100:160, 100:160]
    ids, counts = np.unique(labels, return_counts=True)
    root_id = int(ids[np.argmax(np.where(ids == 0, 0, counts))])
    lo = Point(1000, 2000, 3000)

    def read(box: Box) -> np.ndarray:
        x, y, z = (
            slice(low - at, high - at) for low, high, at in zip(box.lo, box.hi, lo, strict=True)
        )
        found: np.ndarray = labels[z, y, x]
        return found

    bounds = Box(lo, Point(1060, 2060, 3060))
    scale = making.LabelScale(0, read, bounds, Resolution(10, 10, 10))
    tree = heal(making.make_skeleton([scale], root_id))
    x, y, z = (np.floor(tree.vertices_nm / 10).astype(int) - lo).T
    assert (labels[z, y, x] == root_id).mean() > 0.99
    assert tree.length_nm > 600  # it crosses the corner
