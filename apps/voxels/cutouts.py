"""What to read for one cutout, and how the pieces fit together.

A cutout is a box around a synapse: the crop size is given in voxels of the target (the cleft
mask), the same space is read from the image at the image's own resolution. Where the box leaves
a volume, the overhang is padded so that every cutout of a campaign has the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.voxels.geometry import AXES, Box, GeometryError, Point, Resolution

MAX_CROP_VOXELS = 16_000_000
MAX_CROP_SIDE = 2048
MAX_IMAGE_VOXELS = 4 * MAX_CROP_VOXELS
# The side of a picture that holds all slices: every browser still decodes and draws it (many draw
# nothing that is larger, since graphics cards end there), and a JPEG ends at 65,500.
MAX_ATLAS_SIDE = 16_384


@dataclass(frozen=True)
class Grid:
    """Where a volume lies: its resolution in nm and its bounds in its own voxels."""

    resolution: Resolution
    bounds: Box


@dataclass(frozen=True)
class Region:
    """A box wanted from a volume, and the part of it that exists."""

    wanted: Box
    stored: Box

    @property
    def padding(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """Voxels missing before and after, for x, y, z."""
        if self.stored.is_empty:
            x, y, z = self.wanted.size
            return ((0, x), (0, y), (0, z))
        before = (at - want for want, at in zip(self.wanted.lo, self.stored.lo, strict=True))
        after = (want - at for want, at in zip(self.wanted.hi, self.stored.hi, strict=True))
        x_pad, y_pad, z_pad = zip(before, after, strict=True)
        return (x_pad, y_pad, z_pad)

    @classmethod
    def within(cls, wanted: Box, bounds: Box) -> Region:
        return cls(wanted, wanted.clamp(bounds))


@dataclass(frozen=True)
class CutoutPlan:
    """All that is needed to read and draw one cutout.

    `image` and `mask` are regions in voxels of their own volumes. `mask_slices[k]` is the slice
    of the mask region (counted from its start) that belongs to slice k of the image region.
    `pixels_per_target` maps target voxels to image pixels along x, y, z.
    """

    image: Region
    mask: Region
    mask_slices: tuple[int, ...]
    pixels_per_target: tuple[float, float, float]
    middle: int
    centre: Point

    @property
    def depth(self) -> int:
        return self.image.wanted.size.z

    @property
    def mask_area(self) -> tuple[float, float, float, float]:
        """Where the mask lies on a slice, in image pixels: x, y, width, height.

        Its edges lie between pixels where the resolutions are no whole multiples.
        """
        scale_x, scale_y, _ = self.pixels_per_target
        mask, image = self.mask.wanted, self.image.wanted
        return (
            mask.lo.x * scale_x - image.lo.x,
            mask.lo.y * scale_y - image.lo.y,
            mask.size.x * scale_x,
            mask.size.y * scale_y,
        )

    def place(self, point: Sequence[float]) -> tuple[float, float, int]:
        """Where a target voxel lies in this cutout: x and y in image pixels (its middle), slice."""
        scale_x, scale_y, scale_z = self.pixels_per_target
        lo = self.image.wanted.lo
        return (
            (point[0] + 0.5) * scale_x - lo.x,
            (point[1] + 0.5) * scale_y - lo.y,
            math.floor((point[2] + 0.5) * scale_z) - lo.z,
        )


def check_crop_size(crop: Point) -> None:
    """Refuse crop sizes that no page could show.

    Raises GeometryError naming the axis.
    """
    for axis, size in zip(AXES, crop, strict=True):
        if not 1 <= size <= MAX_CROP_SIDE:
            raise GeometryError(
                f"crop_size_{axis} is {size} voxels; it must be between 1 and {MAX_CROP_SIDE}"
            )
    if math.prod(crop) > MAX_CROP_VOXELS:
        raise GeometryError(
            f"the crop of {crop.x}×{crop.y}×{crop.z} voxels holds {math.prod(crop):,}; "
            f"at most {MAX_CROP_VOXELS:,} can be shown"
        )


def crop_box(centre: Point, crop: Point) -> Box:
    """The half-open box of `crop` target voxels around `centre`, as SynAnno cuts it."""
    lo = Point(*(c - size // 2 for c, size in zip(centre, crop, strict=True)))
    hi = Point(*(c + (size + 1) // 2 for c, size in zip(centre, crop, strict=True)))
    return Box(lo, hi)


def plan_cutout(centre: Point, crop: Point, image: Grid, target: Grid) -> CutoutPlan:
    """Plan the cutout of `crop` target voxels around `centre` (target voxels, x, y, z).

    The image box covers the same space; its size depends on the crop alone, never on the
    position, so that all tiles of a page have one shape.
    """
    check_crop_size(crop)
    wanted = crop_box(centre, crop)
    scale = target.resolution.scale_to(image.resolution)
    image_lo = Point(*(math.floor(lo * s) for lo, s in zip(wanted.lo, scale, strict=True)))
    image_size = (max(1, round(size * s)) for size, s in zip(wanted.size, scale, strict=True))
    image_box = Box(
        image_lo, Point(*(lo + size for lo, size in zip(image_lo, image_size, strict=True)))
    )
    if image_box.voxels > MAX_IMAGE_VOXELS:
        raise GeometryError(
            f"the crop covers {image_box.voxels:,} voxels of the image at its resolution; "
            f"at most {MAX_IMAGE_VOXELS:,} can be shown"
        )
    depth = image_box.size.z
    _check_atlas("image", image_box.size, depth)
    _check_atlas("cleft mask", wanted.size, depth)
    middle = math.floor((centre.z + 0.5) * scale[2]) - image_lo.z
    return CutoutPlan(
        image=Region.within(image_box, image.bounds),
        mask=Region.within(wanted, target.bounds),
        mask_slices=_nearest_slices(image_lo.z, depth, wanted, scale[2]),
        pixels_per_target=scale,
        middle=min(max(middle, 0), depth - 1),
        centre=centre,
    )


def atlas_shape(count: int) -> tuple[int, int]:
    """Columns and rows of the most nearly square atlas for `count` slices."""
    columns = math.ceil(math.sqrt(count))
    return columns, math.ceil(count / columns)


def _check_atlas(what: str, size: Point, depth: int) -> None:
    """Refuse slices that together make a picture which browsers do not draw."""
    columns, rows = atlas_shape(depth)
    width, height = columns * size.x, rows * size.y
    if max(width, height) > MAX_ATLAS_SIDE:
        raise GeometryError(
            f"the {depth} slices of the {what}, beside each other, make a picture of "
            f"{width:,}×{height:,} pixels; at most {MAX_ATLAS_SIDE:,} on a side can be shown"
        )


def _nearest_slices(start: int, depth: int, target: Box, scale: float) -> tuple[int, ...]:
    nearest = (math.floor((start + k + 0.5) / scale) - target.lo.z for k in range(depth))
    return tuple(min(max(at, 0), target.size.z - 1) for at in nearest)
