"""Fills the slices between the drawn ones, and goes on beyond the outermost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.voxels.depth_fill.checks import VoxelNm, check_input
from apps.voxels.depth_fill.ends import Extent, goes_on
from apps.voxels.depth_fill.evidence import (
    WEIGHTS_AGAIN,
    WEIGHTS_BETWEEN,
    WEIGHTS_BEYOND,
    Knowledge,
    Side,
)
from apps.voxels.depth_fill.shapes import NOWHERE, motion_between
from apps.voxels.depth_fill.stack import make_stack
from apps.voxels.depth_fill.values import Filled, How, Seeds

Field = NDArray[np.float64]  # (y, x)

DRAWN_AGAIN = 0.5  # weight of the votes of the last drawn slice beside those of the one before
WIDEST_AGAIN = 8  # slices; further apart, a second look costs much and changes little


def fill_depth(
    image: NDArray[np.uint8],
    seeds: Seeds,
    voxel_nm: VoxelNm,
    *,
    reach: int | None = None,
    known: NDArray[np.bool_] | None = None,
) -> Filled:
    """Proposes a mask for every slice of a box that was not drawn.

    image: (z, y, x) uint8, clefts dark. `voxel_nm` is the size of a voxel (z, y, x) in nm.
    `reach`: go at most so many slices beyond the outermost drawn ones (None: to the end of the
    box, 0: only between). `known`: (z, y, x) bool, False where the image has no data (None: it
    has everywhere); where a slice has none near the mask, only the shapes of the drawn slices
    count. A slice of one grey value counts as one without data.

    Raises DepthFillError, which names the argument, for shapes and types that do not fit, a drawn
    slice outside the box, and seeds without any voxel.
    """
    check_input(image, seeds, voxel_nm, reach, known)
    depth = image.shape[0]
    stack = make_stack(image, known, seeds, voxel_nm)
    drawn = sorted(seeds.slices)
    with_mask = [z for z in drawn if seeds.slices[z].any()]
    levels = {z: stack.level_of(seeds.slices[z]) for z in with_mask}
    found = _Fill(Knowledge(stack, levels))
    found.knowledge.learn()
    for first, last in pairwise(drawn):
        if first in levels and last in levels:
            found.between(first, last)
    for run in _runs(drawn, with_mask):
        before, after = _limits(run, drawn, depth, reach)
        found.beyond(run, range(run[0] - 1, before - 1, -1))
        found.beyond(run, range(run[-1] + 1, after + 1))
    return found.result(seeds, image.shape)


def _runs(drawn: list[int], with_mask: list[int]) -> list[list[int]]:
    """Drawn slices with a mask that no empty one divides."""
    runs: list[list[int]] = [[]]
    for z in drawn:
        if z in with_mask:
            runs[-1].append(z)
        else:
            runs.append([])
    return [run for run in runs if run]


def _limits(run: list[int], drawn: list[int], depth: int, reach: int | None) -> tuple[int, int]:
    """The outermost slices that a run may be carried to: those next to them were drawn empty."""
    before = max((z + 1 for z in drawn if z < run[0]), default=0)
    after = min((z - 1 for z in drawn if z > run[-1]), default=depth - 1)
    if reach is None:
        return before, after
    return max(before, run[0] - reach), min(after, run[-1] + reach)


class _Fill:
    """A filling under way."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._odds: dict[int, Field] = {}
        self._how: dict[int, How] = {}
        self._sure: dict[int, float] = {}

    def between(self, first: int, last: int) -> None:
        """Fill from both sides to the middle; then each slice once more from its neighbours."""
        low, high = first, last
        while high - low > 1:
            layer = {low + 1, high - 1}
            odds = {z: self._between_odds(z, low, high, WEIGHTS_BETWEEN) for z in layer}
            for z, (found, _) in odds.items():
                self._take(z, found, "between")
            low, high = low + 1, high - 1
        if last - first <= WIDEST_AGAIN:
            self._look_again(range(first + 1, last))

    def _look_again(self, slices: range) -> None:
        looked = {}
        for z in slices:
            if self._has(z - 1) and self._has(z + 1):
                odds, saw = self._between_odds(z, z - 1, z + 1, WEIGHTS_AGAIN)
                if saw:
                    looked[z] = (odds + self._odds[z]) / 2
        for z, odds in looked.items():
            self._take(z, odds, "between")

    def _between_odds(
        self, z: int, low: int, high: int, weights: tuple[float, ...]
    ) -> tuple[Field, bool]:
        knowledge = self.knowledge
        if not (self._has(low) and self._has(high)):
            return np.full(knowledge.stack.shape, -1.0), False
        lower, upper = knowledge.levels[low] < 0, knowledge.levels[high] < 0
        after, before = (z - low) / (high - low), (high - z) / (high - low)
        sides = [
            Side(low, motion_between(lower, upper).part(after), before),
            Side(high, motion_between(upper, lower).part(before), after),
        ]
        return knowledge.odds(z, knowledge.expected(sides), sides, weights)

    def beyond(self, run: list[int], slices: range) -> None:
        """Carry the outermost mask from slice to slice, until the synapse ends."""
        knowledge = self.knowledge
        extent = Extent.of(run, knowledge)
        end, sure = slices.start - slices.step, 1.0
        for z in slices:
            near = z - slices.step
            sides = [Side(near, NOWHERE, 1.0)]
            voters = sides if near == end else [*sides, Side(end, NOWHERE, DRAWN_AGAIN)]
            odds, saw = knowledge.odds(z, knowledge.levels[near], voters, WEIGHTS_BEYOND)
            share = goes_on(odds, extent.place_of(z) if saw else extent.place_unseen(z), saw)
            if share < 0.5:
                return
            self._take(z, odds, "beyond")
            sure = min(sure, share)
            self._sure[z] *= sure

    def _has(self, z: int) -> bool:
        level = self.knowledge.levels.get(z)
        return level is not None and bool((level < 0).any())

    def _take(self, z: int, odds: Field, how: How) -> None:
        self.knowledge.accept(z, odds)
        self._odds[z], self._how[z], self._sure[z] = odds, how, _agreement(odds)

    def result(self, seeds: Seeds, shape: tuple[int, ...]) -> Filled:
        """What was drawn and what was found."""
        mask = np.zeros(shape, np.bool_)
        how: list[How] = ["empty"] * shape[0]
        sure = [0.0] * shape[0]
        for z, odds in self._odds.items():
            mask[z] = self.knowledge.stack.to_box(odds, (shape[1], shape[2]))
            if mask[z].any():
                how[z], sure[z] = self._how[z], self._sure[z]
        for z, drawn in seeds.slices.items():
            mask[z], how[z], sure[z] = drawn, "seed", 1.0
        return Filled(mask, tuple(how), tuple(sure))


def _agreement(odds: Field) -> float:
    """The overlap (0..1) to be expected with the truth if the odds are right."""
    share = 1 / (1 + np.exp(-np.clip(odds, -40, 40)))
    inside = odds > 0
    return float(share[inside].sum() / max(inside.sum() + share[~inside].sum(), 1e-9))
