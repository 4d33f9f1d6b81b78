"""Every encoding, dtype, axis order and way to a volume reads as plain numpy reads the array."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from celery import current_app
from cloudfiles.threaded_queue import ThreadedQueue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.datasets.domain import VolumeRef
from apps.datasets.gateways.volumes import ChunkUnreadableError, KeptAs, inspect_volume
from apps.voxels.cutouts import Region
from apps.voxels.geometry import AXIS_ORDERS, Box, Point
from apps.voxels.padding import IMAGE_PADDING, pad
from tests.datasets.volumes.stored import (
    IMAGES,
    OFFSET,
    RESOLUTION,
    SEGMENTATIONS,
    Voxels,
    blocky,
    opened,
    part,
    read,
    served,
    store,
)
from tests.real_data import REAL_DATA, needs_real_data

ALL = Box(OFFSET, Point(38, 114, 24))
BOXES = (
    ALL,
    Box(Point(-5, 70, 4), Point(-4, 71, 5)),  # one voxel, for which CloudVolume has another way
    Box(Point(-3, 79, 10), Point(5, 97, 20)),  # across borders of chunks
    Box(Point(30, 100, 20), Point(38, 114, 24)),  # up to the far end, where chunks are cut off
)


SHARDED = [
    ("raw", "uint8"),
    ("jpeg", "uint8"),
    ("png", "uint8"),
    ("compressed_segmentation", "uint64"),
    ("compresso", "uint32"),
]
CASES = [
    *[(*case, False) for case in [*IMAGES, *SEGMENTATIONS]],
    *[(*case, True) for case in SHARDED],
]


@pytest.mark.parametrize(("encoding", "dtype", "sharded"), CASES)
def test_boxes_are_those_of_the_array(
    tmp_path: Path, encoding: str, dtype: str, sharded: bool
) -> None:
    array = blocky(dtype)
    volume = store(tmp_path / "v", array, encoding, sharded=sharded)
    ways: tuple[KeptAs, ...] = ("raw", "same")
    for kept_as in ways:
        for box in (BOXES[2], *BOXES):  # the second time, chunks that were kept
            got = read(volume, box, kept_as=kept_as)
            assert got.dtype == array.dtype
            np.testing.assert_array_equal(got, part(array, box))
    with served(tmp_path) as server:
        behind_http = opened(f"{server.address}/v")
        np.testing.assert_array_equal(read(behind_http, ALL), array)
    assert any("bytes=" in asked for asked in server.asked) == sharded


@pytest.fixture(scope="module", params=AXIS_ORDERS)
def in_order(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[VolumeRef, Voxels]:
    """A volume stored in one of the six orders, and the array `(z, y, x)` that it is."""
    array = np.random.default_rng(7).integers(0, 2**16, (21, 50, 70)).astype(np.uint16)
    folder = tmp_path_factory.mktemp("orders") / request.param
    return store(folder, array, "raw", order=request.param), array


def test_all_orders_lie_alike(in_order: tuple[VolumeRef, Voxels]) -> None:
    volume, _ = in_order
    assert tuple(volume.grid.resolution) == RESOLUTION
    assert volume.grid.bounds == ALL


corners = st.builds(Point, st.integers(-60, 60), st.integers(40, 140), st.integers(-9, 36))
sizes = st.builds(Point, st.integers(1, 50), st.integers(1, 50), st.integers(1, 15))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lo=corners, size=sizes)
def test_what_is_cut_and_padded_equals_a_cut_of_the_padded_whole(
    in_order: tuple[VolumeRef, Voxels], lo: Point, size: Point
) -> None:
    volume, array = in_order
    wanted = Box(lo, Point(*(at + n for at, n in zip(lo, size, strict=True))))
    region = Region.within(wanted, volume.grid.bounds)
    got = pad(read(volume, region.stored).astype(np.uint16), region, IMAGE_PADDING)
    margin = 80
    surrounded = np.pad(array, margin, constant_values=IMAGE_PADDING)
    before = Point(*(at - margin for at in OFFSET))
    np.testing.assert_array_equal(got, part(surrounded, wanted, before))


@lru_cache(maxsize=1)
def _microns() -> VolumeRef:
    return opened(f"file://{REAL_DATA}/precomputed/test_seg_unsharded")


@needs_real_data("precomputed")
def test_a_real_segmentation_in_compresso_is_the_same_at_each_mip() -> None:
    """Mips of MICrONS: the labels of a coarse voxel are among those of the finer ones."""
    fine = _microns()
    assert tuple(fine.grid.resolution) == (8, 8, 40)
    assert fine.grid.bounds.size == (1024, 1024, 512)
    box = Box(Point(496, 496, 250), Point(560, 528, 260))  # across chunks
    voxels = read(fine, box)
    assert len(np.unique(voxels)) > 5
    coarse = opened_at(fine.address, 1)
    half = Box(Point(248, 248, 250), Point(280, 264, 260))
    labels = read(coarse, half)
    quarters = np.stack([voxels[:, y::2, x::2] for y in (0, 1) for x in (0, 1)])
    assert ((quarters == labels).any(axis=0)).mean() > 0.99


def opened_at(address: str, mip: int) -> VolumeRef:
    facts = inspect_volume(address, mip=mip, axis_order="xyz", field="neuron", timeout_s=20)
    return VolumeRef(address, mip, "xyz", facts.version, facts.grid)


def test_a_bucket_that_is_busy_is_asked_again(tmp_path: Path) -> None:
    array = blocky("uint8")
    store(tmp_path / "v", array, "raw")
    with served(tmp_path) as server:
        volume = opened(f"{server.address}/v")
        server.busy_for = 2
        box = BOXES[2]
        np.testing.assert_array_equal(read(volume, box, cache_mb=0), part(array, box))
        assert server.busy_for == 0


def test_a_bucket_that_stays_busy_is_given_up(tmp_path: Path) -> None:
    store(tmp_path / "v", blocky("uint8"), "raw")
    with served(tmp_path) as server:
        volume = opened(f"{server.address}/v")
        server.busy_for = 10_000
        with pytest.raises(ChunkUnreadableError, match="did not answer within 1 s"):
            read(volume, BOXES[2], cache_mb=0, timeout_s=1)
        assert len(server.asked) < 200  # with pauses that grow, not without end
        server.busy_for = 0


@pytest.mark.parametrize("kept_as", ["raw", "same"])
def test_no_more_chunks_are_kept_than_said(tmp_path: Path, kept_as: KeptAs) -> None:
    array = np.random.default_rng(3).integers(0, 256, (32, 256, 256)).astype(np.uint8)
    volume = store(tmp_path / "v", array, "raw", offset=Point(0, 0, 0), chunk=(64, 64, 32))
    chunks = [
        Box(Point(x, y, 0), Point(x + 64, y + 64, 32))
        for y in range(0, 256, 64)
        for x in range(0, 256, 64)
    ]
    for box in chunks:  # 2 MB in all
        read(volume, box, cache_mb=1, kept_as=kept_as)
    for path in tmp_path.glob("v/*_*_*/*"):
        path.unlink()
    np.testing.assert_array_equal(
        read(volume, chunks[-1], cache_mb=1, kept_as=kept_as),
        part(array, chunks[-1], Point(0, 0, 0)),
    )
    with pytest.raises(ChunkUnreadableError, match="is not stored"):
        read(volume, chunks[0], cache_mb=1, kept_as=kept_as)


def test_volumes_are_read_in_processes() -> None:
    """Some decoders hold the interpreter's lock: threads would wait for each other."""
    assert current_app.conf.worker_pool == "prefork"


def test_whoever_waits_for_a_shard_takes_short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cloud-files takes naps of 100 ms, three for each box of a sharded volume."""
    naps: list[float] = []
    napped = threading.Event()
    here, sleep = threading.current_thread(), time.sleep

    def nap(seconds: float) -> None:
        if threading.current_thread() is here:
            naps.append(seconds)
            napped.set()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", nap)
    with ThreadedQueue(n_threads=1) as queue:
        queue.put(lambda _: napped.wait(20))  # so that the second task has to wait
        queue.put(lambda _: None)
    assert naps
    assert max(naps) < 0.01
