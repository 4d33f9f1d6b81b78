"""What cannot become a volume is refused with a sentence, and no volume is there afterwards."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from django.core.management import CommandError, call_command

from apps.core.errors import ConflictError, InvalidInputError
from apps.datasets.gateways.ingest_target import IngestTarget
from apps.datasets.services.ingestion import IngestOrder, ingest_volume
from tests.datasets.volumes.test_ingest import NM, as_npy, as_tiff_pages, gray, stored

SMALL = (4, 20, 30)


class Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def refused(source: Path, target: Path, **options: Any) -> str:
    order = IngestOrder(source, target, **{"kind": "image", "resolution": NM, **options})
    with pytest.raises(InvalidInputError) as raised:
        ingest_volume(order)
    assert not target.exists()
    assert not target.with_name(f".{target.name}.unfinished").exists()
    return raised.value.sentence


@pytest.mark.parametrize(
    ("dtype", "value", "options", "sentence"),
    [
        ("float32", 0.5, {}, "an image holds uint8 or uint16 and this is float32; --window"),
        ("uint32", 1, {}, "an image holds uint8 or uint16 and this is uint32; --window"),
        ("uint16", 1, {"encoding": "jpeg"}, "jpeg holds uint8 and this is uint16"),
        ("float32", np.nan, {"window": (0, 1)}, "a.npy: it holds nan, at x 7, y 5, z 2."),
        ("float64", np.inf, {"window": (0, 1)}, "a.npy: it holds inf, at x 7, y 5, z 2."),
        ("int16", -4, {}, "a.npy: it holds -4, at x 7, y 5, z 2; volumes have no negative"),
        ("int64", -1, {"kind": "segmentation"}, "it holds -1, at x 7, y 5, z 2; volumes"),
        ("float32", 1, {"kind": "segmentation"}, "labels are whole numbers and this is float32"),
        ("complex64", 1, {}, "a.npy holds complex64, which are no numbers"),
        ("U4", "abc", {}, "a.npy holds <U4, which are no numbers"),
        ("uint8", 1, {"encoding": "compresso"}, "encoding: compresso of image; it must be one of"),
        ("uint8", 1, {"resolution": None}, "resolution: the file does not say it"),
        ("uint8", 1, {"resolution": (4, 0, 4)}, "resolution: the resolution along y is 0 nm"),
        ("uint8", 1, {"axis_order": "zzy"}, "axis_order: the axis order is 'zzy'"),
        ("uint8", 1, {"chunk": (0, 64, 64)}, "chunk: (0, 64, 64) must be > 0"),
        ("uint8", 1, {"chunk": (4096, 4096, 64)}, "chunk: (4096, 4096, 64) must be > 0 and hold"),
        ("uint8", 1, {"mips": 40}, "mips: 40 is not between 0 and 12"),
        ("uint8", 1, {"offset": (2**31, 0, 0)}, "offset: (2147483648, 0, 0) puts the volume"),
        ("uint8", 1, {"window": (3, 3)}, "window: (3, 3) must rise"),
        ("uint8", 1, {"dataset": "em"}, "dataset: a.npy is one array and has no 'em'"),
    ],
)
def test_an_array_that_cannot_be_stored(
    tmp_path: Path, dtype: str, value: Any, options: dict[str, Any], sentence: str
) -> None:
    array = np.zeros(SMALL, dtype)
    array[2, 5, 7] = value
    assert sentence in refused(as_npy(tmp_path, array), tmp_path / "v", **options)


@pytest.mark.parametrize("shape", [(5, 6), (2, 5, 6, 7), (0, 4, 4), ()])
def test_an_array_without_three_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    sentence = refused(as_npy(tmp_path, np.zeros(shape, np.uint8)), tmp_path / "v")
    assert "a.npy has" in sentence or "a.npy is empty" in sentence


def test_pickles_in_numpy_files_are_never_run(tmp_path: Path) -> None:
    trap = np.array([[[Trap(tmp_path / "sprung")]]], dtype=object)
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    np.savez(tmp_path / "a.npz", a=trap)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    for name in ("a.npy", "a.npz"):
        assert "holds object, which are no numbers" in refused(tmp_path / name, tmp_path / "v")
    assert "b.npy is no array of numpy" in refused(tmp_path / "b.npy", tmp_path / "v")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("role", ["filters", "compressor"])
def test_pickles_in_chunks_of_zarr_are_never_run(tmp_path: Path, role: str) -> None:
    """A codec of an array of plain bytes may load pickles."""
    folder = tmp_path / "a.zarr"
    zarr.create_array(str(folder), data=gray(shape=SMALL), chunks=SMALL, zarr_format=2)
    metadata = json.loads((folder / ".zarray").read_text())
    codec = {"id": "pickle", "protocol": 2}
    metadata |= {"compressor": None, "filters": None}
    metadata[role] = [codec] if role == "filters" else codec
    (folder / ".zarray").write_text(json.dumps(metadata))
    (folder / "0.0.0").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    sentence = refused(folder, tmp_path / "v")
    assert "a.zarr is stored as pickles" in sentence or "cannot be opened as zarr" in sentence
    assert not (tmp_path / "sprung").exists()


def in_colour(folder: Path) -> Path:
    tifffile.imwrite(folder / "a.tif", np.zeros((5, 20, 30, 3), np.uint8), photometric="rgb")
    return folder / "a.tif"


def with_a_palette(folder: Path) -> Path:
    palette = np.zeros((3, 256), np.uint16)
    pixels = np.zeros((20, 30), np.uint8)
    tifffile.imwrite(folder / "a.tif", pixels, photometric="palette", colormap=palette)
    return folder / "a.tif"


def with_slices_that_differ(folder: Path) -> Path:
    (folder / "slices").mkdir()
    for number in range(3):
        width = 31 if number == 2 else 30
        pixels = np.zeros((20, width), np.uint8)
        tifffile.imwrite(folder / "slices" / f"{number}.tif", pixels)
    return folder / "slices"


def with_a_slice_of_another_dtype(folder: Path) -> Path:
    (folder / "slices").mkdir()
    for number, dtype in enumerate(("uint8", "uint16")):
        tifffile.imwrite(folder / "slices" / f"{number}.tif", np.zeros((20, 30), dtype))
    return folder / "slices"


def without_slices(folder: Path) -> Path:
    (folder / "slices").mkdir()
    return folder / "slices"


def that_is_cut_off(folder: Path) -> Path:
    path = as_npy(folder, gray())
    path.write_bytes(path.read_bytes()[:5000])
    return path


def that_is_no_hdf5(folder: Path) -> Path:
    (folder / "a.h5").write_bytes(b"\x00" * 500)
    return folder / "a.h5"


def with_two_arrays(folder: Path) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file["one"] = file["two"] = np.zeros(SMALL, np.uint8)
    return folder / "a.h5"


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (in_colour, "source: a.tif, page 1 is in colour (RGB, 3 samples a pixel)"),
        (with_a_palette, "is in colour (PALETTE, 1 samples a pixel)"),
        (with_slices_that_differ, "slices: slice 2.tif has (20, 31) pixels of uint8, the first"),
        (with_a_slice_of_another_dtype, "slice 1.tif has (20, 30) pixels of uint16, the first"),
        (without_slices, "source: there are no TIFF files in"),
        (that_is_cut_off, "source: a.npy ends too early for its (37, 90, 150) of uint8."),
        (that_is_no_hdf5, "source: a.h5 cannot be opened as HDF5"),
        (with_two_arrays, "dataset: a.h5 has the datasets one, two; say which one."),
        (lambda folder: folder / "none.npy", "source: there is no"),
        (lambda folder: Path(__file__), "is of no known kind: .h5, .hdf"),
    ],
)
def test_a_file_that_is_no_volume(
    tmp_path: Path, write: Callable[[Path], Path], sentence: str
) -> None:
    assert sentence in refused(write(tmp_path), tmp_path / "v")


def test_an_offset_between_voxels_is_asked_for(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["em"] = np.zeros(SMALL, np.uint8)
        file["em"].attrs["offset"] = (40.0, 4.0, 6.0)
    assert "offset: the file says (6.0, 4.0, 40.0) nm" in refused(tmp_path / "a.h5", tmp_path / "v")


def test_what_lies_at_the_target_stays(tmp_path: Path) -> None:
    source = as_npy(tmp_path, gray(shape=SMALL))
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "notes.txt").write_text("mine")
    with pytest.raises(CommandError, match=r"target: .*/v exists already; remove it"):
        call_command(
            *("ingest_volume", str(source), str(tmp_path / "v")),
            *("--kind", "image", "--resolution", "4", "4", "40"),
        )
    assert (tmp_path / "v" / "notes.txt").read_text() == "mine"


def test_an_unfinished_volume_is_gone_on_with_by_its_own_order_alone(tmp_path: Path) -> None:
    source = as_tiff_pages(tmp_path, gray())
    order = IngestOrder(source, tmp_path / "v", "image", resolution=NM)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_volume(order, stop)
    assert not (tmp_path / "v").exists()
    other = IngestOrder(source, tmp_path / "v", "image", resolution=(8, 8, 40))
    with pytest.raises(InvalidInputError, match="holds an unfinished volume of another source"):
        ingest_volume(other)
    ingest_volume(order)
    np.testing.assert_array_equal(stored(tmp_path / "v"), gray())


def test_two_at_once(tmp_path: Path) -> None:
    plan = {"a": 1}
    first, second = (IngestTarget(tmp_path / "v", plan) for _ in range(2))
    first.begin({})
    with pytest.raises(ConflictError, match="another process is writing"):
        second.begin({})
    first.forget()


def test_the_kind_must_be_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="kind: say whether it is an image or a segmentation"):
        call_command("ingest_volume", str(as_npy(tmp_path, gray(shape=SMALL))), str(tmp_path / "v"))
