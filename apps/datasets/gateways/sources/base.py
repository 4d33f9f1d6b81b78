"""What all files of arrays have in common: how a part of them is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.core.errors import InvalidInputError

Array = npt.NDArray[np.generic]
Triple = tuple[int, int, int]
Sizes = tuple[float, float, float]


class SourceError(InvalidInputError):
    """A file cannot be made into a volume; the sentence names it."""

    code = "source"

    def __init__(self, sentence: str, field: str = "source") -> None:
        super().__init__(f"{field}: {sentence}", field=field)


@dataclass(frozen=True)
class Facts:
    """What a file says of its array. All values in the order of the array's own axes.

    `resolution_nm` and `offset_nm`: a voxel and the first voxel, where the file says them.
    `identity`: changes when the array does.
    """

    shape: Triple
    dtype: np.dtype[np.generic]
    identity: str
    resolution_nm: Sizes | None = None
    offset_nm: Sizes | None = None


class ArraySource(ABC):
    """An array in a file, of which parts are read. `slice_axis`: see SlicedSource."""

    facts: Facts
    slice_axis: int | None = None

    @abstractmethod
    def read(self, lo: Sequence[int], hi: Sequence[int]) -> Array:
        """The part from `lo` to `hi` (excluded), in the array's own axes."""

    def close(self) -> None:  # noqa: B027 - most have nothing open between reads
        """Let go of files."""


class SlicedSource(ArraySource):
    """An array whose slices along `slice_axis` can only be read whole.

    The slices of a layer are laid out in a file in `spool`, from which its parts are read: so each
    slice is decoded once, and memory holds one slice at most.
    """

    slice_axis: int

    def __init__(self, facts: Facts, slice_axis: int) -> None:
        self.facts = facts
        self.slice_axis = slice_axis
        self.spool: Path | None = None
        self._layer = range(0)

    @abstractmethod
    def read_slices(self, layer: range) -> Iterable[Array]:
        """Each slice of `layer`, with the axes that are left in their order."""

    def read(self, lo: Sequence[int], hi: Sequence[int]) -> Array:
        wanted = range(lo[self.slice_axis], hi[self.slice_axis])
        if wanted != self._layer:
            self._lay_out(wanted)
        parts = [slice(*edges) for edges in zip(lo, hi, strict=True)]
        del parts[self.slice_axis]
        plane = [n for axis, n in enumerate(self.facts.shape) if axis != self.slice_axis]
        # Mapped anew each time, so that what was read is memory in use no longer.
        layer = np.memmap(self._place(), self.facts.dtype, "r", shape=(len(wanted), *plane))
        return np.moveaxis(np.array(layer[(slice(None), *parts)]), 0, self.slice_axis)

    def _lay_out(self, layer: range) -> None:
        with self._place().open("wb") as file:
            for array in self.read_slices(layer):
                file.write(np.ascontiguousarray(array, self.facts.dtype).data)
        self._layer = layer

    def _place(self) -> Path:
        if self.spool is None:
            raise RuntimeError("spool: say where before reading")
        return self.spool


def three_axes(shape: Sequence[int], what: str) -> Triple:
    """The shape without leading axes of length 1. Raises SourceError where three are not left."""
    left = list(shape)
    while len(left) > 3 and left[0] == 1:
        left.pop(0)
    if len(left) != 3:
        raise SourceError(f"{what} has {len(shape)} axes {tuple(shape)}; a volume has three.")
    if 0 in left:
        raise SourceError(f"{what} is empty: {tuple(shape)}.")
    return (left[0], left[1], left[2])


def check_numbers(dtype: np.dtype[Any], what: str) -> None:
    """Refuse what is no array of numbers: colours, texts, and objects, which would be pickles."""
    if dtype.kind not in "buif":
        raise SourceError(f"{what} holds {dtype}, which are no numbers.")


def file_identity(path: Path) -> str:
    """Size and time of a file, and where it is."""
    stat = path.stat()
    return f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"


def three_sizes(values: Any) -> Sizes | None:
    """Three finite numbers of an attribute, or None where it has no such."""
    try:
        array = np.asarray(values, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return None
    if array.shape != (3,) or not np.isfinite(array).all():
        return None
    return (float(array[0]), float(array[1]), float(array[2]))
