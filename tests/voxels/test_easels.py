"""What is drawn on shows each slice of the cleft volume above its own place in the image."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from apps.voxels.cutouts import MAX_CROP_SIDE, Grid
from apps.voxels.easel_pictures import draw_easel, image_on_box, original_mask
from apps.voxels.easels import EaselPlan, Reach, plan_easel, remarks_of
from apps.voxels.frames import Frame, decode_frames
from apps.voxels.geometry import Box, GeometryError, Point, Resolution
from apps.voxels.padding import IMAGE_PADDING
from apps.voxels.runs import plane_of_runs

BOUNDS = Box(Point(0, 0, 0), Point(64, 48, 20))
NM = Resolution(8, 8, 40)
CROP = Point(16, 12, 4)
TARGET = Grid(NM, BOUNDS)


def image_grid(nm: Resolution) -> Grid:
    """Of an image over the same space."""
    hi = (int(high * scale) for high, scale in zip(BOUNDS.hi, NM.scale_to(nm), strict=True))
    return Grid(nm, Box(BOUNDS.lo, Point(*hi)))


def steps(grid: Grid) -> npt.NDArray[np.uint8]:
    """Each slice has a gray of its own, brighter to the right."""
    x, y, z = grid.bounds.hi
    slices, _, columns = np.indices((z, y, x))
    return np.asarray(20 + slices * 160 // z + columns * 40 // x, np.uint8)


def cut(array: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    return array[box.lo.z : box.hi.z, box.lo.y : box.hi.y, box.lo.x : box.hi.x]


def drawn(plan: EaselPlan, grid: Grid, labels: npt.NDArray[Any]) -> list[Frame]:
    image = cut(steps(grid), plan.image.stored)
    rendered = draw_easel(plan, image, cut(labels, plan.original.stored), (NM, BOUNDS), "key")
    return list(decode_frames(rendered.middle + rendered.rest))


def slices_of(frame: Frame) -> dict[int, npt.NDArray[np.uint8]]:
    """The gray picture of each slice of an image frame, by its z."""
    place = frame.header["image"]
    atlas = np.asarray(Image.open(io.BytesIO(frame.payload)))
    found = {}
    for k, z in enumerate(frame.header["slices"]):
        row, column = divmod(k, place["columns"])
        height, width = place["height"], place["width"]
        found[z] = atlas[row * height :, column * width :][:height, :width]
    return found


NO_LABELS = np.zeros((20, 48, 64), np.uint32)


@pytest.mark.parametrize(
    "nm",
    [NM, Resolution(4, 4, 40), Resolution(16, 16, 40), Resolution(8, 8, 10), Resolution(5, 3, 80)],
    ids=str,
)
def test_each_slice_lies_above_its_own_place_in_the_image(nm: Resolution) -> None:
    grid = image_grid(nm)
    plan = plan_easel(Point(31, 25, 10), CROP, 6, grid, TARGET)
    middle, others, original = drawn(plan, grid, NO_LABELS)
    assert middle.header["slices"] == [10]
    pictures = slices_of(middle) | slices_of(others)
    assert sorted(pictures) == [7, 8, 9, 10, 11, 12]
    x, y, width, height = middle.header["area"]
    lo, first = plan.box.lo, plan.image.wanted.lo
    # The edges of the box lie in nm where they lie in the picture.
    assert (x + first.x) * nm.x == pytest.approx(lo.x * NM.x)
    assert (y + first.y) * nm.y == pytest.approx(lo.y * NM.y)
    assert width * nm.x == pytest.approx(plan.box.size.x * NM.x)
    assert height * nm.y == pytest.approx(plan.box.size.y * NM.y)
    for z, picture in pictures.items():
        below = cut(steps(grid), plan.image.stored)[int((z + 0.5) * NM.z / nm.z) - first.z]
        # Slices differ by 8; at their edges JPEG mixes a little of those beside them.
        assert np.median(np.abs(picture.astype(int) - below.astype(int))) <= 2
    assert original.header["part"] == "original"


@given(
    st.builds(Point, st.integers(-9, 70), st.integers(-9, 55), st.integers(-9, 30)),
    st.builds(Point, st.integers(1, 20), st.integers(1, 20), st.integers(1, 9)),
    st.integers(1, 20),
    st.builds(Resolution, *(st.sampled_from([3.0, 4.0, 8.0, 12.5, 40.0, 90.0]) for _ in "xyz")),
)
def test_the_picture_covers_all_that_is_drawn_on(
    centre: Point, crop: Point, depth: int, nm: Resolution
) -> None:
    plan = plan_easel(centre, crop, depth, image_grid(nm), TARGET)
    left, top, width, height = plan.area
    assert left >= 0
    assert top >= 0
    assert left + width <= plan.image.wanted.size.x + 1e-6
    assert top + height <= plan.image.wanted.size.y + 1e-6
    assert len(plan.image_slices) == plan.box.size.z
    assert all(0 <= k < plan.image.wanted.size.z for k in plan.image_slices)
    if BOUNDS.contains(centre):
        assert plan.box == plan.uncut.clamp(BOUNDS)
        assert plan.box.contains(centre)
    else:
        assert plan.box.size == Point(crop.x, crop.y, max(crop.z, depth))
    gray, known = image_on_box(plan, cut(steps(image_grid(nm)), plan.image.stored))
    assert gray.shape == known.shape == tuple(reversed(plan.box.size))
    if plan.image.stored == plan.image.wanted:
        assert known.all()
    if plan.image.stored.is_empty:
        assert not known.any()


def test_the_mask_is_told_voxel_for_voxel_and_is_that_of_the_grid() -> None:
    labels = NO_LABELS.copy()
    labels[9:12, 20:28, 28:33] = 7  # in the tile, and deeper than it
    labels[12:15, 22:24, 28:30] = 7
    labels[11, 30:31, 34:44] = 8  # farther away
    plan = plan_easel(Point(36, 25, 12), CROP, 8, image_grid(NM), TARGET)
    *_, original = drawn(plan, image_grid(NM), labels)
    box = plan.box
    assert original.header["box"] == {"lo": list(box.lo), "hi": list(box.hi)}
    told = np.stack(
        [
            np.frombuffer(plane_of_runs(runs, box.size.x, box.size.y), np.uint8).reshape(
                box.size.y, box.size.x
            )
            for runs in original.header["runs"].values()
        ]
    )
    assert [*original.header["runs"]] == [str(z) for z in range(box.lo.z, box.hi.z)]
    np.testing.assert_array_equal(told, cut(labels, box) == 7)


def test_the_component_of_the_tile_is_the_mask_though_another_is_nearer_in_depth() -> None:
    labels = NO_LABELS.copy()
    labels[12, 25, 43] = 7  # at the border of the tile, 56 nm away in the plane
    labels[14, 25, 36] = 8  # behind the tile of one slice
    crop = Point(16, 12, 1)
    plan = plan_easel(Point(36, 25, 12), crop, 8, image_grid(Resolution(8, 8, 40)), TARGET)
    mask = original_mask(plan, cut(labels, plan.original.stored), Resolution(40, 40, 8))
    np.testing.assert_array_equal(mask, cut(labels, plan.box) == 7)


def test_finer_images_are_averaged_and_coarser_ones_drawn_out() -> None:
    for nm in (Resolution(2, 2, 40), Resolution(16, 16, 40)):
        grid = image_grid(nm)
        plan = plan_easel(Point(32, 24, 10), CROP, 4, grid, TARGET)
        gray, known = image_on_box(plan, cut(steps(grid), plan.image.stored))
        expected = cut(steps(image_grid(NM)), plan.box).astype(int)
        assert np.abs(gray.astype(int) - expected).max() <= 2
        assert known.all()


def test_where_the_image_ends_nothing_is_known_of_it() -> None:
    short = Grid(NM, Box(Point(0, 0, 0), Point(34, 48, 12)))
    plan = plan_easel(Point(32, 24, 10), CROP, 6, short, TARGET)
    gray, known = image_on_box(plan, np.zeros((5, 12, 10), np.uint8))
    assert plan.image.stored.size == Point(10, 12, 5)
    assert known[:5, :, :10].all()
    assert not known[5:].any()
    assert not known[:, :, 10:].any()
    assert (gray[~known] == IMAGE_PADDING).all()


def test_what_is_not_as_usual_is_said() -> None:
    def said(centre: Point, image: Grid = TARGET) -> list[str]:
        return [
            one["kind"] for one in remarks_of(plan_easel(centre, CROP, 6, image, TARGET), BOUNDS)
        ]

    assert said(Point(32, 24, 10)) == []
    assert said(Point(2, 24, 10)) == ["border"]
    assert said(Point(-20, 24, 10)) == ["outside", "no mask"]
    assert said(Point(32, 24, 10), Grid(NM, Box(Point(0, 0, 0), Point(34, 48, 12)))) == ["border"]


def test_a_large_crop_is_as_deep_as_can_be_shown_and_never_less_than_the_grid() -> None:
    large = Grid(Resolution(8, 8, 40), Box(Point(0, 0, 0), Point(9000, 9000, 400)))
    fine = Grid(Resolution(4, 4, 40), Box(Point(0, 0, 0), Point(18000, 18000, 400)))
    plan = plan_easel(Point(4000, 4000, 100), Point(1024, 1024, 6), 16, fine, large)
    assert 6 < plan.box.size.z < 16
    with pytest.raises(GeometryError):
        plan_easel(Point(0, 0, 0), Point(MAX_CROP_SIDE + 1, 4, 4), 16, fine, large)


def test_a_label_beyond_reach_is_not_the_mask() -> None:
    centre = Point(36, 25, 12)
    plan = plan_easel(centre, CROP, 6, image_grid(NM), TARGET)

    def found(at: Point, reach_nm: float | None, *points: Point) -> bool:
        labels = NO_LABELS.copy()
        labels[at.z, at.y, at.x] = 7
        reach = None if reach_nm is None else Reach(reach_nm, (centre, *points))
        mask = original_mask(plan, cut(labels, plan.original.stored), NM, reach)
        np.testing.assert_array_equal(mask, cut(labels, plan.box) == (7 if mask.any() else 8))
        return bool(mask.any())

    near, far = Point(36 + int(50 / NM.x), 25, 12), Point(37 + int(50 / NM.x), 25, 12)
    assert [found(at, 50.0) for at in (Point(36, 25, 12), near, far)] == [True, True, False]
    assert found(far, None)
    assert found(far, 50.0, Point(far.x + 2, 25, 12)), "near one of its points"
    assert not found(far, 50.0, Point(20, 25, 12))


def test_of_labels_within_reach_the_nearest_to_any_place_is_the_mask() -> None:
    centre, point = Point(36, 25, 12), Point(40, 25, 12)
    plan = plan_easel(centre, CROP, 6, image_grid(NM), TARGET)
    labels = NO_LABELS.copy()
    labels[12, 25, 33], labels[12, 25, 41] = 7, 8
    stored = cut(labels, plan.original.stored)
    for places, expected in (((centre,), 7), ((centre, point), 8), ((point, centre), 8)):
        mask = original_mask(plan, stored, NM, Reach(50.0, places))
        np.testing.assert_array_equal(mask, cut(labels, plan.box) == expected)
