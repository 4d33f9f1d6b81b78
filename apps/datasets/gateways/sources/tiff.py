"""Stacks of TIFF: a folder with a file for each slice, or one file with many pages."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from apps.datasets.gateways.sources.base import (
    Array,
    ArraySource,
    Facts,
    SlicedSource,
    SourceError,
    check_numbers,
    file_identity,
)

SUFFIXES = (".tif", ".tiff")
_ERRORS = (tifffile.TiffFileError, OSError, LookupError, RuntimeError, TypeError, ValueError)


def open_tiff(path: Path) -> ArraySource:
    """The stack at `path`; slices along the first axis, in the order of their numbers."""
    if path.is_dir():
        return TiffStack(_files(path), by_file=True)
    with _open(path) as file:
        series = file.series[0]
        if len(file.pages) == 1 and len(series.shape) == 3 and series.dataoffset is not None:
            return MappedTiff(path, series)
    return TiffStack([path], by_file=False)


class MappedTiff(ArraySource):
    """A stack that ImageJ wrote as one page with all slices behind each other."""

    def __init__(self, path: Path, series: Any) -> None:
        _check_page(series.pages[0], path.name)
        self._path, self._offset = path, int(series.dataoffset)
        first, second, third = series.shape
        dtype = np.dtype(f"{series.pages[0].parent.byteorder}{series.dtype.char}")
        self.facts = Facts((first, second, third), dtype, file_identity(path))

    def read(self, lo: Sequence[int], hi: Sequence[int]) -> Array:
        mapped = np.memmap(self._path, self.facts.dtype, "r", self._offset, self.facts.shape)
        return np.array(mapped[tuple(slice(*edges) for edges in zip(lo, hi, strict=True))])


class TiffStack(SlicedSource):
    """Pages that are decoded one after the other."""

    def __init__(self, files: Sequence[Path], *, by_file: bool) -> None:
        self._files, self._by_file = files, by_file
        if by_file:
            pages = [_page_facts(path) for path in files]
        else:
            with _open(files[0]) as file:
                pages = [
                    (*_check_page(page, f"{files[0].name}, page {number}"), str(number))
                    for number, page in enumerate(file.pages, 1)
                ]
        shape, dtype = pages[0][:2]
        for other, other_dtype, name in pages:
            if (other, other_dtype) != (shape, dtype):
                raise SourceError(
                    f"{files[0].parent.name if by_file else files[0].name}: slice {name} has "
                    f"{other} pixels of {other_dtype}, the first has {shape} of {dtype}."
                )
        identity = hashlib.sha256("\n".join(map(file_identity, files)).encode()).hexdigest()
        super().__init__(Facts((len(pages), shape[0], shape[1]), dtype, identity), slice_axis=0)

    def read_slices(self, layer: range) -> Iterator[Array]:
        if self._by_file:
            for number in layer:
                with _open(self._files[number]) as file:
                    yield _decode(file, self._files[number], 0)
            return
        with _open(self._files[0]) as file:
            for number in layer:
                yield _decode(file, self._files[0], number)


def _files(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    if not found:
        raise SourceError(f"there are no TIFF files in {folder}.")
    return sorted(found, key=_by_number)


def _by_number(path: Path) -> list[tuple[int, int, str]]:
    """slice_9 before slice_10."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def _open(path: Path) -> Any:
    try:
        return tifffile.TiffFile(path)
    except _ERRORS as error:
        raise SourceError(f"{path.name} cannot be opened as TIFF: {error}.") from error


def _page_facts(path: Path) -> tuple[tuple[int, int], np.dtype[np.generic], str]:
    with _open(path) as file:
        if len(file.pages) != 1:
            raise SourceError(
                f"{path.name} has {len(file.pages)} pages; in a folder each file is one slice."
            )
        return (*_check_page(file.pages[0], path.name), path.name)


def _check_page(page: Any, what: str) -> tuple[tuple[int, int], np.dtype[np.generic]]:
    if page.samplesperpixel != 1 or page.photometric.name in ("RGB", "PALETTE", "YCBCR"):
        raise SourceError(
            f"{what} is in colour ({page.photometric.name}, {page.samplesperpixel} samples a "
            "pixel); a volume has one value a voxel."
        )
    if page.dtype is None or len(page.shape) != 2:
        raise SourceError(f"{what} has {page.shape} pixels of {page.dtype}; a slice has two axes.")
    check_numbers(page.dtype, what)
    return (page.shape[0], page.shape[1]), page.dtype


def _decode(file: Any, path: Path, number: int) -> Array:
    try:
        return np.asarray(file.pages[number].asarray())
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise SourceError(f"{path.name}, page {number + 1}: {error}.") from error
    except _ERRORS as error:
        raise SourceError(f"{path.name}, page {number + 1}: {error}.") from error
    return _decode_with_pillow(path, number)


def _decode_with_pillow(path: Path, number: int) -> Array:
    """LZW and JPEG, for which tifffile needs a package that is larger than all its others."""
    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture.seek(number)
            return np.asarray(picture)
    except (*_ERRORS, Image.DecompressionBombError) as error:
        raise SourceError(f"{path.name}, page {number + 1}: {error}.") from error
