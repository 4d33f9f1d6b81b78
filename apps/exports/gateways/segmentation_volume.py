"""Masks of instances as one segmentation, written scale by scale, and each block by block.

Chunks lie in shards, so that a million instances are some thousand files. Only blocks in which a
mask lies are made, and of them only chunks with a label.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cloudvolume import chunks
from cloudvolume.datasource.precomputed.common import compressed_morton_code

from apps.datasets.gateways.ingest_target import make_info
from apps.exports.domain.masks import Labels, labels_under, paint, pooled
from apps.exports.domain.overlaps import Overlaps
from apps.exports.gateways.segmentation_masks import Masks
from apps.exports.gateways.shards import Sharding, sharding_of, write_shard
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point
from apps.voxels.pyramids import Level, plan_levels

CHUNK = Point(64, 64, 16)
ENCODING, DTYPE = "compressed_segmentation", "uint64"
# In bits, of chunks that follow one another: masks are painted block by block.
BLOCK, MINISHARD, MINISHARDS = 6, 9, 6
_PACKED_IN = (8, 8, 8)
Cell = tuple[int, int, int]
Int32s = npt.NDArray[np.int32]


class MaskVolume:
    """A segmentation of masks, which lie within the bounds of `grid`; the ids of instances are
    labels. Where masks overlap, that of the smaller id is kept.

    At coarser scales a voxel has a label where any of its finer ones has: so they are seen from
    afar.
    """

    def __init__(self, grid: Grid) -> None:
        levels = plan_levels(grid.resolution, grid.bounds, None)
        self._info = make_info(levels, "segmentation", DTYPE, ENCODING, CHUNK)
        self._scales: dict[str, _Scale] = {}
        factor = Point(1, 1, 1)
        for level, scale in zip(levels, self._info["scales"], strict=True):
            factor = Point(*(a * b for a, b in zip(factor, level.factor, strict=True)))
            written = _Scale(level, factor)
            scale["sharding"] = written.sharding
            self._scales[scale["key"]] = written

    @property
    def scales(self) -> Sequence[str]:
        """Their names, which are those of their folders; the finest first."""
        return [*self._scales]

    def write_scale(
        self, name: str, folder: Path, parts: Sequence[Path], go_on: Callable[[], None]
    ) -> Overlaps | None:
        """Write a scale of the masks of all parts into a folder, which is made where there are any;
        of the finest, which of them overlap."""
        overlaps = Overlaps() if name == self.scales[0] else None
        with Masks.opened(parts) as masks:
            self._scales[name].write(folder, masks, overlaps, go_on)
        return overlaps

    def write_info(self, folder: Path) -> None:
        """Write what makes a volume of a folder with all scales."""
        (folder / "info").write_text(json.dumps(self._info), "utf-8")


class _Scale:
    """A scale of the volume: the finest, or one of which a voxel is `factor` of the finest."""

    def __init__(self, level: Level, factor: Point) -> None:
        self._bounds, self._factor = level.bounds, factor
        sides = zip(level.bounds.size, CHUNK, strict=True)
        self._grid = Point(*(-(-size // chunk) for size, chunk in sides))
        bits = sum((size - 1).bit_length() for size in self._grid)
        more = max(0, bits - MINISHARD - MINISHARDS)
        self.sharding: Sharding = sharding_of(MINISHARD, MINISHARDS, more, packing="gzip")

    def write(
        self, folder: Path, masks: Masks, overlaps: Overlaps | None, go_on: Callable[[], None]
    ) -> None:
        """Where they overlap is counted if that is asked for."""
        pieces: dict[int, dict[int, bytes]] = defaultdict(dict)
        last = None
        for block, start, places in self._blocks(masks.placed):
            shard = block >> (MINISHARD + MINISHARDS - BLOCK)
            if pieces and shard != last:
                write_shard(folder, self.sharding, pieces)
                pieces = defaultdict(dict)
            last = shard
            stored = self._packed(self._painted(start, places, masks, overlaps, go_on))
            if stored:
                pieces[block >> (MINISHARD - BLOCK) & ((1 << MINISHARDS) - 1)] |= stored
        if pieces:
            write_shard(folder, self.sharding, pieces)

    def _painted(
        self,
        start: Int32s,
        places: Int32s,
        masks: Masks,
        overlaps: Overlaps | None,
        go_on: Callable[[], None],
    ) -> dict[Cell, Labels]:
        """The chunks `(z, y, x)` of the block that begins at a chunk, in which masks lie, by their
        place in the grid."""
        painted: dict[Cell, Labels] = {}
        for place in places[::-1].tolist():
            go_on()
            label, lo, mask = masks.read(place)
            mask, lo = pooled(mask, lo, self._factor)
            for cell in self._cells(start, lo, mask.shape[::-1]):
                box = self._box(cell)
                if cell not in painted:
                    painted[cell] = np.zeros(box.size[::-1], np.uint64)
                if overlaps is not None:
                    under = labels_under(painted[cell], box.lo, mask, lo)
                    for other, count in under.items():
                        overlaps.add(label, other, count)
                paint(painted[cell], box.lo, mask, lo, label)
        return painted

    def _packed(self, painted: dict[Cell, Labels]) -> dict[int, bytes]:
        """What is stored of chunks with a label, by their codes, which ascend."""
        cells = [cell for cell, chunk in painted.items() if chunk.any()]
        if not cells:
            return {}
        codes = compressed_morton_code(cells, self._grid).tolist()
        coded = sorted(zip(codes, cells, strict=True))
        return {code: _packed(painted[cell]) for code, cell in coded}

    def _box(self, cell: Cell) -> Box:
        """The voxels of a chunk."""
        lo = Point(
            *(at + one * side for at, one, side in zip(self._bounds.lo, cell, CHUNK, strict=True))
        )
        hi = Point(*(at + side for at, side in zip(lo, CHUNK, strict=True)))
        return Box(lo, hi).clamp(self._bounds)

    def _cells(self, start: Int32s, lo: Point, size: Sequence[int]) -> Iterator[Cell]:
        """The chunks of the block that begins at `start` that a box touches."""
        first, last = self._span(np.array([*lo], np.int32), np.array(size, np.int32))
        first = np.maximum(first, start)
        last = np.minimum(last, start + (1 << self._bits) - 1)
        ranges = (range(low, high + 1) for low, high in zip(first, last, strict=True))
        yield from product(*ranges)

    def _span(self, lo: Int32s, size: Int32s) -> tuple[Int32s, Int32s]:
        """The first and the last chunk that boxes touch, x, y, z along the last axis; `lo` and
        `size` are in voxels of this scale."""
        start, chunk = np.array(self._bounds.lo, np.int32), np.array(CHUNK, np.int32)
        return (lo - start) // chunk, (lo + size - 1 - start) // chunk

    def _blocks(self, placed: npt.NDArray[np.void]) -> Iterator[tuple[int, Int32s, Int32s]]:
        """The blocks in which masks lie, in the order of their numbers: its number, its first chunk
        (x, y, z), and which masks, in their order."""
        factor, bits = np.array(self._factor, np.int32), self._bits
        lo = placed["lo"] // factor
        size = -(-(placed["lo"] + placed["size"]) // factor) - lo
        first, last = (one >> bits for one in self._span(lo, size))
        del lo, size
        spans = last - first + 1
        del last
        counts = spans.prod(axis=1, dtype=np.int32)
        which = np.repeat(np.arange(len(placed), dtype=np.int32), counts)
        step = np.arange(len(which), dtype=np.int32)
        step -= np.repeat(np.cumsum(counts, dtype=np.int32) - counts, counts)
        cells = np.empty((len(which), 3), np.int32)
        for axis in range(3):
            cells[:, axis] = first[which, axis] + step % spans[which, axis] << bits[axis]
            step //= spans[which, axis]
        numbers = compressed_morton_code(cells, self._grid).astype(np.uint64) >> np.uint64(BLOCK)
        order = np.argsort(numbers, kind="stable").astype(np.int32)
        firsts = np.flatnonzero(np.diff(numbers[order], prepend=np.uint64(2**64 - 1)))
        for start, end in pairwise([*firsts.tolist(), len(order)]):
            at = order[start]
            yield int(numbers[at]), cells[at], which[order[start:end]]

    @cached_property
    def _bits(self) -> Int32s:
        """How many chunks a block has along x, y, z, as powers of two: chunks are numbered in
        Morton order, of which a block is a part."""
        bits, left = [0, 0, 0], BLOCK
        for power in range(max(self._grid).bit_length()):
            for axis in range(3):
                if left and 2**power < self._grid[axis]:
                    bits[axis] += 1
                    left -= 1
        return np.array(bits, np.int32)


def _packed(chunk: Labels) -> bytes:
    """What is stored of a chunk `(z, y, x)`."""
    voxels = chunk.transpose(2, 1, 0)[..., np.newaxis]
    return gzip.compress(chunks.encode(voxels, ENCODING, _PACKED_IN), 6, mtime=0)
