"""Draw an easel: the picture below each slice, and the mask as the cleft volume has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from apps.voxels.easels import EaselPlan, Reach, remarks_of
from apps.voxels.frames import RenderedCutout, encode_frame
from apps.voxels.geometry import Box, Point, Resolution
from apps.voxels.masks import Mask, component_seen, nearest_within
from apps.voxels.padding import IMAGE_PADDING, MASK_PADDING, pad
from apps.voxels.runs import runs_of_plane
from apps.voxels.tiles import as_bytes, encode_gray, placed, sentence_without_mask

Gray = npt.NDArray[np.uint8]


def draw_easel(
    plan: EaselPlan,
    image: npt.NDArray[np.generic],
    labels: npt.NDArray[np.generic],
    target: tuple[Resolution, Box],
    key: str,
    reach: Reach | None = None,
) -> RenderedCutout:
    """The middle slice as a frame, and the frames of the others and of the mask behind it.

    `image` and `labels`: `(z, y, x)`, the stored parts of the plan's regions, the image uint8 or
    uint16, labels of any integer dtype. `target`: the resolution and bounds of the cleft volume.
    `reach` as in `original_mask`. Raises DrawingError.
    """
    resolution, bounds = target
    gray = pad(as_bytes(image), plan.image, IMAGE_PADDING)
    remarks = remarks_of(plan, bounds)
    others = [k for k in range(plan.box.size.z) if k != plan.middle]
    mask = original_mask(plan, labels, resolution, reach)
    if not mask.any() and not any(one["kind"] == "no mask" for one in remarks):
        sentence = sentence_without_mask(None if reach is None else reach.nm)
        remarks.append({"kind": "no mask", "sentence": sentence})
    common = {"key": key, "remarks": remarks}
    original = {
        "part": "original",
        **common,
        "box": {"lo": [*plan.box.lo], "hi": [*plan.box.hi]},
        "runs": {str(plan.box.lo.z + k): runs_of_plane(_plane(mask[k])) for k in range(len(mask))},
    }
    return RenderedCutout(
        middle=_picture(plan, gray, [plan.middle], common),
        rest=(_picture(plan, gray, others, common) if others else b"") + encode_frame(original),
    )


def _picture(plan: EaselPlan, gray: Gray, slices: Sequence[int], common: dict[str, Any]) -> bytes:
    data = encode_gray(gray[[plan.image_slices[k] for k in slices]])
    header = {
        "part": "image",
        **common,
        "slices": [plan.box.lo.z + k for k in slices],
        "image": placed(data, "image/jpeg", gray.shape, len(slices), offset=0),
        "area": list(plan.area),
    }
    return encode_frame(header, data)


def _plane(mask: npt.NDArray[np.bool_]) -> bytes:
    return mask.astype(np.uint8).tobytes()


def original_mask(
    plan: EaselPlan,
    labels: npt.NDArray[np.generic],
    resolution: Resolution,
    reach: Reach | None = None,
) -> Mask:
    """The mask `(z, y, x)` bool on the box as the cleft volume has it: all of the component that
    is seen in the grid.

    `labels`: `(z, y, x)`, the stored part of `plan.original`; `resolution`: of the cleft volume.
    With a `reach` it is the label nearest to one of its places, and empty where none lies within:
    what lies farther is another synapse's.
    """
    whole = pad(labels, plan.original, MASK_PADDING)
    x_nm, y_nm, z_nm = resolution
    nm = (z_nm, y_nm, x_nm)
    seen = tuple(
        slice(low - start, high - start)
        for low, high, start in zip(
            reversed(plan.judged.lo), reversed(plan.judged.hi), reversed(plan.box.lo), strict=True
        )
    )

    def find(place: Sequence[float]) -> Mask:
        return component_seen(whole, seen, place, nm)

    if reach is None:
        return find(_in_box(plan, plan.centre))
    return nearest_within(find, [_in_box(plan, one) for one in reach.places], nm, reach.nm)


def _in_box(plan: EaselPlan, place: Point) -> tuple[int, int, int]:
    """z, y, x, counted from the start of the box."""
    lo = plan.box.lo
    return (place.z - lo.z, place.y - lo.y, place.x - lo.x)


def image_on_box(plan: EaselPlan, image: npt.NDArray[np.generic]) -> tuple[Gray, Mask]:
    """The image `(z, y, x)` uint8 at the voxels of the box, and where it has data, bool.

    Finer images are averaged within a slice, coarser ones drawn out linearly. `image`: `(z, y, x)`
    uint8 or uint16, the stored part of `plan.image`. Raises DrawingError.
    """
    gray = pad(as_bytes(image), plan.image, IMAGE_PADDING)
    left, top, width, height = plan.area
    _, rows, columns = gray.shape
    around = (left, top, min(left + width, columns), min(top + height, rows))
    x, y, z = plan.box.size
    on_box = np.empty((z, y, x), np.uint8)
    for k, below in enumerate(plan.image_slices):
        if (width, height) == (x, y):
            on_box[k] = gray[below]
        else:
            picture = Image.fromarray(gray[below])
            on_box[k] = np.asarray(picture.resize((x, y), Image.Resampling.BILINEAR, box=around))
    return on_box, _known(plan)


def _known(plan: EaselPlan) -> Mask:
    """Of each voxel of the box, whether the image has data at its middle."""
    along = []
    for axis, scale in enumerate(plan.pixels_per_target):
        voxels = np.arange(plan.box.lo[axis], plan.box.hi[axis])
        pixels = np.floor((voxels + 0.5) * scale)
        stored = plan.image.stored
        along.append((pixels >= stored.lo[axis]) & (pixels < stored.hi[axis]))
    x, y, z = along
    return np.asarray(z[:, None, None] & y[None, :, None] & x[None, None, :])
