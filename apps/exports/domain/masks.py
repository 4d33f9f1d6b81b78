"""Masks that somebody drew: as SynAnno names its pictures of them, and as a whole.

All is in voxels of the cleft volume. Boxes are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from apps.voxels.cutouts import Region, crop_box
from apps.voxels.geometry import Box, Point

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint64]

CURVE, AUTO_CURVE, PRE_CIRCLE, POST_CIRCLE = "curve", "auto_curve", "circlePre", "circlePost"
CIRCLE_RADIUS = 5.0  # voxels, within the slice
_PROPOSED = "proposed"
_YET = "+"  # before a number that is counted anew when all parts are there


def pictured_box(centre: Point, crop: Point, bounds: Box) -> Box:
    """What a picture of an instance shows, and its name tells: SynAnno's Adjusted_Bbox. Of one
    whose centre lies outside the volume, the crop: people draw on all of it."""
    wanted = crop_box(centre, crop)
    return Region.within(wanted, bounds).stored if bounds.contains(centre) else wanted


def kind_of(origin: str) -> str:
    """Of the picture of a slice: SynAnno has a name of its own for what nobody drew by hand."""
    return AUTO_CURVE if origin == _PROPOSED else CURVE


def picture_name(kind: str, index: str, z: int, box: Box) -> str:
    """SynAnno's name of a picture, without its ending."""
    return f"{kind}_idx_{index}_slice_{z}_cor_{_edges(box)}"


def instance_name(instance_id: int, index: str, box: Box) -> str:
    """The name of all masks of an instance together, without its ending."""
    return f"instance_{instance_id}_idx_{index}_cor_{_edges(box)}"


def _edges(box: Box) -> str:
    return "_".join(str(edge) for pair in zip(box.lo, box.hi, strict=True) for edge in pair)


def later_index(number: int) -> str:
    """Stands for the Image_Index of the added synapse of this number in its part."""
    return f"{_YET}{number}"


def with_index(name: str, first: int) -> str:
    """A name whose `later_index` becomes the Image_Index, counted from `first`."""
    before, mark, after = name.partition(f"idx_{_YET}")
    if not mark:
        return name
    number, _, rest = after.partition("_")
    return f"{before}idx_{first + int(number)}_{rest}"


def circle(box: Box, at: Point) -> Mask | None:
    """A disc around a point, `(y, x)` on the box; None where the point lies beside it."""
    if not (box.lo.x <= at.x < box.hi.x and box.lo.y <= at.y < box.hi.y):
        return None
    y, x = np.ogrid[box.lo.y : box.hi.y, box.lo.x : box.hi.x]
    return np.asarray((x - at.x) ** 2 + (y - at.y) ** 2 <= CIRCLE_RADIUS**2)


def corrected_mask(original: Mask, box: Box, drawn: Iterable[tuple[int, Mask]]) -> Mask:
    """A mask as it is when all is said, `(z, y, x)` on the box: what was drawn holds in its slice,
    elsewhere the volume's own. `drawn`: z and `(y, x)` on the box; slices beside it are left out.
    """
    whole = original.copy()
    for z, mask in drawn:
        if box.lo.z <= z < box.hi.z:
            whole[z - box.lo.z] = mask
    return whole


def tight(mask: Mask, lo: Point) -> tuple[Mask, Point]:
    """The part of a mask that has all its voxels, and its first voxel; `lo` is that of the mask.
    Of an empty one, nothing."""
    if not mask.any():
        return mask[:0, :0, :0], lo
    spans = []
    for axis in range(3):
        here = np.flatnonzero(mask.any(axis=tuple(one for one in range(3) if one != axis)))
        spans.append((int(here[0]), int(here[-1]) + 1))
    z, y, x = spans
    part = mask[slice(*z), slice(*y), slice(*x)]
    return part, Point(lo.x + x[0], lo.y + y[0], lo.z + z[0])


def within(mask: Mask, lo: Point, bounds: Box) -> tuple[Mask, Point]:
    """The part of a mask `(z, y, x)` that lies within bounds, and its first voxel; `lo` is that of
    the mask. It may be empty."""
    z, y, x = mask.shape
    box = Box(lo, Point(lo.x + x, lo.y + y, lo.z + z)).clamp(bounds)
    if box.is_empty:
        return mask[:0, :0, :0], lo
    spans = (
        slice(low - start, high - start)
        for low, high, start in zip(reversed(box.lo), reversed(box.hi), reversed(lo), strict=True)
    )
    return mask[tuple(spans)], box.lo


def pooled(mask: Mask, lo: Point, factor: Point) -> tuple[Mask, Point]:
    """A mask `(z, y, x)` in voxels that are `factor` of its own, counted from the origin of space:
    those of which any has it; and its first voxel. `lo` is that of the mask."""
    if factor == Point(1, 1, 1):
        return mask, lo
    cells = mask
    for axis, (at, step) in enumerate(zip(lo[::-1], factor[::-1], strict=True)):
        firsts = [0, *range(step - at % step, mask.shape[axis], step)]
        cells = np.logical_or.reduceat(cells, firsts, axis=axis)
    return cells, Point(*(at // step for at, step in zip(lo, factor, strict=True)))


def paint(block: Labels, block_lo: Point, mask: Mask, lo: Point, label: int) -> None:
    """Put a label on the voxels of a mask that lie in a block, both `(z, y, x)`."""
    part, here = _shared(block, block_lo, mask, lo)
    part[here] = label


def labels_under(block: Labels, block_lo: Point, mask: Mask, lo: Point) -> Mapping[int, int]:
    """How many voxels each label has, in a block, of those of a mask, both `(z, y, x)`."""
    part, here = _shared(block, block_lo, mask, lo)
    labels, counts = np.unique(part[here & (part != 0)], return_counts=True)
    return dict(zip(labels.tolist(), counts.tolist(), strict=True))


def _shared(block: Labels, block_lo: Point, mask: Mask, lo: Point) -> tuple[Labels, Mask]:
    """What a block and a mask have of the box in which both are; it may be empty."""
    z, y, x = block.shape
    bounds = Box(block_lo, Point(block_lo.x + x, block_lo.y + y, block_lo.z + z))
    here, first = within(mask, lo, bounds)
    if not here.size:
        return block[:0, :0, :0], here
    spans = (
        slice(at - start, at - start + side)
        for at, start, side in zip(reversed(first), reversed(block_lo), here.shape, strict=True)
    )
    return block[tuple(spans)], here
