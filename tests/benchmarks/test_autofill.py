"""The bench of filling through depth scores only what was not drawn, and all of that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.voxels.depth_fill import Filled
from benchmarks.autofill import Scores
from benchmarks.autofill_cases import (
    Case,
    Volume,
    cases_of,
    every_second,
    every_third,
    middle_seed,
    overlaps,
    prototype_volume,
    repeat_nearest,
)


def case_of(truth: NDArray[np.bool_]) -> Case:
    image = np.zeros(truth.shape, np.uint8)
    slices = np.flatnonzero(truth.any(axis=(1, 2)))
    known = np.ones_like(truth)
    first, last = int(slices[0]), int(slices[-1])
    return Case(1, image, known, truth, first, last, (30.0, 8.0, 8.0))


@pytest.fixture
def cleft() -> Case:
    """Seven slices with two voxels each, in a box of eleven; one within has none."""
    truth = np.zeros((11, 4, 4), np.bool_)
    truth[2:9, 1, 1:3] = True
    truth[4] = False
    return case_of(truth)


def test_the_seeds_are_slices_with_a_mask(cleft: Case) -> None:
    assert middle_seed(cleft) == [5]
    assert every_third(cleft) == [2, 5, 8]
    assert every_third(cleft, 2) == [7]
    assert every_second(cleft) == [2, 6, 8]


def test_a_slice_counts_if_truth_or_filling_has_a_voxel(cleft: Case) -> None:
    mask = np.zeros_like(cleft.truth)
    mask[2] = True  # drawn: does not count
    mask[3] = cleft.truth[3]
    mask[4] = cleft.truth[3]  # nothing is there
    mask[6, 1, 1] = True  # one of two
    mask[9, 0, 0] = True  # too far
    assert overlaps(cleft, [2, 5, 8], mask) == {3: 1.0, 4: 0.0, 6: 0.5, 7: 0.0, 9: 0.0}


def test_what_is_too_far_and_too_near_is_counted(cleft: Case) -> None:
    mask = cleft.truth.copy()
    mask[7] = False
    mask[9] = True
    filled = Filled(mask, ("empty",) * 11, (0.5,) * 11)
    scores = Scores()
    scores.add(cleft, [2, 5, 8], filled)
    assert (scores.too_far, scores.too_near, scores.synapses) == (1, 1, 1)
    assert scores.ours == [1.0, 1.0, 0.0, 0.0]
    assert scores.within == scores.between == [1.0, 1.0, 0.0]


def test_the_seed_repeated_is_told_the_ends(cleft: Case) -> None:
    repeated = repeat_nearest(cleft, [5])
    assert np.flatnonzero(repeated.any(axis=(1, 2))).tolist() == list(range(2, 9))


def test_a_touching_synapse_is_none_of_this_one_and_thin_ones_are_left_out() -> None:
    labels = np.zeros((12, 20, 20), np.uint32)
    labels[3:8, 5:9, 5:9] = 1
    labels[3:8, 9:12, 5:9] = 2
    labels[3:6, 15:18, 15:18] = 3
    image, known = np.zeros(labels.shape, np.uint8), np.ones(labels.shape, np.bool_)
    cases = list(cases_of(Volume("made", image, known, labels, (30.0, 8.0, 8.0))))
    assert [case.label for case in cases] == [1, 2]
    assert np.count_nonzero(cases[0].truth) == 5 * 4 * 4
    assert (cases[0].first, cases[0].last) == (3, 7)


def test_without_the_prototype_there_is_none(tmp_path: Path) -> None:
    assert prototype_volume(tmp_path / "nowhere") is None
