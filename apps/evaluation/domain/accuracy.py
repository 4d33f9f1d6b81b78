"""How often people are right, and whether that changes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from apps.evaluation.domain.votes import LABELS, UNSURE, Floats, Ints

_Z95 = 1.959963984540054
FEWEST_FOR_DRIFT = 60  # votes, of which a third are the latest
_LATEST = 1 / 3


@dataclass(frozen=True)
class Share:
    """`right` of `n`, and the 95 % interval of the share (Wilson's). No figures where n is 0."""

    right: int
    n: int

    @property
    def value(self) -> float | None:
        return self.right / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.n:
            return None
        p, n, z = self.right / self.n, self.n, _Z95
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Drift:
    """The share that was right of the latest third of somebody's votes beside that of those
    before. `changed` is -1 or 1 where the 95 % interval of the difference leaves out 0."""

    before: Share
    latest: Share
    changed: int


def confusion(truth: Ints, said: Ints) -> Ints:
    """Counts `(2, 3)`: rows correct and incorrect, columns what was said of them."""
    cells = np.bincount(truth * len(LABELS) + said, minlength=2 * len(LABELS))
    return cells.reshape(2, len(LABELS)).astype(np.int64)


def share_right(matrix: Ints) -> Share:
    """The share of right answers in a confusion matrix; "unsure" is neither right nor wrong."""
    return Share(right=int(np.trace(matrix)), n=int(matrix[:, :UNSURE].sum()))


def accuracy_by_step(at: Floats, truth: Ints, said: Ints, edges: Floats) -> list[Share]:
    """The share of right answers between each two of the `edges`; "unsure" left out."""
    answered = said != UNSURE
    n, _ = np.histogram(at[answered], bins=edges)
    right, _ = np.histogram(at[answered & (said == truth)], bins=edges)
    return [Share(int(r), int(k)) for r, k in zip(right, n, strict=True)]


def drift_of(at: Floats, truth: Ints, said: Ints) -> Drift | None:
    """Whether somebody's latest votes are better or worse than those before; None if too few."""
    answered = said != UNSURE
    order = np.argsort(at[answered], kind="stable")
    right = (said == truth)[answered][order]
    if len(right) < FEWEST_FOR_DRIFT:
        return None
    cut = len(right) - int(len(right) * _LATEST)
    before = Share(int(right[:cut].sum()), cut)
    latest = Share(int(right[cut:].sum()), len(right) - cut)
    return Drift(before, latest, _changed(before, latest))


def _changed(before: Share, latest: Share) -> int:
    """By Newcombe's interval of a difference, from the two Wilson intervals; it holds also where
    a share is 0 or 1."""
    (low_a, high_a), (low_b, high_b) = _bounds(before), _bounds(latest)
    a, b = before.right / before.n, latest.right / latest.n
    low = (b - a) - math.hypot(b - low_b, high_a - a)
    high = (b - a) + math.hypot(high_b - b, a - low_a)
    if low > 0:
        return 1
    return -1 if high < 0 else 0


def _bounds(share: Share) -> tuple[float, float]:
    interval = share.interval
    if interval is None:
        raise ValueError("A share of nothing has no interval.")
    return interval
