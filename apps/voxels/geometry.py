"""Points, boxes, resolutions and axis orders of voxel volumes.

Everything here is in physical order x, y, z. A volume may store its axes in another order;
`AxisOrder` translates, and only gateways that read stored arrays need it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

AXES = ("x", "y", "z")


class GeometryError(ValueError):
    """A value does not describe a place or size in a volume; the message says which and why."""


class Point(NamedTuple):
    """A place or size in whole voxels, in the order x, y, z."""

    x: int
    y: int
    z: int


@dataclass(frozen=True)
class Resolution:
    """The size of a voxel in nm along x, y, z; each greater than 0 and finite."""

    x: float
    y: float
    z: float

    def __post_init__(self) -> None:
        for axis, size in zip(AXES, self, strict=True):
            if not (math.isfinite(size) and size > 0):
                raise GeometryError(f"the resolution along {axis} is {size:g} nm; it must be > 0")

    def __iter__(self) -> Iterator[float]:
        return iter((self.x, self.y, self.z))

    def scale_to(self, other: Resolution) -> tuple[float, float, float]:
        """How many voxels of `other` lie along one voxel of this resolution, for x, y, z."""
        return (self.x / other.x, self.y / other.y, self.z / other.z)


@dataclass(frozen=True)
class Box:
    """A half-open box of voxels: `lo` is inside, `hi` is not. Order x, y, z."""

    lo: Point
    hi: Point

    def __post_init__(self) -> None:
        for axis, low, high in zip(AXES, self.lo, self.hi, strict=True):
            if low > high:
                raise GeometryError(f"the box runs backwards along {axis}: {low} to {high}")

    @property
    def size(self) -> Point:
        """Voxels along x, y, z."""
        return Point(*(high - low for low, high in zip(self.lo, self.hi, strict=True)))

    @property
    def is_empty(self) -> bool:
        return 0 in self.size

    @property
    def voxels(self) -> int:
        return math.prod(self.size)

    def contains(self, point: Sequence[float]) -> bool:
        return all(low <= at < high for low, at, high in zip(self.lo, point, self.hi, strict=True))

    def clamp(self, bounds: Box) -> Box:
        """The part of this box within `bounds`; empty, at the nearest border, if there is none."""
        lo = [min(max(a, b), c) for a, b, c in zip(self.lo, bounds.lo, bounds.hi, strict=True)]
        hi = [max(min(a, b), c) for a, b, c in zip(self.hi, bounds.hi, bounds.lo, strict=True)]
        return Box(Point(*lo), Point(*(max(a, b) for a, b in zip(lo, hi, strict=True))))

    @classmethod
    def around(cls, points: Sequence[Point]) -> Box:
        """The smallest box that holds all `points` (at least one)."""
        lo = Point(*(min(axis) for axis in zip(*points, strict=True)))
        hi = Point(*(max(axis) + 1 for axis in zip(*points, strict=True)))
        return cls(lo, hi)


@dataclass(frozen=True)
class AxisOrder:
    """Which physical axis each stored axis of a volume holds, for example "zyx"."""

    order: str = "xyz"

    def __post_init__(self) -> None:
        if sorted(self.order) != list(AXES):
            raise GeometryError(
                f"the axis order is {self.order!r}; it must be one of {', '.join(AXIS_ORDERS)}"
            )

    @property
    def stored_to_physical(self) -> tuple[int, int, int]:
        """For each physical axis x, y, z: the index of the stored axis that holds it."""
        x, y, z = (self.order.index(axis) for axis in AXES)
        return (x, y, z)

    @property
    def physical_to_stored(self) -> tuple[int, int, int]:
        """For each stored axis: the index (in x, y, z) of the physical axis that it holds."""
        first, second, third = (AXES.index(axis) for axis in self.order)
        return (first, second, third)

    def to_stored(self, values: Sequence[int]) -> tuple[int, int, int]:
        """Reorder three values from x, y, z into the stored order."""
        first, second, third = (values[axis] for axis in self.physical_to_stored)
        return (first, second, third)

    def to_physical(self, values: Sequence[float]) -> tuple[float, float, float]:
        """Reorder three values from the stored order into x, y, z."""
        x, y, z = (values[axis] for axis in self.stored_to_physical)
        return (x, y, z)


AXIS_ORDERS = tuple("".join(order) for order in permutations(AXES))
