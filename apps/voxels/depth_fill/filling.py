"""Fills the slices between the drawn ones, and goes on beyond the outermost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.voxels.depth_fill.checks import VoxelNm, check_input
from apps.voxels.depth_fill.shapes import motion_between, origins, sample, signed_distance
from apps.voxels.depth_fill.values import Filled, How, Mask2D, Seeds


def fill_depth(
    image: NDArray[np.uint8],
    seeds: Seeds,
    voxel_nm: VoxelNm,
    *,
    reach: int | None = None,
    known: NDArray[np.bool_] | None = None,
) -> Filled:
    """Proposes a mask for every slice of a box that was not drawn.

    image: (z, y, x) uint8, clefts dark. `voxel_nm` is the size of a voxel (z, y, x) in nm.
    `reach`: go at most so many slices beyond the outermost drawn ones (None: to the end of the
    box, 0: only between). `known`: (z, y, x) bool, False where the image has no data (None: it
    has everywhere); where a slice has none near the mask, only the shapes of the drawn slices
    count.

    Raises DepthFillError, which names the argument, for shapes and types that do not fit, a drawn
    slice outside the box, and seeds without any voxel.
    """
    check_input(image, seeds, voxel_nm, reach, known)
    depth = image.shape[0]
    mask = np.zeros(image.shape, np.bool_)
    how: list[How] = ["empty"] * depth
    confidence = [0.0] * depth
    for z, drawn in seeds.slices.items():
        mask[z], how[z], confidence[z] = drawn, "seed", 1.0
    drawn_at = sorted(seeds.slices)
    for low, high in pairwise(drawn_at):
        if mask[low].any() and mask[high].any():
            for z in range(low + 1, high):
                mask[z] = _between(mask[low], mask[high], z - low, high - z)
                how[z], confidence[z] = "between", 0.5
    for end, step in ((drawn_at[0], -1), (drawn_at[-1], 1)):
        for away in range(1, (2 if reach is None else min(reach, 2)) + 1):
            z = end + step * away
            if mask[end].any() and 0 <= z < depth:
                mask[z], how[z], confidence[z] = mask[end], "beyond", 0.3
    return Filled(mask, tuple(how), tuple(confidence))


def _between(first: Mask2D, last: Mask2D, after: int, before: int) -> Mask2D:
    whole = after + before
    there, back = motion_between(first, last), motion_between(last, first)
    level = np.zeros(first.shape)
    for shape, motion, share, weight in (
        (first, there, after, before),
        (last, back, before, after),
    ):
        places = origins(motion.part(share / whole), shape.shape)
        level += weight / whole * sample(signed_distance(shape, (1.0, 1.0)), places)
    return level < 0
