"""Refuses by name what cannot be filled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from apps.voxels.depth_fill.values import DepthFillError, Seeds

VoxelNm = tuple[float, float, float]  # z, y, x


def check_input(
    image: NDArray[np.uint8],
    seeds: Seeds,
    voxel_nm: VoxelNm,
    reach: int | None,
    known: NDArray[np.bool_] | None,
) -> None:
    """Raises DepthFillError, which names the argument and says what is wrong with it."""
    if image.ndim != 3 or 0 in image.shape:
        raise DepthFillError("image", f"its shape is {image.shape}; it must be (z, y, x).")
    if image.dtype != np.uint8:
        raise DepthFillError("image", f"its type is {image.dtype}; it must be uint8.")
    if len(voxel_nm) != 3 or not all(math.isfinite(size) and size > 0 for size in voxel_nm):
        raise DepthFillError(
            "voxel_nm", f"{tuple(voxel_nm)}: three sizes in nm are needed, each greater than 0."
        )
    if reach is not None and reach < 0:
        raise DepthFillError("reach", f"{reach}: a number of slices cannot be negative.")
    if known is not None and (known.shape != image.shape or known.dtype != np.bool_):
        raise DepthFillError(
            "known",
            f"its shape is {known.shape} and its type {known.dtype}; "
            f"it must be {image.shape} like the image, and bool.",
        )
    _check_seeds(seeds, image.shape)


def _check_seeds(seeds: Seeds, shape: tuple[int, ...]) -> None:
    for z, mask in seeds.slices.items():
        if not 0 <= z < shape[0]:
            raise DepthFillError(
                "seeds", f"slice {z} lies outside the box, which has slices 0 to {shape[0] - 1}."
            )
        if mask.shape != shape[1:]:
            raise DepthFillError(
                "seeds", f"slice {z} has the shape {mask.shape}; the box has {shape[1:]}."
            )
        if mask.dtype != np.bool_:
            raise DepthFillError("seeds", f"slice {z} has the type {mask.dtype}; it must be bool.")
    if not any(mask.any() for mask in seeds.slices.values()):
        raise DepthFillError("seeds", "no drawn slice has a voxel; at least one is needed.")
