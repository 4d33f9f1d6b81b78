"""Runs say of every voxel what it is, and nothing else passes for them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.voxels.runs import RunsError, plane_of_runs, runs_of_plane

PLANES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.lists(st.integers(0, 1), min_size=size[0] * size[1], max_size=size[0] * size[1]),
    )
)


@given(PLANES)
@example(((2, 1), [1, 1]))
@example(((3, 1), [0, 0, 0]))
def test_a_plane_comes_back_voxel_for_voxel(drawn: tuple[tuple[int, int], list[int]]) -> None:
    (width, height), voxels = drawn
    plane = bytes(voxels)
    runs = runs_of_plane(plane)
    assert plane_of_runs(runs, width, height) == plane
    assert all(runs[1:])  # the shortest there are, so that equal masks have equal runs
    assert sum(runs[1::2]) == sum(voxels)


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ([], "they fill 0 voxels, and the slice has 4×3, which are 12"),
        ([11], "they fill 11 voxels"),
        ([6, 7], "they fill 13 voxels"),
        ([12, 0], "number 1 of them is 0; only the first may be"),
        ([14, -2], "number 1 of them is -2; a length cannot be negative"),
        ([6, 6.0], "number 1 of them, 6.0, is no whole number"),
        ([6, "6"], "number 1 of them, '6', is no whole number"),
        ([11, True], "number 1 of them, True, is no whole number"),
        ([10**30], "they fill 1,000,000,000,000,000,000,000,000,000,000 voxels"),
    ],
)
def test_what_is_no_mask_of_the_slice_is_refused_by_name(runs: list[int], why: str) -> None:
    with pytest.raises(RunsError) as refused:
        plane_of_runs(runs, 4, 3)
    assert str(refused.value).startswith(why)
