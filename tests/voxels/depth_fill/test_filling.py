"""Somebody draws a cleft in a few slices, and the others are proposed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.voxels.depth_fill import Seeds, fill_depth
from tests.voxels.depth_fill.scenes import (
    SIDE,
    VOXEL_NM,
    Mask,
    bar,
    nothing,
    overlap,
    paint,
)

MIDDLE = (SIDE / 2, SIDE / 2)
NO_IMAGE = np.zeros((9, SIDE, SIDE), np.uint8)
ANGLES = st.floats(0.0, np.pi)
SHIFTS = st.tuples(st.integers(-3, 3), st.integers(-3, 3))


def moving(shift: tuple[int, int], angle: float, slices: int = 9) -> list[Mask]:
    """A bar that moves by so many pixels from slice to slice."""
    return [
        bar((MIDDLE[0] + shift[0] * (z - 4), MIDDLE[1] + shift[1] * (z - 4)), angle=angle)
        for z in range(slices)
    ]


@settings(max_examples=10)
@given(shift=SHIFTS, angle=ANGLES, low=st.integers(0, 2), gap=st.integers(2, 6))
def test_between_two_slices_a_shape_that_moves_is_followed(
    shift: tuple[int, int], angle: float, low: int, gap: int
) -> None:
    true = moving(shift, angle)
    filled = fill_depth(
        NO_IMAGE, Seeds({low: true[low], low + gap: true[low + gap]}), VOXEL_NM, reach=0
    )
    for z in range(low + 1, low + gap):
        assert filled.how[z] == "between"
        assert overlap(filled.mask[z], true[z]) > 0.7
    assert filled.how.count("empty") == 9 - gap - 1


@settings(max_examples=10)
@given(seed=st.integers(0, 99), places=st.sets(st.integers(0, 5), min_size=1, max_size=4))
def test_what_was_drawn_stays_as_it_is(seed: int, places: set[int]) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (6, 40, 40), np.uint8)
    drawn = {z: rng.random((40, 40)) < 0.02 for z in places}
    drawn[min(places)][0, 0] = True
    filled = fill_depth(image, Seeds(drawn), VOXEL_NM)
    for z, mask in drawn.items():
        assert filled.how[z] == "seed"
        assert filled.confidence[z] == 1.0
        assert np.array_equal(filled.mask[z], mask)
    assert all(0.0 <= sure <= 1.0 for sure in filled.confidence)
    for how, mask in zip(filled.how, filled.mask, strict=True):
        assert how == "seed" or mask.any() == (how != "empty")


@settings(max_examples=4)
@given(seed=st.integers(0, 99), shift=SHIFTS, angle=ANGLES)
def test_a_box_upside_down_is_filled_upside_down(
    seed: int, shift: tuple[int, int], angle: float
) -> None:
    true = moving(shift, angle)
    image = paint(true, seed)
    filled = fill_depth(image, Seeds({2: true[2], 5: true[5]}), VOXEL_NM)
    turned = fill_depth(image[::-1], Seeds({6: true[2], 3: true[5]}), VOXEL_NM)
    assert turned.how == filled.how[::-1]
    assert np.count_nonzero(turned.mask[::-1] != filled.mask) <= 2
    assert turned.confidence[::-1] == pytest.approx(filled.confidence, abs=0.01)


def test_the_same_is_asked_twice_and_answered_alike() -> None:
    true = moving((1, 2), 0.5)
    filled = [fill_depth(paint(true), Seeds({4: true[4]}), VOXEL_NM) for _ in range(2)]
    assert np.array_equal(filled[0].mask, filled[1].mask)
    assert filled[0].confidence == filled[1].confidence


def test_the_image_shows_a_bend_that_no_drawn_slice_does() -> None:
    off = [0, 4, 7, 7, 4, 0]
    true = [bar((MIDDLE[0] + by, MIDDLE[1])) for by in off]
    seeds = Seeds({0: true[0], 5: true[5]})
    seen = fill_depth(paint(true), seeds, VOXEL_NM)
    unseen = fill_depth(NO_IMAGE[:6], seeds, VOXEL_NM)
    for z in range(1, 5):
        assert overlap(seen.mask[z], true[z]) > 0.75
        assert overlap(unseen.mask[z], true[z]) < 0.4


def test_beyond_the_last_slice_the_image_is_followed_until_the_synapse_ends() -> None:
    true = [bar((MIDDLE[0] + 2 * z - 8, MIDDLE[1])) if z < 8 else nothing() for z in range(14)]
    filled = fill_depth(paint(true), Seeds({3: true[3], 4: true[4]}), VOXEL_NM)
    for z in (1, 2, 5, 6):
        assert filled.how[z] == "beyond"
        assert overlap(filled.mask[z], true[z]) > 0.75
    assert filled.how[9:] == ("empty",) * 5
    assert not filled.mask[9:].any()
    assert filled.confidence[9:] == (0.0,) * 5


def test_a_slice_drawn_empty_ends_it() -> None:
    true = moving((0, 0), 0.3)
    drawn = {2: nothing(), 4: true[4], 6: nothing()}
    filled = fill_depth(paint(true), Seeds(drawn), VOXEL_NM)
    assert filled.how == (
        "empty",
        "empty",
        "seed",
        "beyond",
        "seed",
        "beyond",
        "seed",
        "empty",
        "empty",
    )
    assert [bool(mask.any()) for mask in filled.mask[2:7]] == [False, True, True, True, False]


def test_two_clefts_that_an_empty_slice_divides_are_not_joined() -> None:
    true = moving((0, 0), 0.3)
    drawn = {1: true[1], 4: nothing(), 7: true[7]}
    filled = fill_depth(paint(true), Seeds(drawn), VOXEL_NM, reach=1)
    one = ("beyond", "seed", "beyond")
    assert filled.how == (*one, "empty", "seed", "empty", *one)


@pytest.mark.parametrize(("reach", "slices"), [(0, 0), (1, 2), (2, 4)])
def test_nobody_goes_further_than_asked(reach: int, slices: int) -> None:
    true = moving((0, 0), 0.3)
    filled = fill_depth(paint(true), Seeds({4: true[4]}), VOXEL_NM, reach=reach)
    assert filled.how.count("beyond") == slices


def test_slices_without_an_image_get_their_shape_from_the_drawn_ones() -> None:
    true = moving((2, 0), 0.0)
    image = paint(true)
    known = np.ones(image.shape, np.bool_)
    known[4] = False
    image[4] = 0
    seeds = Seeds({3: true[3], 6: true[6]})
    filled = fill_depth(image, seeds, VOXEL_NM, known=known)
    assert [overlap(filled.mask[z], true[z]) > 0.75 for z in (4, 5)] == [True, True]
    assert filled.confidence[4] < filled.confidence[5]
    black = fill_depth(image, seeds, VOXEL_NM)  # nobody said so, but it is all of one value
    assert np.array_equal(black.mask, filled.mask)


def test_finer_voxels_show_the_same_cleft() -> None:
    off = [0, 4, 7, 4]
    true = [bar((MIDDLE[0] + by, MIDDLE[1]), angle=0.4) for by in off]
    image = paint(true)
    coarse = fill_depth(image, Seeds({0: true[0], 3: true[3]}), VOXEL_NM)
    fine = [np.kron(mask, np.ones((2, 2), np.bool_)) for mask in true]
    finer = fill_depth(
        np.kron(image, np.ones((2, 2), np.uint8)),
        Seeds({0: fine[0], 3: fine[3]}),
        (32.0, 4.0, 4.0),
    )
    for z in (1, 2):
        assert overlap(finer.mask[z], np.kron(coarse.mask[z], np.ones((2, 2), np.bool_))) > 0.85


def test_rows_and_columns_may_be_of_different_size() -> None:
    off = [0, 4, 7, 4]
    true = [bar((MIDDLE[0] + by, MIDDLE[1])) for by in off]
    wide = [np.repeat(mask, 2, axis=1) for mask in true]
    filled = fill_depth(
        np.repeat(paint(true), 2, axis=2), Seeds({0: wide[0], 3: wide[3]}), (32.0, 8.0, 4.0)
    )
    assert all(overlap(filled.mask[z], wide[z]) > 0.7 for z in (1, 2))


@pytest.mark.parametrize(("slice_nm", "slices"), [(32.0, 3), (16.0, 6)])
def test_without_an_image_a_cleft_is_as_deep_as_it_is_wide(slice_nm: float, slices: int) -> None:
    drawn = bar(MIDDLE, length=26.0)  # 216 nm: 108 nm to either side
    image = np.zeros((21, SIDE, SIDE), np.uint8)
    filled = fill_depth(image, Seeds({10: drawn}), (slice_nm, 8.0, 8.0))
    assert filled.how.count("beyond") == 2 * slices
    assert np.array_equal(filled.mask[10 + slices], drawn)


def test_an_image_that_does_not_show_the_cleft_is_not_believed() -> None:
    true = moving((2, 1), 0.3)
    noise = np.random.default_rng(3).integers(0, 256, (9, SIDE, SIDE), np.uint8)
    seeds = Seeds({2: true[2], 5: true[5]})
    filled = fill_depth(noise, seeds, VOXEL_NM, reach=0)
    assert all(overlap(filled.mask[z], true[z]) > 0.7 for z in (3, 4))
