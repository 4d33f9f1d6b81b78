"""Files of arrays that become volumes: HDF5, TIFF, npy, npz, zarr.

Each reader is loaded when a file of its kind is opened.
"""

from __future__ import annotations

from pathlib import Path

from apps.datasets.gateways.sources.base import ArraySource, Facts, SlicedSource, SourceError

HDF5 = (".h5", ".hdf", ".hdf5")

__all__ = ["ArraySource", "Facts", "SlicedSource", "SourceError", "cremi_layout", "open_source"]


def open_source(path: Path, dataset: str | None) -> ArraySource:
    """The array at `path`; `dataset` names it in a file that has several.

    Raises SourceError.
    """
    suffix = path.suffix.lower()
    if not path.exists():
        raise SourceError(f"there is no {path}.")
    if suffix in HDF5:
        from apps.datasets.gateways.sources.hdf5 import Hdf5Dataset  # noqa: PLC0415

        return Hdf5Dataset(path, dataset)
    if suffix in (".npy", ".npz"):
        return _open_numpy(path, dataset)
    from apps.datasets.gateways.sources import tiff, zarrs  # noqa: PLC0415

    if path.is_dir() and zarrs.is_zarr(path):
        return zarrs.ZarrArray(path, dataset)
    _refuse_dataset(dataset, path)
    if path.is_dir() or suffix in tiff.SUFFIXES:
        return tiff.open_tiff(path)
    raise SourceError(
        f"{path.name} is of no known kind: .h5, .hdf, .hdf5, .tif, .tiff, .npy, .npz, a folder of "
        "TIFF files or of zarr."
    )


def _open_numpy(path: Path, dataset: str | None) -> ArraySource:
    from apps.datasets.gateways.sources.npy import NpyFile, NpzMember  # noqa: PLC0415

    if path.suffix.lower() == ".npz":
        return NpzMember(path, dataset)
    _refuse_dataset(dataset, path)
    return NpyFile(path)


def _refuse_dataset(dataset: str | None, path: Path) -> None:
    if dataset is not None:
        raise SourceError(f"{path.name} is one array and has no {dataset!r}.", "dataset")


def cremi_layout(path: Path) -> dict[str, str]:
    """The datasets of a file of CREMI by the kind of volume; empty where it is none."""
    if path.suffix.lower() not in HDF5:
        return {}
    from apps.datasets.gateways.sources.hdf5 import datasets_of  # noqa: PLC0415

    places = {
        "image": "volumes/raw",
        "neuron": "volumes/labels/neuron_ids",
        "cleft": "volumes/labels/clefts",
    }
    names = datasets_of(path)
    found = {kind: name for kind, name in places.items() if name in names}
    return found if "image" in found else {}
