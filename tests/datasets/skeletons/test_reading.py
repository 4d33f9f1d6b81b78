"""Skeletons of a dataset's neurons are read from their source once, and kept."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.test import override_settings

from apps.datasets.gateways.skeletons import read_swc_file
from apps.datasets.models import Dataset, SkeletonSource, StoredSkeleton, SwcFile
from apps.datasets.services import skeletons
from apps.datasets.services.skeleton_serving import SkeletonPendingError, skeleton_bytes
from apps.datasets.services.skeletons import (
    NoSkeletonError,
    SkeletonsAwayError,
    read_for_browsers,
    skeleton_of,
)
from tests.support.skeletons import FORK_SWC, fork, swc_source, write_precomputed_skeletons
from tests.support.web import Answer, Asked, web

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


def on_this_machine(timeout_s: int) -> override_settings:
    """Servers of this machine may be read, and are waited for so long."""
    changed = replace(
        settings.ENVIRONMENT,
        private_networks=(ip_network("127.0.0.0/8"),),
        read_timeout_s=timeout_s,
    )
    return override_settings(ENVIRONMENT=changed)


def test_a_server_that_fails_for_a_while_takes_no_skeleton_away(dataset: Dataset) -> None:
    """It is overloaded, and answers no more than that; then it is well again."""
    status = [503]

    def answer(asked: Asked) -> Answer:
        return Answer(status[0], FORK_SWC.encode() if status[0] == 200 else b"")

    with web(answer) as server, on_this_machine(timeout_s=1):
        SkeletonSource.objects.create(
            dataset=dataset, kind=SkeletonSource.Kind.SWC, address=server.address
        )
        with pytest.raises(SkeletonsAwayError, match=r"5\.swc did not come within 1 s"):
            skeleton_of(dataset, 5)
        status[0] = 401
        with pytest.raises(SkeletonsAwayError, match=r"5\.swc cannot be read: 401"):
            skeleton_of(dataset, 5)
    with web(answer) as server, on_this_machine(timeout_s=20):
        SkeletonSource.objects.update(address=server.address)
        status[0] = 404
        with pytest.raises(NoSkeletonError, match=r"no file 5\.swc"):
            skeleton_of(dataset, 5)
        status[0] = 200
        assert len(skeleton_of(dataset, 5)) == 6


def test_a_folder_or_a_source_that_is_gone_takes_no_skeleton_away(
    dataset: Dataset, tmp_path: Path
) -> None:
    """As where a disk is not mounted."""
    source = swc_source(dataset, tmp_path / "swc", {5: FORK_SWC})
    (tmp_path / "swc").rename(tmp_path / "away")
    with pytest.raises(SkeletonsAwayError, match="there is no folder"):
        skeleton_of(dataset, 5)
    source.kind = SkeletonSource.Kind.PRECOMPUTED
    source.save()
    with pytest.raises(SkeletonsAwayError, match="there is no info file"):
        skeleton_of(dataset, 5)
    source.kind = SkeletonSource.Kind.SWC
    source.save()
    (tmp_path / "away").rename(tmp_path / "swc")
    assert len(skeleton_of(dataset, 5)) == 6


def test_a_source_that_is_changed_while_it_is_read_is_asked_again(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swc_source(dataset, tmp_path, {5: FORK_SWC})
    read_file: Callable[..., object] = read_swc_file

    def read_and_change(*arguments: object) -> object:
        SkeletonSource.objects.update(version=2)
        return read_file(*arguments)

    monkeypatch.setattr(skeletons, "read_swc_file", read_and_change)
    with pytest.raises(SkeletonsAwayError, match="changed a moment ago"):
        skeleton_of(dataset, 5)
    assert len(skeleton_of(dataset, 5)) == 6


def test_a_browser_hears_that_the_source_is_away_and_asks_again(
    dataset: Dataset, tmp_path: Path
) -> None:
    swc_source(dataset, tmp_path / "swc", {5: FORK_SWC})
    (tmp_path / "swc").rename(tmp_path / "away")
    with pytest.raises(SkeletonPendingError, match="is being read"):
        skeleton_bytes(dataset, 5)
    read_for_browsers(dataset.pk, 5)
    with pytest.raises(SkeletonPendingError, match="there is no folder"):
        skeleton_bytes(dataset, 5)
    (tmp_path / "away").rename(tmp_path / "swc")
    read_for_browsers(dataset.pk, 5)
    assert skeleton_bytes(dataset, 5)
