"""The ranges of Z-order that cover a box, without numpy: the web process counts, too."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from apps.voxels.geometry import Box

STEPS = (6, 6, 2)  # powers of two, for x, y, z
BITS = 21  # of each axis: three of them fit into a signed 64-bit number
SPREAD = (  # where the bits of a number go, step by step: by so many places, to these
    (32, 0x001F00000000FFFF),
    (16, 0x001F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)
_CUBES_A_RANGE = 8  # so many are looked at, before the nearest of them are joined

Block = tuple[int, int, int]


class _Cube(NamedTuple):
    """Blocks that follow each other in Z-order: `2**level` along each axis. The largest is
    the least."""

    level: int  # negative
    code: int  # of its first block
    corner: Block

    @property
    def side(self) -> int:
        return int(1 << -self.level)

    @property
    def last_code(self) -> int:
        return int(self.code + (1 << (3 * -self.level)) - 1)


def morton_ranges(box: Box, most: int = 32) -> list[tuple[int, int]]:
    """At most `most` ranges of codes that hold each point of a box, and little else.

    `box` is half-open, in voxels, x, y, z. The ranges are inclusive, in their order and apart from
    each other; none for an empty box. With enough of them they are just the blocks of the box.
    """
    if box.is_empty:
        return []
    lo = block_of(box.lo)
    hi = block_of((box.hi.x - 1, box.hi.y - 1, box.hi.z - 1))
    around = _smallest_around(lo, hi)
    if _is_within(around, lo, hi):
        return [(around.code, around.last_code)]
    partial, whole = [around], list[_Cube]()
    while partial and len(partial) + len(whole) < most * _CUBES_A_RANGE:
        for cube in _eighths(heapq.heappop(partial)):
            if _is_apart(cube, lo, hi):
                continue
            if _is_within(cube, lo, hi):
                whole.append(cube)
            else:
                heapq.heappush(partial, cube)
    return _joined([(cube.code, cube.last_code) for cube in (*partial, *whole)], most)


def block_of(point: tuple[int, int, int]) -> Block:
    """The block of a voxel, counted from 0; beyond the outermost ones, those."""
    x, y, z = (
        min(max((at >> step) + (1 << (BITS - 1)), 0), (1 << BITS) - 1)
        for at, step in zip(point, STEPS, strict=True)
    )
    return x, y, z


def code_of(block: Block) -> int:
    """The place in Z-order of a block."""
    return sum(_spread(at) << axis for axis, at in enumerate(block))


def _spread(number: int) -> int:
    """Put two empty bits after each bit of a number of `BITS` bits."""
    for shift, mask in SPREAD:
        number = (number | (number << shift)) & mask
    return number


def _smallest_around(lo: Block, hi: Block) -> _Cube:
    """The smallest cube that holds both blocks, and so all between them."""
    level = max((low ^ high).bit_length() for low, high in zip(lo, hi, strict=True))
    x, y, z = (at >> level << level for at in lo)
    return _Cube(-level, code_of((x, y, z)), (x, y, z))


def _eighths(cube: _Cube) -> Iterator[_Cube]:
    half, level = cube.side >> 1, cube.level + 1
    x, y, z = cube.corner
    for number in range(8):
        corner = (
            x + half * (number & 1),
            y + half * (number >> 1 & 1),
            z + half * (number >> 2),
        )
        yield _Cube(level, cube.code + (number << (3 * -level)), corner)


def _is_apart(cube: _Cube, lo: Block, hi: Block) -> bool:
    """`hi` is the last block of the box."""
    last = cube.side - 1
    return any(
        corner > high or corner + last < low
        for corner, low, high in zip(cube.corner, lo, hi, strict=True)
    )


def _is_within(cube: _Cube, lo: Block, hi: Block) -> bool:
    last = cube.side - 1
    return all(
        low <= corner and corner + last <= high
        for corner, low, high in zip(cube.corner, lo, hi, strict=True)
    )


def _joined(ranges: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """The ranges in their order, joined where they touch, and then over the smallest gaps."""
    ordered = sorted(ranges)
    gaps = [after[0] - before[1] for before, after in itertools.pairwise(ordered)]
    kept = sorted(range(len(gaps)), key=lambda place: -gaps[place])[: most - 1]
    ends = [place for place in sorted(kept) if gaps[place] > 1] + [len(ordered) - 1]
    starts = [0, *(place + 1 for place in ends[:-1])]
    return [(ordered[a][0], ordered[b][1]) for a, b in zip(starts, ends, strict=True)]
