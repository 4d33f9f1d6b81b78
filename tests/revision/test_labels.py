"""What is kept of a slice is what was drawn, voxel for voxel."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.revision.domain.labels import (
    Area,
    Labels,
    LabelsError,
    RunsError,
    labels_of_runs,
    stored_labels,
)


@st.composite
def areas(draw: st.DrawFn) -> Area:
    lo_x, lo_y = draw(st.integers(-30, 30)), draw(st.integers(-30, 30))
    return Area(lo_x, lo_y, lo_x + draw(st.integers(1, 20)), lo_y + draw(st.integers(1, 20)))


@st.composite
def masks(draw: st.DrawFn) -> Labels:
    area = draw(areas())
    size = area.width * area.height
    return Labels(area, bytes(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))))


@given(masks())
def test_a_mask_comes_back_from_json_and_from_the_database(labels: Labels) -> None:
    assert labels_of_runs(labels.runs, labels.area) == labels
    assert stored_labels(labels.packed, labels.area) == labels
    assert labels.voxels == sum(labels.plane)


def voxels_of(labels: Labels) -> set[tuple[int, int]]:
    """The cleft's voxels where they lie in the volume."""
    area = labels.area
    return {
        (area.lo_x + place % area.width, area.lo_y + place // area.width)
        for place, value in enumerate(labels.plane)
        if value
    }


@given(masks(), areas())
def test_in_another_area_each_voxel_stays_where_it_is(labels: Labels, area: Area) -> None:
    moved = labels.within(area)
    assert moved.area == area
    assert len(moved.plane) == area.width * area.height
    assert voxels_of(moved) == {
        (x, y)
        for x, y in voxels_of(labels)
        if area.lo_x <= x < area.hi_x and area.lo_y <= y < area.hi_y
    }


def test_what_fills_another_slice_is_refused() -> None:
    with pytest.raises(RunsError, match="fill 12 voxels, and the slice has 4×4"):
        labels_of_runs([5, 7], Area(0, 0, 4, 4))


@pytest.mark.parametrize(
    "packed",
    [
        b"nothing",
        zlib.compress(bytes(15)),
        zlib.compress(bytes(17)),
        zlib.compress(bytes(16))[:-2],
        zlib.compress(b"\2" * 16),
        zlib.compress(bytes(10**7)),
    ],
    ids=["no zlib", "short", "long", "cut off", "other labels", "a bomb"],
)
def test_damaged_labels_are_noticed(packed: bytes) -> None:
    with pytest.raises(LabelsError):
        stored_labels(packed, Area(0, 0, 4, 4))
