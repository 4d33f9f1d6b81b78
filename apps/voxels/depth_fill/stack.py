"""The part of a box that matters, on a grid of about 8 nm, and the way back from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.voxels.depth_fill.checks import VoxelNm
from apps.voxels.depth_fill.shapes import signed_distance
from apps.voxels.depth_fill.values import Mask2D, Seeds

Field = NDArray[np.float64]  # (y, x)

UNIT_NM = 8.0  # lengths of the method are in this unit, at which it was measured
MARGIN_NM = 320.0  # a mask may wander so far from all drawn ones
MOST_PIXELS = 128 * 128  # of a slice near the drawn masks: more are looked at on a coarser grid
AROUND_NM = 128.0  # what counts as near there
THINNEST = 0.1
LEAST_KNOWN = 0.9  # a slice with less of it known around the mask counts as one without an image


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices on the working grid.

    images: (z, y, x), each slice's median at 0, together of unit variance.
    known: (z, y, x) bool. `window`: where it lies in the box (y, x). `step`: so many pixels of
    the box are one of the grid (y, x). `pixel_nm`: its size (y, x). `slice_nm`: of one slice.
    """

    images: NDArray[np.float64]
    known: NDArray[np.bool_]
    window: tuple[slice, slice]
    step: tuple[int, int]
    pixel_nm: tuple[float, float]
    slice_nm: float

    @property
    def scale(self) -> float:
        """Pixels of the grid in a length of `UNIT_NM`."""
        return UNIT_NM / float(np.sqrt(self.pixel_nm[0] * self.pixel_nm[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """Of a slice."""
        return self.images.shape[1], self.images.shape[2]

    def level_of(self, drawn: Mask2D) -> Field:
        """Distance (y, x) to the outline of a mask of the box, on the grid, in `UNIT_NM`."""
        fine = tuple(p / s for p, s in zip(self.pixel_nm, self.step, strict=True))
        distance = signed_distance(drawn[self.window], (fine[0], fine[1])) / UNIT_NM
        level = _shrunk(distance, self.step)
        if level.min() >= 0:  # a line thinner than a pixel of the grid is still there
            level = level - level.min() - THINNEST
        return level

    def level_again(self, mask: Mask2D) -> Field:
        """The same of a mask on the grid."""
        return signed_distance(mask, self.pixel_nm) / UNIT_NM

    def to_box(self, odds: Field, shape: tuple[int, int]) -> Mask2D:
        """The mask (y, x) of the box where the odds on the grid are above 0."""
        mask = np.zeros(shape, np.bool_)
        rows, columns = self.window
        size = (rows.stop - rows.start, columns.stop - columns.start)
        mask[self.window] = _enlarged(odds, self.step, size) > 0
        return mask


def make_stack(
    image: NDArray[np.uint8], known: NDArray[np.bool_] | None, seeds: Seeds, voxel_nm: VoxelNm
) -> Stack:
    """Cut out what lies near the drawn masks. Arrays as of `fill_depth`."""
    drawn = np.any(list(seeds.slices.values()), axis=0)
    window = _around(drawn, voxel_nm[1:])
    step = _step(drawn, voxel_nm[1:])
    here = (slice(None), *window)
    have = np.ones(image[here].shape, np.bool_) if known is None else known[here].copy()
    slices = [_shrunk(one.astype(np.float64), step) for one in image[here]]
    for one, data in zip(image[here], have, strict=True):
        if data.any() and np.ptp(one[data]) == 0:
            data[:] = False
    seen = [_shrunk(one.astype(np.float64), step) > 0.99 for one in have]
    return Stack(
        images=_level(np.stack(slices), np.stack(seen)),
        known=np.stack(seen),
        window=window,
        step=step,
        pixel_nm=(voxel_nm[1] * step[0], voxel_nm[2] * step[1]),
        slice_nm=voxel_nm[0],
    )


def _step(drawn: Mask2D, pixel_nm: tuple[float, float]) -> tuple[int, int]:
    """How many pixels make one of the grid: about `UNIT_NM`, more where very much is drawn."""
    extent = [np.ptp(np.flatnonzero(drawn.any(axis=1 - axis))) for axis in (0, 1)]
    sides = [float(e) * size + 2 * AROUND_NM for e, size in zip(extent, pixel_nm, strict=True)]
    least = float(np.sqrt(sides[0] * sides[1] / MOST_PIXELS))
    rows, columns = (
        max(1, int(UNIT_NM / size + 0.25), int(np.ceil(least / size - 0.01))) for size in pixel_nm
    )
    return rows, columns


def _around(drawn: Mask2D, pixel_nm: tuple[float, float]) -> tuple[slice, slice]:
    spans = []
    for axis, size in enumerate(pixel_nm):
        at = np.flatnonzero(drawn.any(axis=1 - axis))
        margin = int(np.ceil(MARGIN_NM / size))
        low, high = int(at[0]) - margin, int(at[-1]) + 1 + margin
        spans.append(slice(max(low, 0), min(high, drawn.shape[axis])))
    return spans[0], spans[1]


def _level(images: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each slice's median becomes 0, also where nothing is known; then the variance 1."""
    levelled = np.zeros_like(images)
    for one, image, have in zip(levelled, images, known, strict=True):
        if have.any():
            one[have] = image[have] - np.median(image[have])
    spread = levelled[known].std() if known.any() else 0.0
    return levelled / (spread if spread > 0 else 1.0)


def _shrunk(values: Field, step: tuple[int, int]) -> Field:
    """The means of blocks of `step` pixels; the last ones repeat the edge."""
    if step == (1, 1):
        return values
    missing = [(0, -size % by) for size, by in zip(values.shape, step, strict=True)]
    padded = np.pad(values, missing, mode="edge")
    rows, columns = (size // by for size, by in zip(padded.shape, step, strict=True))
    return np.asarray(padded.reshape(rows, step[0], columns, step[1]).mean(axis=(1, 3)))


def _enlarged(values: Field, step: tuple[int, int], size: tuple[int, int]) -> Field:
    if step == (1, 1):
        return values
    places = [(np.arange(n) + 0.5) / by - 0.5 for n, by in zip(size, step, strict=True)]
    grid = np.stack(np.meshgrid(*places, indexing="ij"))
    return np.asarray(ndimage.map_coordinates(values, grid, order=1, mode="nearest"))
