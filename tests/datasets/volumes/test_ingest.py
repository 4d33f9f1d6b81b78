"""Files of laboratories become volumes that hold the same array, and coarser copies of it."""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
import zarr
from cloudvolume import CloudVolume
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from apps.datasets.services import ingestion
from apps.datasets.services.ingestion import IngestOrder, ingest_volume
from apps.voxels.geometry import AXIS_ORDERS, AxisOrder, Box, Point, Resolution
from apps.voxels.pyramids import blocks, coarsen, plan_levels

Voxels = npt.NDArray[np.generic]
NM = (4.0, 4.0, 40.0)


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small arrays are cut into many blocks too."""
    monkeypatch.setattr(ingestion, "BLOCK_BYTES", 40_000)


def gray(dtype: str = "uint8", shape: tuple[int, int, int] = (37, 90, 150)) -> Voxels:
    return np.random.default_rng(1).integers(0, np.iinfo(dtype).max, shape).astype(dtype)


def stored(folder: Path, mip: int = 0) -> Voxels:
    volume = CloudVolume(f"precomputed://file://{folder}", mip=mip, progress=False)
    return np.asarray(volume[:])[..., 0].transpose(2, 1, 0)


def command(*arguments: object) -> str:
    output = io.StringIO()
    call_command("ingest_volume", *map(str, arguments), stdout=output)
    return output.getvalue()


def order_of(source: Path, target: Path, **options: Any) -> IngestOrder:
    return IngestOrder(source, target, **{"kind": "image", "resolution": NM, **options})


def as_hdf5(folder: Path, array: Voxels) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("deep/em", data=array, chunks=(5, 30, 40), compression="gzip")
    return folder / "a.h5"


def as_npy(folder: Path, array: Voxels) -> Path:
    np.save(folder / "a.npy", array)
    return folder / "a.npy"


def as_npy_in_column_order(folder: Path, array: Voxels) -> Path:
    np.save(folder / "a.npy", np.asfortranarray(array))
    return folder / "a.npy"


def as_npz(folder: Path, array: Voxels) -> Path:
    np.savez_compressed(folder / "a.npz", em=array)
    return folder / "a.npz"


def as_npz_in_column_order(folder: Path, array: Voxels) -> Path:
    np.savez_compressed(folder / "a.npz", em=np.asfortranarray(array))
    return folder / "a.npz"


def as_zarr2(folder: Path, array: Voxels) -> Path:
    zarr.create_array(
        str(folder / "a.zarr"), data=array[None], chunks=(1, 9, 50, 60), zarr_format=2
    )
    return folder / "a.zarr"


def as_zarr3(folder: Path, array: Voxels) -> Path:
    group = zarr.open_group(str(folder / "a.zarr"), mode="w", zarr_format=3)
    group.create_array("em", data=array, chunks=(9, 50, 60), shards=(18, 100, 120))
    return folder / "a.zarr"


def as_tiff_folder(folder: Path, array: Voxels) -> Path:
    (folder / "slices").mkdir()
    for number, plane in enumerate(array):
        path = folder / "slices" / f"z{number}.tif"  # z9 comes before z10
        tifffile.imwrite(path, plane, compression="zlib")
    return folder / "slices"


def as_tiff_pages(folder: Path, array: Voxels) -> Path:
    tifffile.imwrite(folder / "a.tif", array, photometric="minisblack", compression="zlib")
    return folder / "a.tif"


def as_tiff_of_imagej(folder: Path, array: Voxels) -> Path:
    tifffile.imwrite(folder / "a.tif", array, imagej=True)
    return folder / "a.tif"


def as_tiff_in_lzw(folder: Path, array: Voxels) -> Path:
    first, *others = (Image.fromarray(plane) for plane in array)
    first.save(folder / "a.tiff", compression="tiff_lzw", save_all=True, append_images=others)
    return folder / "a.tiff"


FILES: list[Callable[[Path, Voxels], Path]] = [
    as_hdf5,
    as_npy,
    as_npy_in_column_order,
    as_npz,
    as_npz_in_column_order,
    as_zarr2,
    as_zarr3,
    as_tiff_folder,
    as_tiff_pages,
    as_tiff_of_imagej,
    as_tiff_in_lzw,
]


@pytest.mark.parametrize("write", FILES)
def test_each_kind_of_file_becomes_the_same_volume(
    tmp_path: Path, write: Callable[[Path, Voxels], Path]
) -> None:
    array = gray()
    printed = command(
        *(write(tmp_path, array), tmp_path / "v", "--kind", "image"),
        *("--resolution", *NM, "--offset", 7, -3, 100, "--chunk", 32, 32, 8, "--mips", 1),
    )
    np.testing.assert_array_equal(stored(tmp_path / "v"), array)
    assert printed == (
        f"precomputed://file://{tmp_path}/v: 150×90×37 voxels of 4×4×40 nm, uint8, "
        "1 coarser copies.\n"
    )
    volume = CloudVolume(f"file://{tmp_path}/v", progress=False)
    assert tuple(volume.voxel_offset) == (7, -3, 100)
    assert {"info", "4_4_40", "8_8_40"} <= {path.name for path in (tmp_path / "v").iterdir()}
    assert not (tmp_path / ".v.unfinished").exists()


def test_the_address_that_is_printed_can_be_given_on(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    target = f"file://{tmp_path}/here/../v"
    options = ("--kind", "image", "--resolution", *NM, "--mips", 0)
    printed = command(as_npy(tmp_path, gray()), target, *options)
    assert printed.startswith(f"precomputed://file://{tmp_path}/v: ")


@pytest.mark.parametrize("write", [as_npy, as_npz, as_npz_in_column_order])
@pytest.mark.parametrize("order", AXIS_ORDERS)
def test_arrays_in_any_axis_order(
    tmp_path: Path, order: str, write: Callable[[Path, Voxels], Path]
) -> None:
    array = gray(shape=(20, 45, 70))
    turned = array.transpose(2, 1, 0).transpose(AxisOrder(order).physical_to_stored)
    ingest_volume(
        order_of(write(tmp_path, turned), tmp_path / "v", axis_order=order, chunk=(32, 16, 8))
    )
    np.testing.assert_array_equal(stored(tmp_path / "v"), array)


@pytest.mark.parametrize(
    ("dtype", "options", "kept"),
    [
        ("uint16", {"encoding": "raw"}, "uint16"),
        ("uint8", {"encoding": "png"}, "uint8"),
        ("int16", {}, "uint16"),
        ("uint8", {"kind": "segmentation"}, "uint32"),
        ("bool", {"kind": "segmentation", "encoding": "compresso"}, "uint8"),
        ("uint16", {"kind": "segmentation", "encoding": "compresso"}, "uint16"),
        ("int64", {"kind": "segmentation"}, "uint64"),
        ("uint64", {"kind": "segmentation"}, "uint64"),
        (">u4", {"kind": "segmentation", "encoding": "raw"}, "uint32"),
    ],
)
def test_numbers_keep_their_values(
    tmp_path: Path, dtype: str, options: dict[str, Any], kept: str
) -> None:
    array = np.random.default_rng(2).integers(0, 2 if dtype == "bool" else 120, (9, 40, 50))
    source = as_npy(tmp_path, array.astype(dtype))
    volume = ingest_volume(order_of(source, tmp_path / "v", **options))
    assert volume.dtype == kept
    got = stored(tmp_path / "v")
    assert got.dtype == kept
    np.testing.assert_array_equal(got, array)


def test_the_largest_ids_are_exact(tmp_path: Path) -> None:
    array = np.full((4, 8, 8), 2**64 - 1, np.uint64)
    array[0] = 2**63 + 1
    ingest_volume(order_of(as_npy(tmp_path, array), tmp_path / "v", kind="segmentation", mips=1))
    np.testing.assert_array_equal(stored(tmp_path / "v"), array)
    np.testing.assert_array_equal(stored(tmp_path / "v", 1), array[:, :4, :4])


def test_floats_become_grays_of_a_window(tmp_path: Path) -> None:
    array = np.linspace(-0.5, 1.5, 4 * 30 * 30).reshape(4, 30, 30).astype(np.float32)
    ingest_volume(order_of(as_npy(tmp_path, array), tmp_path / "v", window=(0, 1)))
    expected = np.rint(np.clip(array, 0, 1) * 255)
    np.testing.assert_array_equal(stored(tmp_path / "v"), expected)


def test_a_file_of_cremi_becomes_its_volumes(tmp_path: Path) -> None:
    """Its background is the largest number; its attributes are z, y, x in nm."""
    labels = np.random.default_rng(3).integers(1, 9, (6, 40, 50)).astype(np.uint64)
    clefts = np.full(labels.shape, 2**64 - 1, np.uint64)
    clefts[2:4, 10:20, 10:20] = 5
    clefts[5] = 2**64 - 2
    with h5py.File(tmp_path / "sample.hdf", "w") as file:
        for name, array in (
            ("volumes/raw", gray(shape=(8, 60, 70))),
            ("volumes/labels/neuron_ids", labels),
            ("volumes/labels/clefts", clefts),
        ):
            dataset = file.create_dataset(name, data=array)
            dataset.attrs["resolution"] = (40.0, 4.0, 4.0)
        for name in ("neuron_ids", "clefts"):
            file[f"volumes/labels/{name}"].attrs["offset"] = (40.0, 24.0, 12.0)
    for _ in range(2):  # the second time, all is there
        printed = command(tmp_path / "sample.hdf", f"file://{tmp_path}/cremi")
        assert [line.split(":")[2].rsplit("/")[-1] for line in printed.splitlines()] == [
            *("image", "neuron", "cleft")
        ]
    got = CloudVolume(f"file://{tmp_path}/cremi/cleft", progress=False)
    assert tuple(got.resolution) == (4, 4, 40)
    assert tuple(got.voxel_offset) == (3, 6, 1)
    np.testing.assert_array_equal(stored(tmp_path / "cremi" / "neuron"), labels)
    np.testing.assert_array_equal(stored(tmp_path / "cremi" / "cleft"), np.where(clefts == 5, 5, 0))


def sides(most: int) -> st.SearchStrategy[tuple[int, int, int]]:
    return st.tuples(*[st.integers(1, most)] * 3)


offsets = st.builds(Point, *[st.integers(-5, 5)] * 3)
factors = st.builds(Point, *[st.integers(1, 2)] * 3)


@settings(max_examples=60)
@given(lo=offsets, shape=sides(7), factor=factors, seed=st.integers(0, 999))
def test_coarser_voxels_hold_the_mean_or_the_most_frequent(
    lo: Point, shape: tuple[int, int, int], factor: Point, seed: int
) -> None:
    """Against a loop over voxels; a voxel that is cut off counts those it has."""
    array = np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint16)
    finer: dict[tuple[int, ...], list[int]] = {}
    for place in np.ndindex(*shape):
        absolute = [p + start for p, start in zip(place, lo[::-1], strict=True)]
        coarse = tuple(a // f for a, f in zip(absolute, factor[::-1], strict=True))
        finer.setdefault(coarse, []).append(int(array[place]))
    first = tuple(min(place[axis] for place in finer) for axis in range(3))
    mean = coarsen(array, lo, factor, "image")
    mode = coarsen(array, lo, factor, "segmentation")
    assert mean.shape == mode.shape
    assert math.prod(mean.shape) == len(finer)
    for place, values in finer.items():
        here = tuple(p - start for p, start in zip(place, first, strict=True))
        assert mean[here] == math.floor(sum(values) / len(values) + 0.5)
        counts = Counter(values)
        assert counts[int(mode[here])] == max(counts.values())


@settings(max_examples=40)
@given(lo=offsets, size=sides(40), shape=sides(16))
def test_blocks_cover_each_voxel_once(
    lo: Point, size: tuple[int, int, int], shape: tuple[int, int, int]
) -> None:
    bounds = Box(lo, Point(*(at + n for at, n in zip(lo, size, strict=True))))
    seen = np.zeros(size, np.uint8)
    for slowest in range(3):
        for box in blocks(bounds, Point(*shape), slowest):
            part = [slice(a - s, b - s) for a, b, s in zip(box.lo, box.hi, lo, strict=True)]
            seen[tuple(part)] += 1
    assert (seen == 3).all()


def test_mips_become_cubes_and_keep_their_place() -> None:
    bounds = Box(Point(101, 0, -3), Point(1101, 900, 60))
    levels = plan_levels(Resolution(4, 4, 33), bounds, None)
    assert [tuple(level.resolution) for level in levels] == [
        *((4, 4, 33), (8, 8, 33), (16, 16, 33)),
    ]
    for finer, coarser in pairwise(levels):
        for axis, f in enumerate(coarser.factor):
            assert coarser.bounds.lo[axis] * f <= finer.bounds.lo[axis]
            assert coarser.bounds.hi[axis] * f >= finer.bounds.hi[axis]
            assert (coarser.bounds.lo[axis] + 1) * f > finer.bounds.lo[axis]


def test_a_volume_at_an_odd_place_has_mips_that_lie_over_it(tmp_path: Path) -> None:
    array = gray(shape=(9, 41, 53))
    ingest_volume(
        order_of(
            as_npy(tmp_path, array), tmp_path / "v", offset=(5, -7, 3), chunk=(16, 16, 4), mips=2
        )
    )
    wide = np.pad(array.astype(float), ((0, 0), (1, 0), (1, 0)), constant_values=np.nan)
    wide = np.pad(wide, ((0, 0), *((0, -n % 2) for n in wide.shape[1:])), constant_values=np.nan)
    got = stored(tmp_path / "v", 1)
    volume = CloudVolume(f"file://{tmp_path}/v", mip=1, progress=False)
    assert tuple(volume.voxel_offset) == (2, -4, 3)
    parts = [wide[:, y::2, x::2] for y, x in product((0, 1), (0, 1))]
    means = np.nanmean(np.stack(parts), axis=0)
    expected = np.floor(means + 0.5)[: got.shape[0], : got.shape[1], : got.shape[2]]
    np.testing.assert_array_equal(got, expected)
