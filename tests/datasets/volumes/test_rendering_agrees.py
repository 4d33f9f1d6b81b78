"""What is drawn from volumes that differ in all they can, against plain numpy on whole arrays."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import simplejpeg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.datasets.services.rendering import render_cutout
from apps.voxels.frames import Frame, decode_frames
from apps.voxels.geometry import Point, Resolution
from apps.voxels.padding import IMAGE_PADDING
from tests.datasets.volumes.stored import Voxels, store

IMAGE_OFFSET, MASK_OFFSET = Point(10, -20, 4), Point(3, -6, 1)
IMAGE_SHAPE, MASK_SHAPE = (30, 90, 100), (24, 64, 60)
CROP = Point(21, 16, 7)
# nm, x, y, z: whole multiples, no whole multiples, and an image that is coarser than the mask.
RESOLUTIONS = [
    ((4.0, 4.0, 30.0), (8.0, 8.0, 30.0)),
    ((4.0, 5.0, 20.0), (7.0, 6.0, 33.0)),
    ((16.0, 12.0, 40.0), (9.0, 8.0, 35.0)),
]
centres = st.builds(Point, st.integers(-4, 70), st.integers(-12, 64), st.integers(-3, 30))


@pytest.fixture(scope="module")
def arrays() -> tuple[Voxels, Voxels]:
    """A smooth image, which JPEG keeps, and a mask that fills its volume, so that it is one."""
    z, y, x = np.indices(IMAGE_SHAPE)
    image = (40 + x + y // 2 + 3 * z).astype(np.uint8)
    return image, np.ones(MASK_SHAPE, np.uint32)


@pytest.fixture(scope="module", params=RESOLUTIONS, ids=["whole", "broken", "coarser"])
def volumes(
    request: pytest.FixtureRequest,
    arrays: tuple[Voxels, Voxels],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[VolumeRef, VolumeRef]:
    image_nm, mask_nm = request.param
    folder: Path = tmp_path_factory.mktemp("volumes")
    image = store(
        folder / "image",
        arrays[0],
        "raw",
        order="zxy",
        offset=IMAGE_OFFSET,
        resolution=image_nm,
    )
    mask = store(
        folder / "mask",
        arrays[1],
        "compressed_segmentation",
        order="yzx",
        offset=MASK_OFFSET,
        resolution=mask_nm,
    )
    return image, mask


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


def at(array: Voxels, offset: Point, point: tuple[int, int, int], outside: int) -> int:
    """The voxel at a point (x, y, z) of the volume."""
    x, y, z = (p - o for p, o in zip(point, offset, strict=True))
    depth, height, width = array.shape
    if 0 <= x < width and 0 <= y < height and 0 <= z < depth:
        return int(array[z, y, x])
    return outside


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(centre=centres)
@pytest.mark.usefixtures("redis_client")
def test_each_pixel_is_the_voxel_of_its_place(
    volumes: tuple[VolumeRef, VolumeRef], arrays: tuple[Voxels, Voxels], centre: Point
) -> None:
    image, mask = volumes
    rendered = render_cutout(CutoutRequest(image, mask, centre, CROP, centre, None))
    frames = [*decode_frames(rendered.middle), *decode_frames(rendered.rest)]
    grays, masks = slices(frames, "image"), slices(frames, "mask")
    scale = [m / i for m, i in zip(mask.grid.resolution, image.grid.resolution, strict=True)]
    lo = [c - n // 2 for c, n in zip(centre, CROP, strict=True)]
    first = [math.floor(start * s) for start, s in zip(lo, scale, strict=True)]
    depth = frames[0].header["depth"]
    assert sorted(grays) == list(range(depth))
    for number, gray in grays.items():
        z = first[2] + number
        expected = np.array(
            [
                [
                    at(arrays[0], IMAGE_OFFSET, (first[0] + x, first[1] + y, z), IMAGE_PADDING)
                    for x in range(gray.shape[1])
                ]
                for y in range(gray.shape[0])
            ]
        )
        # JPEG blurs where the volume ends and the gray of its padding begins.
        assert np.median(np.abs(gray.astype(int) - expected)) <= 2
        _check_mask(masks.get(number), arrays[1], lo, _nearest(z, scale[2], lo[2]))


def _nearest(z: int, scale: float, lo: int) -> int:
    """The slice of the mask that holds the middle of an image's slice, within the crop."""
    return min(max(math.floor((z + 0.5) / scale), lo), lo + CROP.z - 1)


def _check_mask(got: npt.NDArray[Any] | None, mask: Voxels, lo: list[int], z: int) -> None:
    expected = np.array(
        [
            [at(mask, MASK_OFFSET, (lo[0] + x, lo[1] + y, z), 0) for x in range(CROP.x)]
            for y in range(CROP.y)
        ]
    )
    if got is None:
        assert not expected.any()
    else:
        np.testing.assert_array_equal(got != 0, expected != 0)


def test_a_point_lies_where_its_voxel_is_drawn(volumes: tuple[VolumeRef, VolumeRef]) -> None:
    image, mask = volumes
    centre = Point(30, 20, 12)
    plan = CutoutRequest(image, mask, centre, CROP, None, None).plan
    x, y, z = plan.place(centre)
    scale = mask.grid.resolution.scale_to(Resolution(*image.grid.resolution))
    left, top, width, height = plan.mask_area
    # In the mask's own pixels the centre is the middle of the voxel that it is.
    assert (x - left) / width * CROP.x == pytest.approx(CROP.x // 2 + 0.5)
    assert (y - top) / height * CROP.y == pytest.approx(CROP.y // 2 + 0.5)
    assert plan.mask_slices[z] == CROP.z // 2 or scale[2] < 1
