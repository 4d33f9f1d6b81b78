"""Arrays of zarr, formats 2 and 3, in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.errors import BaseZarrError

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

# What reading raises where metadata or chunks are damaged: zarr has no family of errors for it.
_ERRORS = (BaseZarrError, OSError, LookupError, RuntimeError, TypeError, ValueError)
_METADATA = ("zarr.json", ".zarray", ".zgroup")


class ZarrArray(ArraySource):
    """An array of zarr; attributes as in HDF5."""

    def __init__(self, path: Path, name: str | None) -> None:
        found = _open(path)
        if isinstance(found, zarr.Group):
            found = _member(found, name, path)
        elif name:
            raise SourceError(f"{path.name} is one array and has no {name!r}.", "dataset")
        self._what = f"{path.name}, {found.path}," if found.path else path.name
        _refuse_pickles(found, self._what)
        check_numbers(np.dtype(found.dtype), self._what)
        shape = three_axes(found.shape, self._what)
        self._array = found
        self._leading = (0,) * (found.ndim - 3)
        self.facts = Facts(
            shape,
            np.dtype(found.dtype),
            _identity(path / found.path),
            three_sizes(found.attrs.get("resolution")),
            three_sizes(found.attrs.get("offset")),
        )

    def read(self, lo: Sequence[int], hi: Sequence[int]) -> Array:
        parts = tuple(slice(*edges) for edges in zip(lo, hi, strict=True))
        try:
            return np.asarray(self._array[(*self._leading, *parts)])
        except _ERRORS as error:
            raise SourceError(f"{self._what} cannot be read near {tuple(lo)}: {error}.") from error


def is_zarr(path: Path) -> bool:
    """Whether the folder is an array or a group of zarr."""
    return any((path / name).is_file() for name in _METADATA)


def _open(path: Path) -> Any:
    try:
        return zarr.open(str(path), mode="r")
    except _ERRORS as error:
        raise SourceError(f"{path.name} cannot be opened as zarr: {error}.") from error


def _member(group: Any, name: str | None, path: Path) -> Any:
    arrays = {key: item for key, item in group.members(max_depth=None) if hasattr(item, "dtype")}
    large = [key for key, item in arrays.items() if item.ndim >= 3]
    if name is None and len(large) == 1:
        name = large[0]
    if name is None or name.strip("/") not in arrays:
        listed = ", ".join(sorted(large)) or "none of three axes"
        raise SourceError(f"{path.name} has the arrays {listed}; say which one.", "dataset")
    return arrays[name.strip("/")]


def _refuse_pickles(array: Any, what: str) -> None:
    """A codec that loads pickles runs whatever somebody wrote into a chunk."""
    if "pickle" in json.dumps(array.metadata.to_dict(), default=str).lower():
        raise SourceError(f"{what} is stored as pickles, which are programs; they are not read.")


def _identity(folder: Path) -> str:
    """The metadata's; chunks are not looked through."""
    for name in _METADATA:
        if (folder / name).is_file():
            return file_identity(folder / name)
    return str(folder.resolve())
