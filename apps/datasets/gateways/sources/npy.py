"""Arrays of numpy: npy files, mapped into memory, and members of npz files, unpacked in passing.

Headers are read by numpy's own strict parser; no pickle is ever loaded.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.lib import format as npy_format

from apps.datasets.gateways.sources.base import (
    Array,
    ArraySource,
    Facts,
    SlicedSource,
    SourceError,
    check_numbers,
    file_identity,
    three_axes,
)

Header = tuple[tuple[int, ...], bool, np.dtype[np.generic]]  # shape, column order, dtype


def _read_header(stream: IO[bytes], what: str) -> Header:
    try:
        version = npy_format.read_magic(stream)
        if version == (1, 0):
            header = npy_format.read_array_header_1_0(stream)
        else:
            header = npy_format.read_array_header_2_0(stream)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{what} is no array of numpy: {error}.") from error
    shape, column_order, dtype = header
    check_numbers(dtype, what)
    return shape, column_order, dtype


class NpyFile(ArraySource):
    """An npy file. It is mapped for each part anew: what was read is memory in use no longer."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            shape, column_order, dtype = _read_header(stream, path.name)
            self._begin = stream.tell()
        self._path = path
        self._order: Literal["F", "C"] = "F" if column_order else "C"
        self.facts = Facts(three_axes(shape, path.name), dtype, file_identity(path))
        if path.stat().st_size < self._begin + dtype.itemsize * math.prod(shape):
            raise SourceError(f"{path.name} ends too early for its {shape} of {dtype}.")

    def read(self, lo: Sequence[int], hi: Sequence[int]) -> Array:
        mapped = np.memmap(
            self._path,
            self.facts.dtype,
            "r",
            self._begin,
            self.facts.shape,
            self._order,
        )
        return np.array(mapped[tuple(slice(*edges) for edges in zip(lo, hi, strict=True))])


class NpzMember(SlicedSource):
    """An array of an npz file, which can only be read from its beginning on."""

    def __init__(self, path: Path, member: str | None) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(f"{path.name} is no npz file: {error}.") from error
        names = [name.removesuffix(".npy") for name in self._archive.namelist()]
        if member is None and len(names) == 1:
            member = names[0]
        if member is None or member not in names:
            raise SourceError(
                f"{path.name} has the arrays {', '.join(names)}; say which one.", "dataset"
            )
        self._name = f"{member}.npy" if f"{member}.npy" in self._archive.namelist() else member
        self._stream = self._archive.open(self._name)
        shape, column_order, dtype = _read_header(self._stream, f"{path.name}, {member},")
        self._begin = self._stream.tell()
        facts = Facts(
            three_axes(shape, f"{path.name}, {member},"), dtype, f"{file_identity(path)}:{member}"
        )
        super().__init__(facts, slice_axis=2 if column_order else 0)

    def read_slices(self, layer: range) -> Iterator[Array]:
        plane = [n for axis, n in enumerate(self.facts.shape) if axis != self.slice_axis]
        size = self.facts.dtype.itemsize * math.prod(plane)
        self._stream.seek(self._begin + layer.start * size)
        for number in layer:
            try:
                content = self._stream.read(size)
            except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
                raise SourceError(f"{self._name} is damaged at slice {number}: {error}.") from error
            if len(content) < size:
                raise SourceError(f"{self._name} ends at slice {number}.")
            array = np.frombuffer(content, self.facts.dtype)
            # In column order the last axis is the slowest, and a slice is stored turned over.
            yield array.reshape(plane[::-1]).T if self.slice_axis == 2 else array.reshape(plane)

    def close(self) -> None:
        self._stream.close()
        self._archive.close()
