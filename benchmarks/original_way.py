"""The original's way to draw an instance, as the measure to beat.

This is our own re-implementation of what SynAnno does for each instance, from its behaviour: a
read of its own without any cache of chunks, the mask resized to the image, a generic labelling of
the whole mask, colours and markers painted into RGBA, one PNG file a slice.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from cloudvolume import CloudVolume
from PIL import Image, ImageDraw
from scipy import ndimage

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.voxels.cutouts import Region
from apps.voxels.padding import IMAGE_PADDING, MASK_PADDING, pad

MAGENTA = (255, 0, 255, 153)
PRE, POST = (0, 255, 0), (0, 0, 255)
PRE_ELSEWHERE, POST_ELSEWHERE = (200, 255, 200), (200, 200, 255)
MARKER_RADIUS = 10
_NEIGHBOURS = ndimage.generate_binary_structure(3, 3)

Slices = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class OriginalReaders:
    """The two volumes, opened once a session as the original does; nothing is kept of a read."""

    image: Any
    mask: Any

    @classmethod
    def open(cls, request: CutoutRequest) -> OriginalReaders:
        return cls(_open(request.image), _open(request.mask))


def draw_instance(request: CutoutRequest, readers: OriginalReaders) -> list[bytes]:
    """One RGBA PNG a slice."""
    plan = request.plan
    image = pad(_read(readers.image, plan.image), plan.image, IMAGE_PADDING)
    labels = pad(_read(readers.mask, plan.mask), plan.mask, MASK_PADDING)
    mask = _component_at_the_centre(_resized(labels, image.shape))
    colours = _overlaid(image, mask)
    points = [None if p is None else plan.place(p) for p in (request.pre_pt, request.post_pt)]
    return [_png(_marked(colours[z], z, points)) for z in range(plan.depth)]


def _open(volume: VolumeRef) -> Any:
    return CloudVolume(
        f"precomputed://{volume.address}",
        mip=volume.mip,
        progress=False,
        fill_missing=True,
        bounded=True,
        lru_bytes=0,
    )


def _read(volume: Any, region: Region) -> npt.NDArray[np.generic]:
    """The stored part of a region as `(z, y, x)`."""
    lo, hi = region.stored.lo, region.stored.hi
    box = tuple(slice(low, high) for low, high in zip(lo, hi, strict=True))
    return np.asarray(volume[box])[..., 0].transpose(2, 1, 0)


def _resized(labels: npt.NDArray[np.generic], shape: Sequence[int]) -> npt.NDArray[np.generic]:
    """The labels at the size of the image, by the nearest voxel."""
    if labels.shape == tuple(shape):
        return labels
    factors = [want / have for want, have in zip(shape, labels.shape, strict=True)]
    return np.asarray(ndimage.zoom(labels, factors, order=0, grid_mode=True, mode="nearest"))


def _component_at_the_centre(labels: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """The component of `labels > 0` whose centre of mass lies nearest to the middle."""
    components, count = ndimage.label(labels != 0, structure=_NEIGHBOURS)
    if count == 0:
        return np.zeros(labels.shape, dtype=bool)
    numbers = np.arange(1, count + 1)
    centres = np.array(ndimage.center_of_mass(components > 0, components, numbers))
    middle = np.array(labels.shape) / 2
    nearest = numbers[np.argmin(((centres - middle) ** 2).sum(axis=1))]
    return np.asarray(components == nearest)


def _overlaid(image: npt.NDArray[np.generic], mask: npt.NDArray[np.bool_]) -> Slices:
    """`(z, y, x, 4)` uint8: the gray image with the mask over it."""
    gray = np.asarray(image, dtype=np.uint8)
    colours = np.empty((*gray.shape, 4), dtype=np.uint8)
    colours[..., :3] = gray[..., None]
    colours[..., 3] = 255
    share = MAGENTA[3] / 255
    tint = np.array(MAGENTA[:3], dtype=np.float32) * share
    colours[mask, :3] = (colours[mask, :3] * (1 - share) + tint).astype(np.uint8)
    return colours


def _marked(
    colours: Slices, z: int, points: Sequence[tuple[float, float, int] | None]
) -> Image.Image:
    """One slice as a picture, with a disc at either point: bright on its own slice."""
    picture = Image.fromarray(colours, mode="RGBA")
    pen = ImageDraw.Draw(picture)
    bright_and_pale = ((PRE, PRE_ELSEWHERE), (POST, POST_ELSEWHERE))
    for point, (bright, pale) in zip(points, bright_and_pale, strict=True):
        if point is None:
            continue
        x, y, own_slice = point
        edge = (x - MARKER_RADIUS, y - MARKER_RADIUS, x + MARKER_RADIUS, y + MARKER_RADIUS)
        pen.ellipse(edge, fill=bright if own_slice == z else pale)
    return picture


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()
