"""Datasets of HDF5 files, and the layout that CREMI gave them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from apps.datasets.gateways.sources.base import (
    Array,
    ArraySource,
    Facts,
    SourceError,
    check_numbers,
    file_identity,
    three_axes,
    three_sizes,
)

_CACHE_BYTES = 64 * 2**20  # of unpacked chunks: neighbouring parts share them


class Hdf5Dataset(ArraySource):
    """A dataset of an HDF5 file; `resolution` and `offset` (nm) are attributes, as in CREMI."""

    def __init__(self, path: Path, name: str | None) -> None:
        self._file = open_hdf5(path)
        name = name or _the_only_one(self._file, path)
        found = self._file.get(name)
        if not isinstance(found, h5py.Dataset):
            raise SourceError(f"{path.name} has no dataset {name!r}.", "dataset")
        self._what = f"{path.name}, {name},"
        self._dataset = found
        check_numbers(found.dtype, self._what)
        shape = three_axes(found.shape, self._what)
        self._leading = (0,) * (found.ndim - 3)
        self.facts = Facts(
            shape,
            found.dtype,
            f"{file_identity(path)}:{name}",
            three_sizes(found.attrs.get("resolution")),
            three_sizes(found.attrs.get("offset")),
        )

    def read(self, lo: Sequence[int], hi: Sequence[int]) -> Array:
        parts = tuple(slice(*edges) for edges in zip(lo, hi, strict=True))
        try:
            return np.asarray(self._dataset[(*self._leading, *parts)])
        except OSError as error:
            raise SourceError(f"{self._what} cannot be read near {tuple(lo)}: {error}.") from error

    def close(self) -> None:
        self._file.close()


def datasets_of(path: Path) -> list[str]:
    """The names of all datasets with three axes or more."""
    with open_hdf5(path) as file:
        return _names(file)


def open_hdf5(path: Path) -> Any:
    """The file, to be read. Raises SourceError."""
    try:
        return h5py.File(path, "r", rdcc_nbytes=_CACHE_BYTES)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be opened as HDF5: {error}.") from error


def _names(file: Any) -> list[str]:
    found: list[str] = []

    def look(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim >= 3:
            found.append(name)

    file.visititems(look)
    return found


def _the_only_one(file: Any, path: Path) -> str:
    names = _names(file)
    if len(names) == 1:
        return names[0]
    listed = ", ".join(names) if names else "none of three axes"
    raise SourceError(f"{path.name} has the datasets {listed}; say which one.", "dataset")
