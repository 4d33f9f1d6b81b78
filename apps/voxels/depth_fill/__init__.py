"""Fills a cleft's mask through depth from the slices that a person drew.

`fill_depth(image, seeds, voxel_nm)` proposes a mask for the other slices of a box: between drawn
slices, and beyond the outermost ones until the synapse ends. Pure: it reads and writes nothing,
and gives the same answer each time.
"""

from apps.voxels.depth_fill.filling import fill_depth
from apps.voxels.depth_fill.values import DepthFillError, Filled, How, Seeds

__all__ = ["DepthFillError", "Filled", "How", "Seeds", "fill_depth"]
