"""Masks of instances as one segmentation, written block by block.

Masks lie packed in zip files meanwhile, an entry each, whose name says of which instance it is and
where. Only blocks in which a mask lies are made, and of them only chunks with a label are stored.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt
from cloudvolume import CloudVolume

from apps.datasets.gateways.ingest_target import make_info
from apps.exports.domain.masks import Mask, paint
from apps.exports.gateways.zip_files import PartZip
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point
from apps.voxels.pyramids import Level

CHUNK = Point(64, 64, 16)
BLOCK = Point(256, 256, 64)  # whole chunks; 34 MB of labels
ENCODING, DTYPE = "compressed_segmentation", "uint64"
_OPEN_PARTS = 16
_PLACED = np.dtype([("id", "<i8"), ("lo", "<i8", 3), ("size", "<i8", 3), ("part", "<i4")])
Overlaps = Counter[tuple[int, int]]  # voxels that two instances have both, by their ids


def add_mask(zipped: PartZip, instance_id: int, lo: Point, mask: Mask) -> None:
    """Keep a mask `(z, y, x)` in a part; `lo` is its first voxel."""
    name = _entry(instance_id, lo, mask.shape[::-1])
    zipped.add(name, np.packbits(mask).tobytes())


def _entry(instance_id: int, lo: Sequence[int], size: Sequence[int]) -> str:
    return "_".join(map(str, (instance_id, *lo, *size)))


@dataclass(frozen=True)
class _Masks:
    """The masks of all parts. `placed`: (n,) where each lies, by the ids of instances."""

    parts: Sequence[Path]
    placed: npt.NDArray[np.void]
    _opened: OrderedDict[int, ZipFile]

    @classmethod
    def of(cls, parts: Sequence[Path]) -> _Masks:
        found = []
        for number, part in enumerate(parts):
            with ZipFile(part) as zipped:
                names = [[int(one) for one in name.split("_")] for name in zipped.namelist()]
            rows = [(row[0], row[1:4], row[4:7], number) for row in names]
            found.append(np.array(rows, _PLACED))
        placed = np.concatenate(found) if found else np.zeros(0, _PLACED)
        return cls(parts, np.sort(placed, order="id"), OrderedDict())

    def read(self, place: int) -> tuple[int, Point, Mask]:
        """An instance's id, the first voxel of its mask, and the mask `(z, y, x)`."""
        row = self.placed[place]
        size = row["size"].tolist()
        content = self._part(int(row["part"])).read(_entry(row["id"], row["lo"], size))
        bits = np.unpackbits(np.frombuffer(content, np.uint8), count=int(np.prod(size)))
        return int(row["id"]), Point(*row["lo"].tolist()), bits.reshape(size[::-1]).astype(np.bool_)

    def _part(self, number: int) -> ZipFile:
        if number not in self._opened:
            self._opened[number] = ZipFile(self.parts[number])
        self._opened.move_to_end(number)
        if len(self._opened) > _OPEN_PARTS:
            self._opened.popitem(last=False)[1].close()
        return self._opened[number]

    def close(self) -> None:
        for zipped in self._opened.values():
            zipped.close()


def write_volume(
    folder: Path, parts: Sequence[Path], grid: Grid, go_on: Callable[[], None]
) -> Overlaps:
    """Write the masks of all parts, which lie within the bounds of `grid`, into a new folder; the
    ids of instances are labels. Where masks overlap, that of the smaller id is kept."""
    info = make_info(
        [Level(grid.resolution, grid.bounds, Point(1, 1, 1))],
        "segmentation",
        DTYPE,
        ENCODING,
        CHUNK,
    )
    folder.mkdir()
    volume = _opened(folder, info)
    masks = _Masks.of(parts)
    overlaps: Overlaps = Counter()
    try:
        for box, places in _blocks(masks.placed, grid.bounds):
            go_on()
            block = np.zeros(box.size[::-1], np.uint64)
            for place in places[::-1].tolist():
                label, lo, mask = masks.read(place)
                for other, count in paint(block, box.lo, mask, lo, label).items():
                    overlaps[label, other] += count
            spans = (slice(low, high) for low, high in zip(box.lo, box.hi, strict=True))
            volume[tuple(spans)] = block.transpose(2, 1, 0)
    finally:
        masks.close()
    return overlaps


def _opened(folder: Path, info: Mapping[str, Any]) -> Any:
    address = f"precomputed://file://{folder}"
    volume = CloudVolume(
        address, info=dict(info), progress=False, bounded=True, delete_black_uploads=True
    )
    volume.commit_info()
    return volume


def _blocks(
    placed: npt.NDArray[np.void], bounds: Box
) -> Iterator[tuple[Box, npt.NDArray[np.int64]]]:
    """The blocks in which masks lie, and which masks, in their order."""
    if not len(placed):
        return
    shape, start = np.array(BLOCK), np.array(bounds.lo)
    first = (placed["lo"] - start) // shape
    last = (placed["lo"] + placed["size"] - 1 - start) // shape
    spans = last - first + 1
    counts = spans.prod(axis=1)
    which = np.repeat(np.arange(len(placed)), counts)
    step = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = np.empty((len(which), 3), np.int64)
    for axis in range(3):
        cells[:, axis] = first[which, axis] + step % spans[which, axis]
        step //= spans[which, axis]
    order = np.lexsort((which, *cells.T))
    borders = np.flatnonzero(np.diff(cells[order], axis=0).any(axis=1)) + 1
    for group in np.split(order, borders):
        lo = Point(*(cells[group[0]] * shape + start).tolist())
        hi = Point(*(at + size for at, size in zip(lo, BLOCK, strict=True)))
        yield Box(lo, hi).clamp(bounds), which[group]
