"""Fill what of a cutout lies beyond the borders of its volume.

Apart from the plans of cutouts because it needs numpy, which the web process does without.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from apps.voxels.cutouts import Region

IMAGE_PADDING = 148  # the gray that SynAnno puts beyond the borders of an image
MASK_PADDING = 0

Scalar = TypeVar("Scalar", bound=np.generic)


def pad(array: npt.NDArray[Scalar], region: Region, value: int) -> npt.NDArray[Scalar]:
    """Put a read array `(z, y, x)` into the full shape of its region, filled with `value`."""
    if region.stored == region.wanted:
        return array
    x, y, z = region.wanted.size
    full = np.full((z, y, x), value, dtype=array.dtype)
    if region.stored.is_empty:
        return full
    (x_lo, _), (y_lo, _), (z_lo, _) = region.padding
    depth, height, width = array.shape
    full[z_lo : z_lo + depth, y_lo : y_lo + height, x_lo : x_lo + width] = array
    return full
