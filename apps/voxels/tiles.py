"""Render a cutout into two compact frames: the middle slice, and all other slices.

The image travels as one gray JPEG atlas, the mask as a one-bit PNG atlas at its own resolution;
the browser scales, tints and blends them, so opacity and colours cost no request. The middle
slice is a frame of its own because a page is first painted with it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image

from apps.voxels.cutouts import CutoutPlan, atlas_shape
from apps.voxels.drawing_version import JPEG_QUALITY
from apps.voxels.frames import RenderedCutout, encode_frame
from apps.voxels.geometry import Box, Resolution
from apps.voxels.masks import nearest_component, nearest_within
from apps.voxels.padding import IMAGE_PADDING, MASK_PADDING, pad

_OPAQUE_WHITE_ON_NOTHING = bytes((0, 0, 0, 255, 255, 255))


class DrawingError(ValueError):
    """Voxels cannot be made into a picture; the message says why."""


@dataclass(frozen=True)
class Scene:
    """What is drawn: arrays as read for a plan, and the points in target voxels.

    `image`: `(z, y, x)` uint8 or uint16, the stored part of `plan.image`.
    `mask`: `(z, y, x)` any integer dtype, the stored part of `plan.mask`; 0 = background.
    `reach_nm`: a label farther than this from the centre and from both points is another
    synapse's; None takes the one nearest to the centre.
    """

    plan: CutoutPlan
    image: npt.NDArray[np.generic]
    mask: npt.NDArray[np.generic]
    image_resolution: Resolution
    mask_resolution: Resolution
    pre_pt: Sequence[int] | None
    post_pt: Sequence[int] | None
    reach_nm: float | None = None


def render(scene: Scene, key: str) -> RenderedCutout:
    """Render a scene; `key` is written into both headers.

    Raises DrawingError.
    """
    plan = scene.plan
    gray = pad(as_bytes(scene.image), plan.image, IMAGE_PADDING)
    mask = _mask_of_the_synapse(scene)
    remarks = remarks_of(plan, no_mask="" if mask.any() else sentence_without_mask(scene.reach_nm))
    common = _common_header(scene, key) | {"remarks": remarks}
    others = [k for k in range(plan.depth) if k != plan.middle]
    return RenderedCutout(
        middle=_frame("middle", common, gray, mask, [plan.middle]),
        rest=_frame("rest", common, gray, mask, others),
    )


def as_bytes(image: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """The gray values that are shown of an image. Raises DrawingError."""
    if image.dtype == np.uint8:
        return np.asarray(image, dtype=np.uint8)
    if image.dtype == np.uint16:
        return (np.asarray(image, dtype=np.uint16) >> 8).astype(np.uint8)
    raise DrawingError(f"an image of {image.dtype} cannot be drawn; uint8 and uint16 can")


def _mask_of_the_synapse(scene: Scene) -> npt.NDArray[np.bool_]:
    """The mask `(z, y, x)` for each slice of the image, at the mask's resolution in y and x."""
    plan = scene.plan
    labels = pad(scene.mask, plan.mask, MASK_PADDING)
    lo = plan.mask.wanted.lo
    x_nm, y_nm, z_nm = scene.mask_resolution
    nm = (z_nm, y_nm, x_nm)

    def find(place: Sequence[float]) -> npt.NDArray[np.bool_]:
        return nearest_component(labels, place, nm)

    given = [plan.centre, *(one for one in (scene.pre_pt, scene.post_pt) if one is not None)]
    places = [(z - lo.z, y - lo.y, x - lo.x) for x, y, z in given]
    reach_nm = scene.reach_nm
    mask = find(places[0]) if reach_nm is None else nearest_within(find, places, nm, reach_nm)
    return mask[list(plan.mask_slices)]


def sentence_without_mask(reach_nm: float | None) -> str:
    """What is said where there is none, of what has any label as its mask (None) or only a near
    one."""
    where = "here" if reach_nm is None else "of this synapse, which was added"
    return f"There is no mask: the cleft volume has no label {where}."


def remarks_of(plan: CutoutPlan, *, no_mask: str) -> list[dict[str, str]]:
    """What a person should know who looks at a picture of this plan: of which kind it is, and a
    sentence. Nothing where all is as usual. `no_mask` is said where there is none, else empty."""
    image, mask = plan.image, plan.mask
    remarks = []
    if not image.stored.contains(_middle(image.wanted)):
        remarks.append(("outside", "This synapse lies outside the image; beyond it is gray."))
    elif image.stored != image.wanted:
        remarks.append(("border", "The image ends within this cutout; beyond it is gray."))
    if mask.stored.is_empty:
        remarks.append(("no mask", "The cleft volume does not reach here: there is no mask."))
    elif no_mask:
        remarks.append(("no mask", no_mask))
    elif mask.stored != mask.wanted and image.stored == image.wanted:
        remarks.append(("border", "The cleft volume ends within this cutout: beyond is no mask."))
    return [{"kind": kind, "sentence": sentence} for kind, sentence in remarks]


def _middle(box: Box) -> tuple[int, ...]:
    return tuple((low + high) // 2 for low, high in zip(box.lo, box.hi, strict=True))


def _common_header(scene: Scene, key: str) -> dict[str, Any]:
    plan = scene.plan
    places = {
        name: None if point is None else plan.place(point)
        for name, point in (("pre", scene.pre_pt), ("post", scene.post_pt))
    }
    return {
        "key": key,
        "depth": plan.depth,
        "middle": plan.middle,
        "points": places,
        "pixel_nm": list(scene.image_resolution),
        "padding": plan.image.padding,
        "mask_area": list(plan.mask_area),
    }


def _frame(
    part: str,
    common: Mapping[str, Any],
    gray: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    slices: list[int],
) -> bytes:
    header: dict[str, Any] = {"part": part, **common, "slices": slices, "image": None, "mask": None}
    if not slices:
        return encode_frame(header)
    picture = encode_gray(gray[slices])
    header["image"] = placed(picture, "image/jpeg", gray.shape, len(slices), offset=0)
    chosen = mask[slices]
    if not chosen.any():
        return encode_frame(header, picture)
    overlay = encode_mask(chosen)
    header["mask"] = placed(overlay, "image/png", mask.shape, len(slices), offset=len(picture))
    return encode_frame(header, picture + overlay)


def placed(
    data: bytes, kind: str, shape: Sequence[int], count: int, *, offset: int
) -> dict[str, Any]:
    """How a header says where an atlas of `count` slices lies in the payload of its frame; `shape`
    is that of the slices, `(n, y, x)`."""
    columns, rows = atlas_shape(count)
    return {
        "type": kind,
        "width": shape[2],
        "height": shape[1],
        "columns": columns,
        "rows": rows,
        "offset": offset,
        "length": len(data),
    }


def as_atlas(slices: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Lay slices `(n, y, x)` out as one picture `(rows·y, columns·x)`, row by row."""
    count, height, width = slices.shape
    columns, rows = atlas_shape(count)
    if count < columns * rows:
        filler = np.zeros((columns * rows - count, height, width), dtype=slices.dtype)
        slices = np.concatenate([slices, filler])
    grid = slices.reshape(rows, columns, height, width)
    return grid.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)


def encode_gray(slices: npt.NDArray[np.uint8]) -> bytes:
    """Slices `(n, y, x)` uint8 as one gray JPEG atlas."""
    atlas = np.ascontiguousarray(as_atlas(slices))[..., None]
    try:
        data: bytes = simplejpeg.encode_jpeg(atlas, quality=JPEG_QUALITY, colorspace="GRAY")
    except ValueError as error:
        raise DrawingError(f"a picture of {atlas.shape[1]}×{atlas.shape[0]}: {error}") from error
    return data


def encode_mask(slices: npt.NDArray[np.bool_]) -> bytes:
    """Slices `(n, y, x)` bool as one PNG atlas of one bit a pixel: clear, or opaque white."""
    atlas = Image.fromarray(as_atlas(slices).astype(np.uint8), mode="P")
    atlas.putpalette(_OPAQUE_WHITE_ON_NOTHING)
    stream = io.BytesIO()
    atlas.save(stream, format="PNG", bits=1, transparency=0, compress_level=6)
    return stream.getvalue()
