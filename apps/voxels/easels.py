"""What somebody draws on who mends a synapse: which voxels, and the picture below them.

All drawing is in whole voxels of the target (the cleft volume), slice by slice, so that what is
kept is what was seen. Of the image each slice shows the one that holds its middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from apps.voxels.cutouts import (
    MAX_ATLAS_SIDE,
    MAX_IMAGE_VOXELS,
    Grid,
    Region,
    atlas_shape,
    check_crop_size,
    crop_box,
)
from apps.voxels.geometry import Box, GeometryError, Point


@dataclass(frozen=True)
class Reach:
    """How near a label has to lie to be an instance's own: within `nm` of one of some places, in
    voxels of the target."""

    nm: float
    places: tuple[Point, ...]


@dataclass(frozen=True)
class EaselPlan:
    """All that is needed to read and draw an easel.

    `box` is what can be drawn on and `judged` the part of it that the tile of the grid shows, in
    voxels of the target; `uncut` is as large everywhere. `original` is the box as a region of the
    target, `image` a region of the image that covers it. `image_slices[k]` is the slice of the
    image region (counted from its start) below slice k of the box.
    """

    box: Box
    uncut: Box
    judged: Box
    original: Region
    image: Region
    image_slices: tuple[int, ...]
    pixels_per_target: tuple[float, float, float]
    centre: Point

    @property
    def middle(self) -> int:
        """The slice of the box that is seen first: that of the centre."""
        return min(max(self.centre.z - self.box.lo.z, 0), self.box.size.z - 1)

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Where the box lies on a slice of the picture, in its pixels: x, y, width, height.

        Its edges lie between pixels where the resolutions are no whole multiples.
        """
        scale_x, scale_y, _ = self.pixels_per_target
        box, image = self.box, self.image.wanted
        return (
            box.lo.x * scale_x - image.lo.x,
            box.lo.y * scale_y - image.lo.y,
            box.size.x * scale_x,
            box.size.y * scale_y,
        )


def plan_easel(centre: Point, crop: Point, depth: int, image: Grid, target: Grid) -> EaselPlan:
    """Plan the easel of a synapse that is shown as `crop` target voxels around `centre`, `depth`
    slices deep or as many as can be shown, but no fewer than the crop.

    It ends with the target's volume; around a centre outside of that, its grid goes on. Raises
    GeometryError where even the crop cannot be shown.
    """
    check_crop_size(crop)
    for slices in range(max(crop.z, depth), crop.z, -1):
        try:
            return _plan(centre, crop, slices, image, target)
        except GeometryError:
            continue
    return _plan(centre, crop, crop.z, image, target)


def _plan(centre: Point, crop: Point, slices: int, image: Grid, target: Grid) -> EaselPlan:
    deep = Point(crop.x, crop.y, slices)
    check_crop_size(deep)
    uncut, judged = crop_box(centre, deep), crop_box(centre, crop)
    box = uncut
    if target.bounds.contains(centre):
        box, judged = box.clamp(target.bounds), judged.clamp(target.bounds)
    scale = target.resolution.scale_to(image.resolution)
    below = [math.floor((z + 0.5) * scale[2]) for z in range(box.lo.z, box.hi.z)]
    covered = Box(
        Point(math.floor(box.lo.x * scale[0]), math.floor(box.lo.y * scale[1]), below[0]),
        Point(math.ceil(box.hi.x * scale[0]), math.ceil(box.hi.y * scale[1]), below[-1] + 1),
    )
    _check_picture(covered, len(below))
    return EaselPlan(
        box=box,
        uncut=uncut,
        judged=judged,
        original=Region.within(box, target.bounds),
        image=Region.within(covered, image.bounds),
        image_slices=tuple(z - below[0] for z in below),
        pixels_per_target=scale,
        centre=centre,
    )


def _check_picture(covered: Box, slices: int) -> None:
    columns, rows = atlas_shape(slices)
    width, height = columns * covered.size.x, rows * covered.size.y
    if covered.voxels > MAX_IMAGE_VOXELS or max(width, height) > MAX_ATLAS_SIDE:
        raise GeometryError(
            f"{slices} slices to draw on cover {covered.voxels:,} voxels of the image, or "
            f"{width:,}×{height:,} pixels beside each other; at most {MAX_IMAGE_VOXELS:,} and "
            f"{MAX_ATLAS_SIDE:,} on a side can be shown"
        )


def remarks_of(plan: EaselPlan, bounds: Box) -> list[dict[str, str]]:
    """What a person should know who draws on this, whose target's volume has these bounds: of
    which kind it is, and a sentence. Nothing where all is as usual."""
    remarks = []
    if plan.image.stored.is_empty:
        remarks.append(("outside", "This synapse lies outside the image; beyond it is gray."))
    elif plan.image.stored != plan.image.wanted:
        remarks.append(("border", "The image ends within this box; beyond it is gray."))
    if not bounds.contains(plan.centre):
        remarks.append(
            ("no mask", "The cleft volume does not reach here: its grid is drawn on beyond it.")
        )
    elif plan.box != plan.uncut:
        remarks.append(("border", "The cleft volume ends here: there is nothing to draw beyond."))
    return [{"kind": kind, "sentence": sentence} for kind, sentence in remarks]
