"""A rendered cutout shows what was read: image, mask, points, for every slice."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import simplejpeg
from PIL import Image

from apps.voxels.cutouts import Grid, atlas_shape, plan_cutout
from apps.voxels.frames import Frame, FrameError, RenderedCutout, decode_frames, encode_frame
from apps.voxels.geometry import Box, Point, Resolution
from apps.voxels.masks import nearest_component
from apps.voxels.padding import IMAGE_PADDING
from apps.voxels.tiles import Scene, as_atlas, render

BOUNDS = Box(Point(0, 0, 0), Point(64, 48, 20))
NM = Resolution(8, 8, 33)
CROP = Point(16, 12, 5)


def smooth(shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    z, y, x = np.indices(shape)
    gray: npt.NDArray[np.uint8] = (60 + x + 1.5 * y + 3 * z).astype(np.uint8)
    return gray


def scene_at(centre: Point, crop: Point = CROP, image_nm: Resolution = NM) -> Scene:
    scale = NM.scale_to(image_nm)
    image_hi = Point(*(round(h * s) for h, s in zip(BOUNDS.hi, scale, strict=True)))
    plan = plan_cutout(centre, crop, Grid(image_nm, Box(BOUNDS.lo, image_hi)), Grid(NM, BOUNDS))
    image = smooth((image_hi.z, image_hi.y, image_hi.x))
    labels = np.zeros((20, 48, 64), np.uint32)
    labels[4:16, 20:28, 28:36] = 7
    labels[4:16, 32:34, 28:36] = 8
    return Scene(
        plan=plan,
        image=cut(image, plan.image.stored),
        mask=cut(labels, plan.mask.stored),
        image_resolution=image_nm,
        mask_resolution=NM,
        pre_pt=Point(30, 22, 9),
        post_pt=None,
    )


def cut(array: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    return array[box.lo.z : box.hi.z, box.lo.y : box.hi.y, box.lo.x : box.hi.x]


def slices_of(frame: Frame, kind: str) -> npt.NDArray[Any]:
    """Decode an atlas back into slices `(n, y, x)`."""
    place = frame.header[kind]
    data = frame.payload[place["offset"] : place["offset"] + place["length"]]
    if kind == "image":
        atlas = simplejpeg.decode_jpeg(data, colorspace="GRAY")[..., 0]
    else:
        atlas = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))[..., 3]
    tiles = []
    for k in range(len(frame.header["slices"])):
        row, column = divmod(k, place["columns"])
        height, width = place["height"], place["width"]
        tiles.append(atlas[row * height :, column * width :][:height, :width])
    return np.stack(tiles)


def frames(rendered: RenderedCutout) -> tuple[Frame, Frame]:
    (middle,) = decode_frames(rendered.middle)
    (rest,) = decode_frames(rendered.rest)
    return middle, rest


def test_middle_and_rest_hold_every_slice_once() -> None:
    scene = scene_at(Point(32, 24, 10))
    middle, rest = frames(render(scene, "key"))
    assert middle.header["slices"] == [scene.plan.middle]
    assert sorted(middle.header["slices"] + rest.header["slices"]) == list(range(5))
    for frame in (middle, rest):
        assert frame.header["key"] == "key"
        shown = slices_of(frame, "image").astype(int)
        expected = scene.image[frame.header["slices"]].astype(int)
        assert np.abs(shown - expected).max() <= 4


def test_only_the_nearest_mask_is_shown_voxel_for_voxel() -> None:
    scene = scene_at(Point(32, 24, 10))
    for frame in frames(render(scene, "key")):
        shown = slices_of(frame, "mask") > 0
        np.testing.assert_array_equal(shown, (scene.mask == 7)[frame.header["slices"]])


def test_beyond_the_border_is_gray_and_without_mask() -> None:
    scene = scene_at(Point(2, 2, 1))
    middle, _ = frames(render(scene, "key"))
    shown = slices_of(middle, "image")[0].astype(int)
    assert np.abs(shown[:3, :5] - IMAGE_PADDING).max() <= 6
    assert middle.header["padding"] == [[6, 0], [4, 0], [1, 0]]
    assert middle.header["mask"] is None


def test_a_finer_image_keeps_its_pixels_and_the_mask_its_own() -> None:
    middle, _ = frames(render(scene_at(Point(32, 24, 10), image_nm=Resolution(4, 4, 33)), "key"))
    assert (middle.header["image"]["width"], middle.header["image"]["height"]) == (32, 24)
    assert (middle.header["mask"]["width"], middle.header["mask"]["height"]) == (16, 12)
    assert middle.header["points"] == {"pre": [13.0, 9.0, 1], "post": None}


@pytest.mark.parametrize("centre", [Point(32, 24, 10), Point(31, 25, 10), Point(30, 23, 10)])
def test_the_mask_has_its_exact_place_where_resolutions_are_no_multiples(centre: Point) -> None:
    """A voxel of the mask and the same place of the image lie at one place of the tile."""
    scene = scene_at(centre, image_nm=Resolution(5, 3, 33))
    for frame in frames(render(scene, "key")):
        x, y, width, height = frame.header["mask_area"]
        left, top = scene.plan.mask.wanted.lo[:2]
        image_left, image_top = scene.plan.image.wanted.lo[:2]
        assert (x + image_left) * 5 == pytest.approx(left * 8)
        assert (y + image_top) * 3 == pytest.approx(top * 8)
        assert (width * 5, height * 3) == pytest.approx((CROP.x * 8, CROP.y * 8))


@pytest.mark.parametrize("image_z", [11.0, 66.0])
def test_other_slice_thickness_takes_the_nearest_mask_slice(image_z: float) -> None:
    scene = scene_at(Point(32, 24, 10), image_nm=Resolution(8, 8, image_z))
    middle, rest = frames(render(scene, "key"))
    depth = middle.header["depth"]
    assert depth == round(5 * 33 / image_z)
    shown = slices_of(rest, "mask") > 0
    mask = (scene.mask == 7)[list(scene.plan.mask_slices)]
    np.testing.assert_array_equal(shown, mask[rest.header["slices"]])


def test_sixteen_bit_images_are_scaled_not_cut() -> None:
    scene = scene_at(Point(32, 24, 10))
    wide = Scene(**{**vars(scene), "image": scene.image.astype(np.uint16) * 257})
    shown = slices_of(frames(render(wide, "key"))[0], "image")
    expected = slices_of(frames(render(scene, "key"))[0], "image")
    np.testing.assert_array_equal(shown, expected)


def test_a_single_slice_has_an_empty_rest() -> None:
    middle, rest = frames(render(scene_at(Point(32, 24, 10), Point(8, 8, 1)), "key"))
    assert middle.header["depth"] == 1
    assert (rest.header["slices"], rest.header["image"], rest.payload) == ([], None, b"")


@pytest.mark.parametrize("count", [1, 2, 5, 6, 15, 16])
def test_atlases_are_laid_out_row_by_row(count: int) -> None:
    slices = np.arange(count * 12).reshape(count, 3, 4)
    columns, rows = atlas_shape(count)
    assert columns * rows >= count > columns * (rows - 1)
    atlas = as_atlas(slices)
    for k in range(count):
        row, column = divmod(k, columns)
        np.testing.assert_array_equal(atlas[row * 3 :, column * 4 :][:3, :4], slices[k])


def test_the_component_that_holds_the_centre_wins_over_a_larger_one() -> None:
    labels = np.zeros((3, 20, 20), np.uint64)
    labels[:, 2:12, 2:12] = 2**63 + 5
    labels[1, 15, 15] = 9
    found = nearest_component(labels, (1, 15, 15))
    assert found.sum() == 1
    assert nearest_component(labels, (1, 0, 0)).sum() == 300


def test_distance_is_measured_in_nanometres() -> None:
    labels = np.zeros((9, 9, 9), np.uint8)
    labels[6, 4, 4] = 1  # two thick slices away
    labels[4, 4, 8] = 2  # four thin pixels away
    assert nearest_component(labels, (4, 4, 4), (40, 4, 4))[4, 4, 8]
    assert nearest_component(labels, (4, 4, 4), (1, 1, 1))[6, 4, 4]


def test_no_label_gives_no_mask() -> None:
    assert not nearest_component(np.zeros((2, 3, 4), np.uint32), (0, 0, 0)).any()


def test_frames_survive_and_damage_is_noticed() -> None:
    data = encode_frame({"a": 1}, b"xyz") + encode_frame({"b": "µ"})
    assert list(decode_frames(data)) == [Frame({"a": 1}, b"xyz"), Frame({"b": "µ"}, b"")]
    with pytest.raises(FrameError):
        list(decode_frames(data[:-1]))
    with pytest.raises(FrameError):
        list(decode_frames(data[:3]))
