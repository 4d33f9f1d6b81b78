"""A box that is larger than what a network is given at once: windows that overlap and blend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Sizes = tuple[int, int, int]  # z, y, x

# Where a network takes any size: enough to see a cleft, and small enough for a worker's memory. A
# U-Net halves a window several times, so that its sizes are multiples.
OPEN_WINDOW: Sizes = (16, 128, 128)
MULTIPLE = 16
_OVERLAP = 4  # at least a window's size by this


def window_for(box: Sequence[int], window: Sequence[int | None]) -> Sizes:
    """The sizes (z, y, x) of a window for a box; None in `window` where any will do."""
    z, y, x = (
        size or min(most, -(-voxels // MULTIPLE) * MULTIPLE)
        for voxels, size, most in zip(box, window, OPEN_WINDOW, strict=True)
    )
    return z, y, x


def starts_of(voxels: int, window: int) -> list[int]:
    """Where windows begin along an axis: evenly, with an overlap, the last at the end."""
    if voxels <= window:
        return [0]
    step = max(window - window // _OVERLAP, 1)
    steps = -(-(voxels - window) // step)
    return [round(number * (voxels - window) / steps) for number in range(steps + 1)]


def blend(
    given: NDArray[np.float32], window: Sizes, run: Callable[[Array], Array]
) -> NDArray[np.float32]:
    """What a network says of a box, window by window.

    given: (channels, z, y, x) float32; `run` takes (channels, z, y, x) of the window's size and
    gives (z, y, x). Where windows overlap, what lies further from a window's border counts more.
    A box smaller than a window is continued with its outermost voxels.
    """
    box = given.shape[1:]
    missing = [(0, max(size - voxels, 0)) for voxels, size in zip(box, window, strict=True)]
    padded = np.pad(given, [(0, 0), *missing], mode="edge") if any(map(any, missing)) else given
    total = np.zeros(padded.shape[1:], np.float32)
    share = np.zeros(padded.shape[1:], np.float32)
    weight = _weight(window)
    for corner in product(*map(starts_of, padded.shape[1:], window)):
        place = tuple(slice(lo, lo + size) for lo, size in zip(corner, window, strict=True))
        total[place] += run(padded[(slice(None), *place)]) * weight
        share[place] += weight
    inside = tuple(slice(voxels) for voxels in box)
    blended: NDArray[np.float32] = (total / share)[inside]
    return blended


def count_windows(box: Sequence[int], window: Sizes) -> int:
    """How many times the network is run for a box."""
    return int(np.prod([len(starts_of(*sizes)) for sizes in zip(box, window, strict=True)]))


def _weight(window: Sizes) -> NDArray[np.float32]:
    """(z, y, x): 1 in the middle, falling towards the borders, never 0."""
    sides = []
    for size in window:
        ramp = size // _OVERLAP + 1
        inwards = np.arange(size) + 1
        sides.append(np.minimum(np.minimum(inwards, inwards[::-1]), ramp) / ramp)
    z, y, x = sides
    weight: NDArray[np.float32] = (z[:, None, None] * y[None, :, None] * x[None, None, :]).astype(
        np.float32
    )
    return weight
