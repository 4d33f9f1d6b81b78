"""Skeletons of a dataset's neurons are read from their source once, and kept."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from apps.datasets.models import Dataset, SkeletonSource, StoredSkeleton, SwcFile
from apps.datasets.services.skeletons import NoSkeletonError, skeleton_of
from tests.support.skeletons import FORK_SWC, fork, swc_source, write_precomputed_skeletons

pytestmark = pytest.mark.django_db
LARGE_ID = 2**63 + 11  # as root ids of CAVE may be


@pytest.fixture
def dataset() -> Dataset:
    return Dataset.objects.create(name="cortex")


def test_a_dataset_whose_skeletons_nobody_named_says_so(dataset: Dataset) -> None:
    with pytest.raises(NoSkeletonError, match=r"Nobody has said .* dataset 'cortex'"):
        skeleton_of(dataset, 5)


def test_a_neuron_is_read_from_swc_pruned_and_kept(dataset: Dataset, tmp_path: Path) -> None:
    swc_source(dataset, tmp_path, {LARGE_ID: FORK_SWC})
    tree = skeleton_of(dataset, LARGE_ID)
    assert len(tree) == 6  # without the twig of 1 µm
    assert tree.soma == 0
    assert tree.length_nm == pytest.approx(60_000)
    (tmp_path / f"{LARGE_ID}.swc").unlink()
    again = skeleton_of(dataset, LARGE_ID)
    assert np.array_equal(again.vertices_nm, tree.vertices_nm)
    assert np.array_equal(again.edges, tree.edges)
    assert np.array_equal(again.radii_nm, tree.radii_nm)
    assert StoredSkeleton.objects.get().root_id == LARGE_ID


def test_files_in_micrometres_need_their_scale(dataset: Dataset, tmp_path: Path) -> None:
    source = swc_source(dataset, tmp_path, {5: "1 1 0 0 0 2 -1\n2 3 0 0 10 .5 1\n"})
    source.nm_per_unit = 1000
    source.save()
    tree = skeleton_of(dataset, 5)
    assert tree.length_nm == 10_000
    assert tree.radii_nm.tolist() == [2000, 500]


def test_a_neuron_without_a_file_and_a_damaged_one_say_so(dataset: Dataset, tmp_path: Path) -> None:
    swc_source(dataset, tmp_path, {5: "1 1 0 0 0 4 -1\n2 3 0 0 nan 1 1\n"})
    with pytest.raises(NoSkeletonError, match=r"there is no file 6\.swc at file://"):
        skeleton_of(dataset, 6)
    with pytest.raises(NoSkeletonError, match=r"5\.swc, line 2: z is nan, which is no place"):
        skeleton_of(dataset, 5)
    with pytest.raises(NoSkeletonError, match="the background"):
        skeleton_of(dataset, 0)
    assert not StoredSkeleton.objects.exists()


def test_a_file_that_was_sent_is_read(dataset: Dataset) -> None:
    source = SkeletonSource.objects.create(dataset=dataset, kind=SkeletonSource.Kind.FILES)
    packed = gzip.compress(FORK_SWC.encode())
    SwcFile.objects.create(source=source, root_id=LARGE_ID, name="a.swc", content=packed)
    assert len(skeleton_of(dataset, LARGE_ID)) == 6
    with pytest.raises(NoSkeletonError, match=r"no 7\.swc"):
        skeleton_of(dataset, 7)


def test_a_precomputed_source_is_read(dataset: Dataset, tmp_path: Path) -> None:
    address = write_precomputed_skeletons(tmp_path, {LARGE_ID: fork()})
    SkeletonSource.objects.create(
        dataset=dataset, kind=SkeletonSource.Kind.PRECOMPUTED, address=address
    )
    tree = skeleton_of(dataset, LARGE_ID)
    assert tree.length_nm == pytest.approx(60_000)
    assert tree.radii_nm[0] == 4000
    with pytest.raises(NoSkeletonError, match="there is none of neuron 6 at file://"):
        skeleton_of(dataset, 6)
