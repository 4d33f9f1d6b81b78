"""Places in Z-order."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.voxels.geometry import Box, Point
from apps.voxels.morton import morton_codes
from apps.voxels.morton_ranges import BITS, STEPS, morton_ranges

COORDINATES = st.tuples(*[st.integers(-(2**22), 2**22 - 1)] * 3)


def interleaved(point: tuple[int, ...]) -> int:
    """The same, bit by bit."""
    blocks = [(at >> step) + 2 ** (BITS - 1) for at, step in zip(point, STEPS, strict=True)]
    return sum(
        (block >> bit & 1) << (3 * bit + axis)
        for axis, block in enumerate(blocks)
        for bit in range(BITS)
    )


@given(st.lists(COORDINATES, min_size=1, max_size=20))
def test_the_bits_of_the_axes_take_turns(points: list[tuple[int, ...]]) -> None:
    codes = morton_codes(np.array(points, dtype=np.int64))
    assert codes.tolist() == [interleaved(point) for point in points]


def test_what_lies_beyond_has_the_outermost_place() -> None:
    far = np.array([[2**31, 0, 0], [2**26 - 1, 0, 0], [-(2**31), -(2**31), -(2**31)]])
    codes = morton_codes(far.astype(np.int64))
    assert codes[0] == codes[1]
    assert codes[2] == 0


@st.composite
def boxes(draw: st.DrawFn, longest: int) -> Box:
    """Boxes of up to `longest` blocks a side, anywhere, also across 0 and at the outermost."""
    lo, hi = [], []
    for step in STEPS:
        edge = 2 ** (BITS - 1 + step)
        low = draw(
            st.sampled_from([-edge, -2 * 2**step, -1, 0, edge - 3 * 2**step])
            | st.integers(-edge, edge - 1)
        )
        lo.append(low)
        hi.append(min(low + draw(st.integers(1, longest * 2**step)), edge))
    return Box(Point(*lo), Point(*hi))


def blocks_of(box: Box) -> set[int]:
    """The codes of all blocks that a box touches."""
    sides = [
        range(low >> step, ((high - 1) >> step) + 1)
        for low, high, step in zip(box.lo, box.hi, STEPS, strict=True)
    ]
    points = [
        [block << step for block, step in zip(one, STEPS, strict=True)]
        for one in itertools.product(*sides)
    ]
    return set(morton_codes(np.array(points, dtype=np.int64)).tolist())


@given(boxes(longest=6))
def test_with_enough_ranges_they_are_just_the_blocks_of_a_box(box: Box) -> None:
    ranges = morton_ranges(box, most=10_000)
    covered = {code for first, last in ranges for code in range(first, last + 1)}
    assert covered == blocks_of(box)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(ranges))


@given(boxes(longest=2**14), st.integers(1, 40), st.data())
def test_few_ranges_miss_no_point_of_a_box(box: Box, most: int, data: st.DataObject) -> None:
    ranges = morton_ranges(box, most)
    assert 1 <= len(ranges) <= most
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges))
    sides = [
        st.sampled_from([low, high - 1]) | st.integers(low, high - 1)
        for low, high in zip(box.lo, box.hi, strict=True)
    ]
    point = data.draw(st.tuples(*sides))
    code = int(morton_codes(np.array([point], dtype=np.int64))[0])
    assert any(first <= code <= last for first, last in ranges)


def test_points_beyond_the_outermost_blocks_are_not_missed() -> None:
    box = Box(Point(-(2**31), 0, 2**30), Point(-(2**30), 64, 2**31))
    (code,) = morton_codes(np.array([[-(2**31) + 5, 3, 2**31 - 1]], dtype=np.int64)).tolist()
    assert any(first <= code <= last for first, last in morton_ranges(box))


def test_an_empty_box_has_no_ranges() -> None:
    assert morton_ranges(Box(Point(5, 5, 5), Point(9, 5, 9))) == []


def test_ranges_of_a_usual_box_hold_little_else() -> None:
    """A cube of 30 x 30 x 30 blocks that lies across the borders of larger ones."""
    box = Box(Point(17 * 64, 5 * 64, 9 * 4), Point(47 * 64, 35 * 64, 39 * 4))
    covered = sum(last - first + 1 for first, last in morton_ranges(box, most=32))
    assert covered < 2 * 30**3
