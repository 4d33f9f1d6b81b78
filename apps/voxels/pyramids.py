"""Coarser copies of volumes: where their voxels lie, and what they hold.

A coarse voxel v covers the finer voxels from v·f to (v+1)·f, counted from the origin of space and
not from the first voxel of the volume: so all copies lie over each other, wherever a volume begins.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from apps.voxels.geometry import Box, Point, Resolution

Voxels = npt.NDArray[np.generic]
Kind = Literal["image", "segmentation"]

SMALL_ENOUGH = 256  # voxels along x and y of the coarsest copy, where no number is asked for


@dataclass(frozen=True)
class Level:
    """One mip: its grid, and how many voxels of the finer one lie along one of it (x, y, z)."""

    resolution: Resolution
    bounds: Box
    factor: Point


def plan_levels(resolution: Resolution, bounds: Box, coarser: int | None) -> list[Level]:
    """The finest level, and `coarser` more (None: until x and y have `SMALL_ENOUGH` voxels).

    Each halves the axes along which voxels are shorter than twice the shortest, so that voxels
    become more nearly cubes.
    """
    levels = [Level(resolution, bounds, Point(1, 1, 1))]
    while len(levels) - 1 < coarser if coarser is not None else _is_large(levels[-1]):
        levels.append(_coarser(levels[-1]))
    return levels


def _is_large(level: Level) -> bool:
    return max(level.bounds.size.x, level.bounds.size.y) > SMALL_ENOUGH


def _coarser(level: Level) -> Level:
    shortest = min(level.resolution)
    factor = Point(*(2 if size < 2 * shortest else 1 for size in level.resolution))
    return Level(
        Resolution(*(size * f for size, f in zip(level.resolution, factor, strict=True))),
        Box(
            Point(*(lo // f for lo, f in zip(level.bounds.lo, factor, strict=True))),
            Point(*(-(-hi // f) for hi, f in zip(level.bounds.hi, factor, strict=True))),
        ),
        factor,
    )


def block_shape(chunk: Point, size: Point, most_voxels: int) -> Point:
    """A box of whole chunks, at most `most_voxels` (or one chunk), long in x, then y, then z."""
    shape = list(chunk)
    for axis in range(3):
        while shape[axis] < size[axis] and 2 * math.prod(shape) <= most_voxels:
            shape[axis] *= 2
    return Point(*shape)


def blocks(bounds: Box, shape: Point, slowest: int = 2) -> Iterator[Box]:
    """Cut `bounds` into boxes of `shape` that begin at its first voxel; fewer at the far ends.

    `slowest`: the axis (of x, y, z) whose layers are finished one after the other.
    """
    axes = [slowest, *(axis for axis in (2, 1, 0) if axis != slowest)]
    starts = (range(bounds.lo[axis], bounds.hi[axis], shape[axis]) for axis in axes)
    for start in product(*starts):
        at = dict(zip(axes, start, strict=True))
        lo = Point(at[0], at[1], at[2])
        hi = (min(low + s, end) for low, s, end in zip(lo, shape, bounds.hi, strict=True))
        yield Box(lo, Point(*hi))


def finer_box(box: Box, factor: Point, finer: Box) -> Box:
    """What `box` of a level covers of the finer level, as far as that reaches."""
    lo = Point(*(at * f for at, f in zip(box.lo, factor, strict=True)))
    hi = Point(*(at * f for at, f in zip(box.hi, factor, strict=True)))
    return Box(lo, hi).clamp(finer)


def coarsen(array: Voxels, lo: Point, factor: Point, kind: Kind) -> Voxels:
    """The coarser copy of an array `(z, y, x)` whose first voxel is `lo` (x, y, z).

    Images (uint8, uint16) are averaged, rounding half up; of labels the most frequent is taken,
    the first of equals. A block that is cut off at a border counts the voxels that it has, each as
    often as its mirror images beyond the border.
    """
    steps = factor[::-1]
    padding = [
        (at % step, -(at + length) % step)
        for at, length, step in zip(lo[::-1], array.shape, steps, strict=True)
    ]
    if any(map(any, padding)):
        array = np.pad(array, padding, mode="edge")
    parts = [
        array[tuple(slice(start, None, step) for start, step in zip(starts, steps, strict=True))]
        for starts in product(*map(range, steps))
    ]
    return _average(parts) if kind == "image" else _most_frequent(parts)


def _average(parts: Sequence[Voxels]) -> Voxels:
    total = np.zeros(parts[0].shape, np.uint32)
    for part in parts:
        total += part.astype(np.uint32)
    return np.asarray((total + len(parts) // 2) // len(parts), parts[0].dtype)


def _most_frequent(parts: Sequence[Voxels]) -> Voxels:
    """Each part is compared with those after it: where a label is first met, all are counted."""
    label = parts[0].copy()
    most = np.zeros(label.shape, np.uint8)
    for number, part in enumerate(parts):
        count = np.ones(label.shape, np.uint8)
        for other in parts[number + 1 :]:
            count += part == other
        better = count > most
        np.copyto(label, part, where=better)
        np.copyto(most, count, where=better)
    return label
