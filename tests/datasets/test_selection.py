"""What a selection may say, and that it says so clearly when it may not."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import InvalidInputError
from apps.datasets.domain.selection import (
    EVERYTHING,
    MOST_IDS,
    Region,
    Selection,
    describe_selection,
    read_selection,
)
from apps.voxels.geometry import Box, Point, Resolution
from tests.support.selections import selections

LARGEST = 2**64 - 1


@given(selections())
def test_a_selection_comes_back_from_its_json(selection: Selection) -> None:
    assert read_selection(json.loads(json.dumps(selection.as_json()))) == selection
    assert bool(describe_selection(selection)) == (selection != EVERYTHING)


def test_large_ids_are_text_and_exact() -> None:
    read = read_selection({"pre_ids": [str(LARGEST), "7", 7, " 12 "]})
    assert read.pre_ids == (7, 12, LARGEST)
    assert read.as_json() == {"pre_ids": ["7", "12", str(LARGEST)]}


def test_null_is_nothing_given() -> None:
    assert read_selection({"box": None, "sample": None}) == EVERYTHING


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], r"selection: give an object with box, pre_ids"),
        ({"pre": ["1"]}, r"selection: there is no 'pre'; use box, pre_ids"),
        ({"pre_ids": []}, r"selection\.pre_ids: give a list of at least one"),
        ({"pre_ids": ["4.4E+11"]}, r"selection\.pre_ids: '4\.4E\+11' is no neuron id"),
        ({"post_ids": [str(2**64)]}, r"selection\.post_ids: '18446744073709551616' is no"),
        ({"post_ids": ["-1"]}, r"'-1' is no neuron id"),
        ({"post_ids": [True]}, r"is no neuron id"),
        ({"post_ids": [1.5]}, r"is no neuron id"),
        ({"post_ids": ["٣"]}, r"is no neuron id"),
        ({"post_ids": [2**60]}, r"which JSON may have rounded; give ids as text"),
        ({"either_ids": ["1"] * (MOST_IDS + 1)}, r"there are 100,001 ids; give at most 100,000"),
        ({"between": {"pre": ["1"]}}, r"selection\.between\.post: give a list"),
        ({"between": {"pre": ["1"], "post": ["2"], "both_directions": 1}}, r"neither true nor"),
        ({"box": {"lo": [0, 0, 0]}}, r"selection\.box\.hi: give three numbers"),
        ({"box": {"lo": [0, 0, 9], "hi": [5, 5, 9]}}, r"selection\.box\.hi: along z .* 9 to 9"),
        ({"box": {"lo": [0, 0, 0.5], "hi": [5, 5, 9]}}, r"selection\.box\.lo: 0\.5 is no voxel"),
        ({"box": {"lo": [0, 0, "1"], "hi": [5, 5, 9]}}, r"'1' is no number"),
        ({"box": {"lo": [0, 0, float("nan")], "hi": [5, 5, 9]}}, r"'nan' is no number"),
        ({"box": {"lo": [0, 0, 0], "hi": [5, 5, 10**400]}}, r"or too large"),
        ({"box": {"lo": [0, 0, 0], "hi": [5, 5, 9], "unit": "mm"}}, r"'mm' is neither 'voxels'"),
        ({"score": {}}, r"selection\.score: give the least, the most, or both"),
        ({"score": {"least": "high"}}, r"selection\.score\.least: 'high' is no number"),
        ({"score": {"least": float("inf")}}, r"selection\.score\.least: 'inf' is no number"),
        ({"score": {"least": 2, "most": 1}}, r"selection\.score\.most: .* backwards"),
        ({"size": {"least": 0.5}}, r"selection\.size\.least: 0\.5 is no size"),
        ({"sample": {"count": 0}}, r"selection\.sample\.count: give a whole number from 1"),
        ({"sample": {"count": 5, "seed": -1}}, r"selection\.sample\.seed: give a whole number"),
        ({"sample": {}}, r"selection\.sample\.count: give a whole number"),
    ],
)
def test_what_cannot_be_is_told(given: Any, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence) as raised:
        read_selection(given)
    assert raised.value.sentence.startswith(f"{raised.value.field}: ")


@given(
    st.integers(-1000, 1000),
    st.lists(st.floats(1, 500), min_size=1, max_size=5),
    st.floats(0.5, 50, allow_nan=False),
)
def test_boxes_in_nm_side_by_side_share_no_voxel(
    start: int, widths: list[float], nm: float
) -> None:
    edges = [float(start)]
    for width in widths:
        edges.append(edges[-1] + width)
    regions = [Region((a, 0, 0), (b, 9, 9), "nm") for a, b in itertools.pairwise(edges)]
    boxes = [region.in_voxels(Resolution(nm, 1, 1)) for region in regions]
    for before, after in itertools.pairwise(boxes):
        assert before.hi.x == after.lo.x
    for box, region in zip(boxes, regions, strict=True):
        for voxel in range(box.lo.x - 1, box.hi.x + 1):
            middle = voxel + 0.5
            if region.lo[0] / nm < middle - 1e-6 and middle + 1e-6 < region.hi[0] / nm:
                assert box.lo.x <= voxel < box.hi.x
            if middle + 1e-6 < region.lo[0] / nm or region.hi[0] / nm < middle - 1e-6:
                assert not box.lo.x <= voxel < box.hi.x


def test_a_box_in_voxels_is_taken_as_it_is() -> None:
    region = Region((-1, 2, 3), (4, 5, 6))
    assert region.in_voxels(Resolution(8, 8, 40)) == Box(Point(-1, 2, 3), Point(4, 5, 6))


def test_the_words_of_a_selection() -> None:
    selection = read_selection(
        {
            "box": {"lo": [0, 0, 0], "hi": [1000, 50, 9], "unit": "nm"},
            "pre_ids": ["5"],
            "either_ids": [str(n) for n in range(10)],
            "between": {"pre": ["1", "2"], "post": ["3"], "both_directions": True},
            "score": {"least": 0.5},
            "size": {"least": 10, "most": 20},
            "sample": {"count": 1500, "seed": 3},
        }
    )
    assert describe_selection(selection) == [
        "centred from (0, 0, 0) to (1,000, 50, 9) nm",
        "from neuron 5",
        "from or onto neurons 0, 1, 2 and 7 more",
        "from neurons 1, 2 onto neuron 3, or back",
        "score at least 0.5",
        "size from 10 to 20",
        "a random sample of 1,500 (seed 3)",
    ]
