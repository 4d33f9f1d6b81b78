"""Volumes written to disk come back through CloudVolume, at every mip, or do not appear."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from cloudvolume import CloudVolume

from apps.datasets.gateways import precomputed_writer
from apps.datasets.gateways.precomputed_writer import write_precomputed

RESOLUTION = (8.0, 8.0, 32.0)
Labels = npt.NDArray[np.uint32]


def _labels(shape: tuple[int, int, int] = (20, 71, 90)) -> Labels:
    blocks = np.random.default_rng(3).integers(0, 9, tuple(-(-s // 5) for s in shape))
    labels = blocks.repeat(5, 0).repeat(5, 1).repeat(5, 2).astype(np.uint32)
    return labels[: shape[0], : shape[1], : shape[2]]


def _read(address: str, mip: int) -> npt.NDArray[np.generic]:
    volume = CloudVolume(address, mip=mip, progress=False)
    return np.asarray(volume[:])[..., 0].transpose(2, 1, 0)


@pytest.mark.parametrize("encoding", ["compressed_segmentation", "raw"])
def test_labels_come_back_exactly_at_every_mip(tmp_path: Path, encoding: str) -> None:
    labels = _labels()
    mips = [labels[:, ::2, ::2], labels[:, ::4, ::4]]
    address = write_precomputed(
        tmp_path / "clefts",
        labels,
        kind="segmentation",
        resolution_nm_xyz=RESOLUTION,
        encoding=encoding,  # type: ignore[arg-type]
        mips=mips,
    )
    for mip, expected in enumerate([labels, *mips]):
        np.testing.assert_array_equal(_read(address, mip), expected)


def test_a_jpeg_image_comes_back_nearly_and_a_raw_one_exactly(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:100, 0:130]
    image = np.stack([(rows + columns + 5 * z) % 200 for z in range(18)]).astype(np.uint8)
    for encoding, tolerance in (("jpeg", 12), ("raw", 0)):
        address = write_precomputed(
            tmp_path / encoding,
            image,
            kind="image",
            resolution_nm_xyz=RESOLUTION,
            encoding=encoding,  # type: ignore[arg-type]
            mips=[image[:, ::2, ::2]],
        )
        error = np.abs(_read(address, 0).astype(int) - image)
        assert np.percentile(error, 99) <= tolerance
        assert _read(address, 1).shape == (18, 50, 65)


def test_resolution_offset_and_chunks_are_those_asked_for(tmp_path: Path) -> None:
    labels = _labels()
    address = write_precomputed(
        tmp_path / "clefts",
        labels,
        kind="segmentation",
        resolution_nm_xyz=RESOLUTION,
        voxel_offset_xyz=(100, 200, 30),
        encoding="compressed_segmentation",
        mips=[labels[:, ::2, ::2]],
        chunk_xyz=(32, 32, 8),
    )
    coarse = CloudVolume(address, mip=1, progress=False)
    assert address == f"precomputed://file://{tmp_path / 'clefts'}"
    assert list(coarse.resolution) == [16, 16, 32]
    assert list(coarse.voxel_offset) == [50, 100, 30]
    assert list(coarse.chunk_size) == [32, 32, 8]
    patch = CloudVolume(address, progress=False)[105:110, 203:209, 31:33]
    np.testing.assert_array_equal(
        np.asarray(patch)[..., 0].transpose(2, 1, 0), labels[1:3, 3:9, 5:10]
    )


def test_an_interrupted_run_leaves_no_volume_and_the_next_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = _labels()

    def write() -> str:
        return write_precomputed(
            tmp_path / "clefts",
            labels,
            kind="segmentation",
            resolution_nm_xyz=RESOLUTION,
            encoding="raw",
        )

    def stop(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(precomputed_writer, "_write", stop)
        with pytest.raises(KeyboardInterrupt):
            write()
    assert not (tmp_path / "clefts").exists()
    np.testing.assert_array_equal(_read(write(), 0), labels)
    assert [path.name for path in tmp_path.iterdir()] == ["clefts"]


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "clefts").mkdir()
    with pytest.raises(FileExistsError, match="exists already"):
        write_precomputed(
            tmp_path / "clefts",
            _labels(),
            kind="segmentation",
            resolution_nm_xyz=RESOLUTION,
            encoding="raw",
        )
    assert list((tmp_path / "clefts").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"array_zyx": _labels().astype(np.int64)}, "array_zyx: int64 in segmentation"),
        ({"array_zyx": _labels()[0]}, "array_zyx: 2 axes"),
        ({"encoding": "jpeg"}, "encoding: jpeg for segmentation"),
        ({"mips": [_labels()[:, ::2, :50]]}, "mips: .* is no whole factor"),
        ({"mips": [_labels()[:, ::2, ::2].astype(np.uint64)]}, "mips: uint64"),
        (
            {"mips": [_labels()[:, ::2, ::2]], "voxel_offset_xyz": (1, 0, 0)},
            "voxel_offset_xyz: .* is no multiple",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    order: dict[str, object] = {
        "array_zyx": _labels(),
        "kind": "segmentation",
        "resolution_nm_xyz": RESOLUTION,
        "encoding": "raw",
    }
    with pytest.raises(ValueError, match=sentence):
        write_precomputed(tmp_path / "clefts", **(order | changes))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
