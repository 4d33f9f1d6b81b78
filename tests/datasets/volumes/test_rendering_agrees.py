"""What is drawn from volumes that differ in all they can, against plain numpy on whole arrays."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import simplejpeg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.datasets.services.rendering import render_cutout
from apps.voxels.frames import Frame, decode_frames
from apps.voxels.geometry import AXIS_ORDERS, Point, Resolution
from apps.voxels.padding import IMAGE_PADDING
from tests.datasets.volumes.stored import Voxels, blocky, store

IMAGE_SHAPE, MASK_SHAPE = (30, 90, 100), (24, 64, 60)
CROP = Point(21, 16, 7)


@dataclass(frozen=True)
class Placed:
    """Where a volume lies and what a voxel of it measures (nm); x, y, z."""

    offset: Point
    nm: tuple[float, float, float]


# Whole multiples, no whole multiples, and an image that is coarser than the mask, along some axes
# or all; offsets that are negative along some axes or all.
PLACES = {
    "whole": (Placed(Point(10, -20, 4), (4, 4, 30)), Placed(Point(3, -6, 1), (8, 8, 30))),
    "broken": (Placed(Point(-37, -20, -9), (4, 5, 20)), Placed(Point(-20, -14, -4), (7, 6, 33))),
    "coarser": (Placed(Point(7, -3, 0), (16, 12, 40)), Placed(Point(12, -2, -1), (9, 8, 35))),
    "mixed": (Placed(Point(-9, 5, -3), (3.7, 11, 25)), Placed(Point(-4, 6, -1), (6, 6.5, 50))),
}
near = st.builds(Point, st.integers(-25, 70), st.integers(-24, 64), st.integers(-8, 30))
far = st.builds(Point, *[st.integers(-400, 400)] * 3)
crops = st.builds(Point, st.integers(12, 26), st.integers(12, 22), st.integers(1, 9))
orders = st.sampled_from(AXIS_ORDERS)


@dataclass(frozen=True)
class Pair:
    """An image and a mask, each stored in all six axis orders."""

    images: dict[str, VolumeRef]
    masks: dict[str, VolumeRef]


@pytest.fixture(scope="module")
def arrays() -> tuple[Voxels, Voxels]:
    """A smooth image, which JPEG keeps, and blocks of labels as a mask, `(z, y, x)`."""
    z, y, x = np.indices(IMAGE_SHAPE)
    return (40 + x + y // 2 + 3 * z).astype(np.uint8), blocky("uint32", MASK_SHAPE)


@pytest.fixture(scope="module", params=PLACES)
def places(request: pytest.FixtureRequest) -> tuple[Placed, Placed]:
    return PLACES[request.param]


@pytest.fixture(scope="module")
def volumes(
    places: tuple[Placed, Placed],
    arrays: tuple[Voxels, Voxels],
    tmp_path_factory: pytest.TempPathFactory,
) -> Pair:
    folder: Path = tmp_path_factory.mktemp("volumes")
    stored = [
        {
            order: store(
                folder / f"{encoding}-{order}",
                array,
                encoding,
                order=order,
                offset=placed.offset,
                resolution=placed.nm,
                chunk=(64, 32, 16),
            )
            for order in AXIS_ORDERS
        }
        for array, encoding, placed in zip(
            arrays, ("raw", "compressed_segmentation"), places, strict=True
        )
    ]
    return Pair(*stored)


def slices(frames: list[Frame], kind: str) -> dict[int, npt.NDArray[Any]]:
    """Each slice of the image or the mask by its number, out of the atlases."""
    found = {}
    for frame in frames:
        placed = frame.header[kind]
        if placed is None:
            continue
        content = frame.payload[placed["offset"] : placed["offset"] + placed["length"]]
        if kind == "image":
            atlas = simplejpeg.decode_jpeg(content, "GRAY")[..., 0]
        else:
            atlas = np.asarray(Image.open(io.BytesIO(content)))
        width, height = placed["width"], placed["height"]
        for place, number in enumerate(frame.header["slices"]):
            row, column = divmod(place, placed["columns"])
            found[number] = atlas[
                row * height : (row + 1) * height, column * width : (column + 1) * width
            ]
    return found


def cut(
    array: Voxels, placed: Placed, lo: Sequence[int], size: Sequence[int], beyond: int
) -> Voxels:
    """A box (x, y, z) of the whole array `(z, y, x)`, by plain numpy; `beyond` outside of it."""
    found = np.full(tuple(size)[::-1], beyond, array.dtype)
    at = [
        np.arange(start, start + n) - first
        for start, n, first in zip(lo, size, placed.offset, strict=True)
    ]
    inside = [(axis >= 0) & (axis < n) for axis, n in zip(at, array.shape[::-1], strict=True)]
    x, y, z = (axis[kept] for axis, kept in zip(at, inside, strict=True))
    found[np.ix_(*inside[::-1])] = array[np.ix_(z, y, x)]
    return found


def nearest_parts(labels: Voxels, centre: Sequence[int], nm: Sequence[float]) -> list[Voxels]:
    """The connected part of one label nearest to a place (x, y, z); several where they tie."""
    parts = []
    for label in np.unique(labels[labels != 0]):
        numbered, count = ndimage.label(labels == label, np.ones((3, 3, 3)))
        parts += [numbered == number for number in range(1, count + 1)]
    if not parts:
        return [np.zeros(labels.shape, bool)]
    gaps = [(((np.argwhere(part)[:, ::-1] - centre) * nm) ** 2).sum(axis=1).min() for part in parts]
    return [part for part, gap in zip(parts, gaps, strict=True) if gap <= min(gaps) + 1e-6]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(centre=near | far, crop=crops, of_image=orders, of_mask=orders)
@pytest.mark.usefixtures("redis_client")
def test_each_pixel_is_the_voxel_of_its_place(
    volumes: Pair,
    places: tuple[Placed, Placed],
    arrays: tuple[Voxels, Voxels],
    centre: Point,
    crop: Point,
    of_image: str,
    of_mask: str,
) -> None:
    """The mask is resampled with nearest: each slice of the image shows the one that holds it."""
    image, mask = volumes.images[of_image], volumes.masks[of_mask]
    rendered = render_cutout(CutoutRequest(image, mask, centre, crop, centre, None))
    frames = [*decode_frames(rendered.middle), *decode_frames(rendered.rest)]
    scale = [m / i for m, i in zip(places[1].nm, places[0].nm, strict=True)]
    lo = [c - n // 2 for c, n in zip(centre, crop, strict=True)]
    first = [math.floor(start * s) for start, s in zip(lo, scale, strict=True)]
    size = [max(1, round(n * s)) for n, s in zip(crop, scale, strict=True)]

    grays = slices(frames, "image")
    expected = cut(arrays[0], places[0], first, size, IMAGE_PADDING)
    assert sorted(grays) == list(range(len(expected)))
    for number, gray in grays.items():
        assert gray.shape == expected[number].shape
        # JPEG blurs where the volume ends and the gray of its padding begins: a block of eight.
        blurred = 8 if (expected[number] == IMAGE_PADDING).any() else 2
        assert np.median(np.abs(gray.astype(int) - expected[number].astype(int))) <= blurred

    masks = slices(frames, "mask")
    empty = np.zeros((crop.y, crop.x), bool)
    shown = np.stack([masks.get(number, empty) != 0 for number in range(size[2])])
    middles = [math.floor((first[2] + k + 0.5) / scale[2]) - lo[2] for k in range(size[2])]
    nearest = [min(max(at, 0), crop.z - 1) for at in middles]
    labels = cut(arrays[1], places[1], lo, crop, 0)
    inside = [c - start for c, start in zip(centre, lo, strict=True)]
    parts = nearest_parts(labels, inside, places[1].nm)
    assert any((shown == part[nearest]).all() for part in parts)


def test_a_point_lies_where_its_voxel_is_drawn(volumes: Pair) -> None:
    image, mask = volumes.images["zxy"], volumes.masks["yzx"]
    centre = Point(30, 20, 12)
    plan = CutoutRequest(image, mask, centre, CROP, None, None).plan
    x, y, z = plan.place(centre)
    scale = mask.grid.resolution.scale_to(Resolution(*image.grid.resolution))
    left, top, width, height = plan.mask_area
    # In the mask's own pixels the centre is the middle of the voxel that it is.
    assert (x - left) / width * CROP.x == pytest.approx(CROP.x // 2 + 0.5)
    assert (y - top) / height * CROP.y == pytest.approx(CROP.y // 2 + 0.5)
    assert plan.mask_slices[z] == CROP.z // 2 or scale[2] < 1
