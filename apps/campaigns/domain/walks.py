"""How the synapses of a walked neuron lie on sheets, and lines with fewer points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Within a thin neurite, so that whoever flies along the simplified line stays inside.
_TOLERANCE_NM = 50.0
MOST_POINTS = 200


@dataclass(frozen=True)
class Sheet:
    """A sheet of a walk, its number counted over the campaign: synapses of a section by their
    places in the walk, or none where one looks for what was missed."""

    number: int
    section: int
    synapses: tuple[int, ...]

    @property
    def is_search(self) -> bool:
        return not self.synapses


def lay_out(sections: Sequence[Sequence[int]], size: int, first: int) -> Iterator[Sheet]:
    """The sheets of a walk, counted from `first`: those of each section, none with synapses of
    two, and then the one on which one looks for what was missed there.

    `sections` are the synapses of each section in the order of the walk; a section without any
    has the last sheet alone.
    """
    number = first
    for section, synapses in enumerate(sections):
        for start in range(0, len(synapses), size):
            yield Sheet(number, section, tuple(synapses[start : start + size]))
            number += 1
        yield Sheet(number, section, ())
        number += 1


def simplified(
    points: NDArray[np.float64], most: int = MOST_POINTS, tolerance: float = _TOLERANCE_NM
) -> NDArray[np.float64]:
    """The line with fewer points, (n, 3) float64 in nm: its ends, and of the others those without
    which it would stray by more than `tolerance`, which is doubled until `most` are enough
    (Ramer, Douglas, Peucker). `most` is at least 2."""
    while True:
        kept = points[_needed(points, tolerance)]
        if len(kept) <= most:
            return kept
        tolerance *= 2


def _needed(points: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    needed = np.zeros(len(points), bool)
    needed[[0, -1]] = True
    to_do = [(0, len(points) - 1)]
    while to_do:
        first, last = to_do.pop()
        if last - first < 2:
            continue
        far = _distances(points[first + 1 : last], points[first], points[last])
        worst = int(np.argmax(far))
        if far[worst] > tolerance:
            at = first + 1 + worst
            needed[at] = True
            to_do += [(first, at), (at, last)]
    return needed


def _distances(
    points: NDArray[np.float64], begin: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far points, (n, 3), lie from the straight line between two: (n,)."""
    step = end - begin
    square = float(step @ step)
    onto = np.clip((points - begin) @ step / square, 0.0, 1.0) if square else np.zeros(len(points))
    distances: NDArray[np.float64] = np.linalg.norm(points - begin - onto[:, None] * step, axis=1)
    return distances
