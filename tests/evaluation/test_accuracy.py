"""Accuracy and drift: counted plainly, and with the intervals of a second library."""

from __future__ import annotations

import random

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from apps.evaluation.domain.accuracy import (
    FEWEST_FOR_DRIFT,
    Share,
    accuracy_by_step,
    confusion,
    drift_of,
    share_right,
)
from apps.evaluation.domain.votes import UNSURE


@pytest.mark.parametrize(("right", "n"), [(0, 5), (5, 5), (3, 10), (480, 500), (1, 1)])
def test_the_interval_is_wilsons(right: int, n: int) -> None:
    assert Share(right, n).interval == pytest.approx(proportion_confint(right, n, method="wilson"))


def test_nothing_has_no_share() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def _answers(seed: int, n: int = 300) -> tuple[list[int], list[int]]:
    dice = random.Random(seed)
    truth = [dice.randint(0, 1) for _ in range(n)]
    return truth, [t if dice.random() < 0.8 else dice.randint(0, 2) for t in truth]


def test_a_confusion_matrix_counts() -> None:
    truth, said = _answers(1)
    matrix = confusion(np.array(truth), np.array(said))
    pairs = list(zip(truth, said, strict=True))
    assert matrix.tolist() == [[pairs.count((t, s)) for s in range(3)] for t in range(2)]
    share = share_right(matrix)
    assert share.right == sum(t == s for t, s in pairs)
    assert share.n == sum(s != UNSURE for s in said)


def test_accuracy_by_step_counts() -> None:
    truth, said = _answers(2)
    at = [float(n) for n in range(len(truth))]
    found = accuracy_by_step(
        np.array(at), np.array(truth), np.array(said), np.array([0.0, 100.0, 250.0, 400.0])
    )
    for share, part in zip(found, (slice(0, 100), slice(100, 250), slice(250, 400)), strict=True):
        answered = [(t, s) for t, s in zip(truth[part], said[part], strict=True) if s != UNSURE]
        assert (share.right, share.n) == (sum(t == s for t, s in answered), len(answered))


@pytest.mark.parametrize(
    ("early", "late", "changed"), [(95, 70, -1), (60, 95, 1), (90, 88, 0), (100, 80, -1)]
)
def test_drift_is_told_where_the_interval_of_the_difference_leaves_out_zero(
    early: int, late: int, changed: int
) -> None:
    def part(percent: int, n: int) -> list[int]:
        return [0] * (n * percent // 100) + [1] * (n - n * percent // 100)

    said = np.array(part(early, 200) + part(late, 100))
    drift = drift_of(np.arange(300.0), np.zeros(300, dtype=np.int64), said)
    assert drift is not None
    assert (drift.before, drift.latest) == (Share(early * 2, 200), Share(late, 100))
    low, high = confint_proportions_2indep(
        drift.latest.right, 100, drift.before.right, 200, method="newcomb"
    )
    assert drift.changed == (1 if low > 0 else -1 if high < 0 else 0) == changed


def test_few_votes_tell_no_drift() -> None:
    n = FEWEST_FOR_DRIFT - 1
    zeros = np.zeros(n, dtype=np.int64)
    assert drift_of(np.arange(float(n)), zeros, zeros) is None
