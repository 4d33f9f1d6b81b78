"""Z-order of places: what is near in a volume is near in the order.

A place is the block of `2**STEPS` voxels that holds a point, about as large as a cutout; blocks
are counted from `-2**20`, so that points below 0 have their place, too. G. M. Morton, "A computer
oriented geodetic data base and a new technique in file sequencing", 1966.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from apps.voxels.morton_ranges import BITS, SPREAD, STEPS


def morton_codes(points: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The codes of points.

    points: (n, 3) int64, voxels in x, y, z. Returns (n,) int64, each >= 0; neighbouring blocks
    have near codes. Points beyond the outermost blocks (2**26 voxels in x and y, 2**22 in z) are
    given the place of those.
    """
    blocks = (points >> np.array(STEPS)) + (1 << (BITS - 1))
    blocks = np.clip(blocks, 0, (1 << BITS) - 1).astype(np.uint64)
    codes = np.zeros(len(points), dtype=np.uint64)
    for axis in range(3):
        codes |= _spread(blocks[:, axis]) << np.uint64(axis)
    return codes.astype(np.int64)


def _spread(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Put two empty bits after each bit of numbers of `BITS` bits."""
    for shift, mask in SPREAD:
        numbers = (numbers | (numbers << np.uint64(shift))) & np.uint64(mask)
    return numbers
