"""Shapes in a plane: signed distances, and the motion that carries one shape into another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

Mask2D = NDArray[np.bool_]
Field = NDArray[np.float64]  # (y, x)
Grid = NDArray[np.float64]  # (2, y, x): a place, or a motion, in pixels for each pixel

MOST_POINTS = 160  # of a shape, that are matched with those of another
SMOOTH_PX = 4.0  # neighbouring points move together within this distance


def signed_distance(mask: Mask2D, pixel: tuple[float, float]) -> Field:
    """Distance (y, x) of pixel centres to the outline, in units of `pixel`; negative inside."""
    inside = ndimage.distance_transform_edt(mask, sampling=pixel)
    outside = ndimage.distance_transform_edt(~mask, sampling=pixel)
    half = min(pixel) / 2
    return np.asarray(
        np.where(mask, half - inside, outside - half),
        np.float64,
    )


@dataclass(frozen=True, eq=False)
class Motion:
    """Where the points of a shape go: `places` (n, 2) y, x and `shifts` (n, 2), in pixels."""

    places: NDArray[np.float64]
    shifts: NDArray[np.float64]

    def backwards(self) -> Motion:
        """From the other shape to this one."""
        return Motion(self.places + self.shifts, -self.shifts)

    def part(self, share: float) -> Motion:
        """The beginning of the motion."""
        return Motion(self.places, self.shifts * share)


NOWHERE = Motion(np.zeros((1, 2)), np.zeros((1, 2)))


def motion_between(first: Mask2D, last: Mask2D) -> Motion:
    """The motion of least effort that carries the points of one shape into those of another."""
    starts, ends = _points(first), _points(last)
    count = min(len(starts), len(ends), MOST_POINTS)
    starts, ends = _some(starts, count), _some(ends, count)
    pairs = linear_sum_assignment(cdist(starts, ends, "sqeuclidean"))
    start, end = starts[pairs[0]], ends[pairs[1]]
    weights = np.exp(-cdist(start, start, "sqeuclidean") / (2 * SMOOTH_PX**2))
    shifts = weights @ (end - start) / weights.sum(axis=1, keepdims=True)
    return Motion(start, shifts)


def _points(mask: Mask2D) -> NDArray[np.float64]:
    return np.argwhere(mask).astype(np.float64)


def _some(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    steps = (np.arange(count) + 0.5) * len(points) / count
    return points[steps.astype(np.int64)]


def origins(motion: Motion, shape: tuple[int, int]) -> Grid:
    """For each pixel of the arrival plane, where it came from: (2, y, x).

    Away from the shape a pixel moves as the points of the shape nearest to it.
    """
    here = np.stack(np.meshgrid(*(np.arange(s, dtype=np.float64) for s in shape), indexing="ij"))
    if not motion.shifts.any():
        return here
    arrived = motion.places + motion.shifts
    step = 4
    rows = np.arange(0, shape[0] + step, step)
    columns = np.arange(0, shape[1] + step, step)
    coarse = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    squares = cdist(coarse, arrived, "sqeuclidean")
    squares -= squares.min(axis=1, keepdims=True)
    weights = np.exp(-squares / (2 * SMOOTH_PX**2))
    shifts = weights @ motion.shifts / weights.sum(axis=1, keepdims=True)
    field = shifts.T.reshape(2, len(rows), len(columns))
    fine = [ndimage.map_coordinates(axis, here / step, order=1, mode="nearest") for axis in field]
    return np.asarray(here - np.stack(fine))


def sample(values: NDArray[np.float64], places: Grid) -> Field:
    """Values (y, x) at places (2, y, x), linearly; outside, those of the edge."""
    return np.asarray(ndimage.map_coordinates(values, places, order=1, mode="nearest"))
