"""What cannot be filled is refused, and the sentence says what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.voxels.depth_fill import DepthFillError, Seeds, fill_depth

IMAGE = np.zeros((4, 30, 40), np.uint8)
MASK = np.ones((30, 40), np.bool_)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"image": IMAGE[0]}, "image", "(30, 40)"),
        ({"image": IMAGE[:0]}, "image", "(0, 30, 40)"),
        ({"image": IMAGE.astype(np.float32)}, "image", "float32"),
        ({"seeds": Seeds({4: MASK})}, "seeds", "slice 4 lies outside the box"),
        ({"seeds": Seeds({-1: MASK})}, "seeds", "slice -1 lies outside the box"),
        ({"seeds": Seeds({1: MASK.T})}, "seeds", "slice 1 has the shape (40, 30)"),
        ({"seeds": Seeds({1: MASK.astype(np.uint8)})}, "seeds", "uint8"),
        ({"seeds": Seeds({})}, "seeds", "no drawn slice has a voxel"),
        ({"seeds": Seeds({1: ~MASK})}, "seeds", "no drawn slice has a voxel"),
        ({"voxel_nm": (30.0, 8.0, 0.0)}, "voxel_nm", "greater than 0"),
        ({"voxel_nm": (30.0, float("nan"), 8.0)}, "voxel_nm", "greater than 0"),
        ({"voxel_nm": (8.0, 8.0)}, "voxel_nm", "three sizes"),
        ({"reach": -1}, "reach", "cannot be negative"),
        ({"known": np.ones((4, 30, 41), np.bool_)}, "known", "(4, 30, 41)"),
        ({"known": IMAGE}, "known", "bool"),
    ],
)
def test_the_argument_at_fault_is_named(given: dict[str, Any], field: str, words: str) -> None:
    good: dict[str, Any] = {
        "image": IMAGE,
        "seeds": Seeds({1: MASK}),
        "voxel_nm": (30.0, 8.0, 8.0),
        "reach": None,
        "known": None,
    }
    asked = good | given
    image, seeds, voxel_nm = asked.pop("image"), asked.pop("seeds"), asked.pop("voxel_nm")
    with pytest.raises(DepthFillError) as refused:
        fill_depth(image, seeds, voxel_nm, **asked)
    assert refused.value.field == field
    assert words in refused.value.sentence
    assert str(refused.value).startswith(f"{field}: ")


def test_a_line_of_one_voxel_is_not_too_thin_for_fine_voxels() -> None:
    line = np.zeros_like(MASK)
    line[15, 5:35] = True
    filled = fill_depth(IMAGE, Seeds({0: line, 3: line}), (30.0, 2.0, 2.0))
    assert all((filled.mask[z] & line).any() for z in (1, 2))


def test_a_single_voxel_and_a_whole_slice_can_be_filled() -> None:
    dot = np.zeros_like(MASK)
    dot[0, 39] = True
    noise = np.random.default_rng(5).integers(0, 256, IMAGE.shape, np.uint8)
    for drawn in (dot, MASK):
        for image in (noise, IMAGE):
            filled = fill_depth(image, Seeds({0: drawn, 3: drawn}), (30.0, 8.0, 8.0))
            assert filled.mask.shape == IMAGE.shape
            assert np.array_equal(filled.mask[3], drawn)
