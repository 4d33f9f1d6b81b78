"""Boxes larger than a window: what a network says is put together without seams."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.pipelines.domain.windows import OPEN_WINDOW, blend, count_windows, starts_of, window_for

SIZE = st.integers(1, 9)
SIZES = st.tuples(SIZE, SIZE, SIZE)


@given(voxels=st.integers(1, 400), window=st.integers(1, 140))
def test_windows_reach_every_voxel_and_overlap(voxels: int, window: int) -> None:
    starts = starts_of(voxels, window)
    assert starts[0] == 0
    assert starts[-1] == max(voxels - window, 0)
    steps = np.diff(starts)
    assert (steps > 0).all()
    assert (steps <= max(window - window // 4, 1)).all()


@given(box=SIZES, window=SIZES, seed=st.integers(0, 99))
def test_what_looks_at_single_voxels_is_answered_as_in_one_window(
    box: tuple[int, int, int], window: tuple[int, int, int], seed: int
) -> None:
    volume = np.random.default_rng(seed).random((2, *box), np.float32)
    runs = []

    def run(part: np.ndarray) -> np.ndarray:
        runs.append(part.shape)
        answer: np.ndarray = part[0] - 3 * part[1]
        return answer

    answer = blend(volume, window, run)
    assert answer.shape == box
    np.testing.assert_allclose(answer, volume[0] - 3 * volume[1], rtol=1e-4, atol=1e-5)
    assert set(runs) == {(2, *window)}
    assert len(runs) == count_windows(box, window)


def test_between_windows_that_disagree_the_answer_changes_gradually() -> None:
    said = iter([np.zeros((1, 1, 8), np.float32), np.ones((1, 1, 8), np.float32)])
    answer = blend(np.zeros((2, 1, 1, 12), np.float32), (1, 1, 8), lambda _: next(said))
    line = answer[0, 0]
    assert (line[:4] == 0).all()
    assert (line[8:] == 1).all()
    assert (np.diff(line[3:9]) > 0).all()


def test_what_takes_any_size_is_given_multiples_within_memory() -> None:
    assert window_for((16, 256, 100), (None, None, None)) == (16, 128, 112)
    assert window_for((40, 20, 600), (None, 64, None)) == (OPEN_WINDOW[0], 64, OPEN_WINDOW[2])
