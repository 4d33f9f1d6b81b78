"""Masks of instances on the disk, between the parts of an export and the volume.

They lie packed in zip files, an entry each, whose name says of which instance it is and where.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from apps.exports.domain.masks import Mask
from apps.exports.gateways.zip_files import PartZip, places_in, unpacked
from apps.voxels.geometry import Point

_OPEN_PARTS = 64
# Of a mask: its first voxel and size, x, y, z, and where it lies packed, in which part.
_PLACED = np.dtype(
    [
        *(("id", "<i8"), ("lo", "<i4", 3), ("size", "<i4", 3)),
        *(("part", "<i4"), ("at", "<i8"), ("packed", "<i4")),
    ]
)


def add_mask(zipped: PartZip, instance_id: int, lo: Point, mask: Mask) -> None:
    """Keep a mask `(z, y, x)` in a part; `lo` is its first voxel."""
    name = "_".join(map(str, (instance_id, *lo, *mask.shape[::-1])))
    zipped.add(name, np.packbits(mask).tobytes())


class Masks:
    """The masks of all parts. `placed`: (n,) where each lies, by the ids of instances."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self.placed = _placed(parts)
        self._parts = parts
        self._opened: OrderedDict[int, BinaryIO] = OrderedDict()

    @classmethod
    @contextmanager
    def opened(cls, parts: Sequence[Path]) -> Iterator[Self]:
        masks = cls(parts)
        try:
            yield masks
        finally:
            for file in masks._opened.values():
                file.close()

    def read(self, place: int) -> tuple[int, Point, Mask]:
        """An instance's id, the first voxel of its mask, and the mask `(z, y, x)`."""
        row = self.placed[place]
        size = row["size"].tolist()
        file = self._part(int(row["part"]))
        file.seek(int(row["at"]))
        content = unpacked(file.read(int(row["packed"])))
        bits = np.unpackbits(np.frombuffer(content, np.uint8), count=int(np.prod(size)))
        return int(row["id"]), Point(*row["lo"].tolist()), bits.reshape(size[::-1]).view(np.bool_)

    def _part(self, number: int) -> BinaryIO:
        if number not in self._opened:
            self._opened[number] = self._parts[number].open("rb")
        self._opened.move_to_end(number)
        if len(self._opened) > _OPEN_PARTS:
            self._opened.popitem(last=False)[1].close()
        return self._opened[number]


def _placed(parts: Sequence[Path]) -> npt.NDArray[np.void]:
    """In one array, which is sorted where it is: there may be a million of them."""
    placed = np.fromiter(_rows(parts), _PLACED)
    order = np.argsort(placed["id"], kind="stable")
    for name in _PLACED.names or ():
        placed[name] = placed[name][order]
    return placed


def _rows(parts: Sequence[Path]) -> Iterator[tuple[object, ...]]:
    for number, part in enumerate(parts):
        for name, at, packed in places_in(part):
            one, *box = map(int, name.split("_"))
            yield one, box[:3], box[3:], number, at, packed
