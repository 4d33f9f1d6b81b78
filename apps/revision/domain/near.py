"""What lies near a place, as far as that can be told without looking at any table."""

from __future__ import annotations

import math

from apps.voxels.geometry import Box, Point, Resolution
from apps.voxels.morton_ranges import block_of, code_of


def box_around(center: Point, resolution: Resolution, reach_nm: float) -> Box:
    """The voxels whose middles may lie within `reach_nm` of the middle of a voxel; half-open."""
    steps = [math.floor(reach_nm / size) for size in resolution]
    lo = Point(*(at - step for at, step in zip(center, steps, strict=True)))
    hi = Point(*(at + step + 1 for at, step in zip(center, steps, strict=True)))
    return Box(lo, hi)


def distance_nm(one: Point, other: Point, resolution: Resolution) -> float:
    """From the middle of a voxel to that of another, in nm."""
    return math.dist(
        *([at * size for at, size in zip(point, resolution, strict=True)] for point in (one, other))
    )


def place_of(point: Point) -> int:
    """The place of a voxel in Z-order: `apps.voxels.morton` without numpy, for a single one."""
    return code_of(block_of(point))
