"""Places in Z-order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.voxels.morton import BITS, STEPS, morton_codes

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
