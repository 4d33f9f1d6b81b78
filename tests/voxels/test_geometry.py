"""Points, boxes, axis orders and cutout plans agree with plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.voxels.cutouts import (
    Grid,
    Region,
    check_crop_size,
    crop_box,
    plan_cutout,
)
from apps.voxels.geometry import (
    AXIS_ORDERS,
    AxisOrder,
    Box,
    GeometryError,
    Point,
    Resolution,
)
from apps.voxels.padding import IMAGE_PADDING, pad

coordinates = st.integers(-30, 50)
points = st.builds(Point, coordinates, coordinates, coordinates)
sizes = st.builds(Point, st.integers(1, 30), st.integers(1, 30), st.integers(1, 9))
BOUNDS = Box(Point(0, 0, 0), Point(20, 16, 12))
EVEN = Resolution(8, 8, 33)


@given(points, sizes)
def test_the_padded_crop_equals_a_crop_of_the_padded_whole(centre: Point, crop: Point) -> None:
    x, y, z = BOUNDS.hi
    whole = np.arange(z * y * x, dtype=np.int64).reshape(z, y, x) + 1000
    region = Region.within(crop_box(centre, crop), BOUNDS)
    (x0, y0, z0), (x1, y1, z1) = region.stored.lo, region.stored.hi
    got = pad(whole[z0:z1, y0:y1, x0:x1], region, IMAGE_PADDING)

    margin = 70
    surrounded = np.pad(whole, margin, constant_values=IMAGE_PADDING)
    (wx0, wy0, wz0), (wx1, wy1, wz1) = region.wanted.lo, region.wanted.hi
    expected = surrounded[
        wz0 + margin : wz1 + margin, wy0 + margin : wy1 + margin, wx0 + margin : wx1 + margin
    ]
    np.testing.assert_array_equal(got, expected)


@given(points, points)
def test_clamping_keeps_exactly_what_lies_within(a: Point, b: Point) -> None:
    lo = Point(*(min(p, q) for p, q in zip(a, b, strict=True)))
    hi = Point(*(max(p, q) for p, q in zip(a, b, strict=True)))
    clamped = Box(lo, hi).clamp(BOUNDS)
    overlap = [
        max(0, min(h, bh) - max(low, bl))
        for low, h, bl, bh in zip(lo, hi, BOUNDS.lo, BOUNDS.hi, strict=True)
    ]
    if 0 in overlap:
        assert clamped.is_empty
    else:
        assert tuple(clamped.size) == tuple(overlap)


@pytest.mark.parametrize("order", AXIS_ORDERS)
def test_axis_orders_undo_themselves(order: str) -> None:
    axes = AxisOrder(order)
    named = {"x": 10, "y": 20, "z": 30}
    stored = [named[axis] for axis in order]
    assert axes.to_stored((10, 20, 30)) == tuple(stored)
    assert axes.to_physical(stored) == (10, 20, 30)


@given(points, st.sampled_from([(4, 4, 33), (8, 8, 33), (16, 16, 33), (3, 5, 20), (8, 8, 66)]))
def test_every_plan_of_a_campaign_has_one_shape(centre: Point, image_nm: tuple[int, ...]) -> None:
    image = Resolution(*image_nm)
    scale = EVEN.scale_to(image)
    image_bounds = Box(
        Point(0, 0, 0),
        Point(*(int(hi * s) for hi, s in zip(BOUNDS.hi, scale, strict=True))),
    )
    plan = plan_cutout(centre, Point(32, 32, 6), Grid(image, image_bounds), Grid(EVEN, BOUNDS))
    expected = tuple(max(1, round(n * s)) for n, s in zip((32, 32, 6), scale, strict=True))
    assert tuple(plan.image.wanted.size) == expected
    assert tuple(plan.mask.wanted.size) == (32, 32, 6)
    assert 0 <= plan.middle < plan.depth == len(plan.mask_slices)
    assert all(0 <= k < 6 for k in plan.mask_slices)


def test_the_crop_is_cut_as_synanno_cuts_it() -> None:
    box = crop_box(Point(551, 695, 75), Point(256, 256, 6))
    assert (box.lo, box.hi) == ((423, 567, 72), (679, 823, 78))
    odd = crop_box(Point(10, 10, 10), Point(5, 4, 1))
    assert (odd.lo, odd.hi) == ((8, 8, 10), (13, 12, 11))


def test_points_are_placed_in_image_pixels() -> None:
    image = Grid(Resolution(4, 4, 33), Box(Point(0, 0, 0), Point(40, 32, 12)))
    plan = plan_cutout(Point(10, 8, 6), Point(16, 16, 4), image, Grid(EVEN, BOUNDS))
    x, y, z = plan.place(Point(10, 8, 6))
    assert (x, y, z) == (17.0, 17.0, plan.middle)


@pytest.mark.parametrize(
    ("crop", "word"),
    [
        (Point(0, 4, 4), "crop_size_x"),
        (Point(4, 10**6, 4), "crop_size_y"),
        (Point(4, 4, -1), "crop_size_z"),
        (Point(2048, 2048, 2048), "at most"),
    ],
)
def test_impossible_crops_are_named(crop: Point, word: str) -> None:
    with pytest.raises(GeometryError, match=word):
        check_crop_size(crop)


@pytest.mark.parametrize("crop", [Point(1, 2048, 2048), Point(2048, 1, 2048)])
def test_a_crop_whose_slices_make_too_large_a_picture_is_refused(crop: Point) -> None:
    grid = Grid(EVEN, BOUNDS)
    with pytest.raises(GeometryError, match=r"make a picture of .* at most 16,384 on a side"):
        plan_cutout(Point(10, 8, 6), crop, grid, grid)


@pytest.mark.parametrize("size", [0.0, -8.0, float("nan"), float("inf")])
def test_impossible_resolutions_are_named(size: float) -> None:
    with pytest.raises(GeometryError, match="resolution along y"):
        Resolution(8, size, 33)


def test_a_box_cannot_run_backwards() -> None:
    with pytest.raises(GeometryError, match="along z"):
        Box(Point(0, 0, 5), Point(1, 1, 4))


def test_an_axis_order_must_be_a_permutation() -> None:
    with pytest.raises(GeometryError, match="xxz"):
        AxisOrder("xxz")
