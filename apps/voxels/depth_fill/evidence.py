"""Puts together what shapes and images say of a slice: the log odds of each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.voxels.depth_fill.appearance import (
    MOST_ODDS,
    Appearance,
    Features,
    features_of,
    learn_appearance,
)
from apps.voxels.depth_fill.likeness import Source, log_odds_of_votes
from apps.voxels.depth_fill.shapes import Motion, origins, sample
from apps.voxels.depth_fill.stack import LEAST_KNOWN, Stack

Field = NDArray[np.float64]  # (y, x)

FAR = 6.0  # a pixel further outside the expected shape than this is never inside
AROUND = 16  # an image is looked at so far around the masks
NEAR = 12.0  # the appearance is learnt so far around the drawn masks
EDGE = 0.5  # an outline is as sharp as this
SHAPE_EDGE = 1.5  # an expected outline is as sure as this
SHAPE_BIAS = 0.5  # shapes that were matched badly have lost this at their edge
SMOOTH = 1.5
CLEAR = 3.0  # mean log odds between inside and around from which an image is trusted wholly

# What each part of the evidence weighs; the last is the constant. Fitted by logistic regression
# to synapses of the phantom that the bench does not score (docs/benchmarks.md). Beyond the drawn
# slices the constant is raised by 0.6: what is lost in one slice is lost in all that follow.
WEIGHTS_BETWEEN = (-0.34, 0.39, 0.47, 0.71, -0.37, -0.46)
WEIGHTS_AGAIN = (-0.40, 0.37, 0.53, 0.67, -0.41, -0.45)
WEIGHTS_BEYOND = (-0.25, 0.20, 0.26, 0.31, 0.11, -0.80)


@dataclass(frozen=True, eq=False)
class Side:
    """A slice with a mask that says what to expect in another one.

    `motion` carries its shape over there; `weight`: how much of the expectation is its.
    """

    z: int
    motion: Motion
    weight: float


@dataclass(eq=False)
class Knowledge:
    """What is known of the slices so far. `levels`: distances to their masks' outlines.

    `trust`: from 0 to 1, how far the drawn masks can be told from what is around them.
    """

    stack: Stack
    levels: dict[int, Field]
    appearance: Appearance | None = None
    trust: float = 0.0
    _features: dict[int, Features] = field(default_factory=dict)

    def learn(self) -> None:
        """Learn the appearance from the slices that have masks, if they have images."""
        known = []
        for z, level in self.levels.items():
            near = (level < NEAR) & self.stack.known[z]
            if (near & (level < 0)).any() and (near & (level >= 0)).any():
                known.append((self.features(z), level < 0, near))
        if not known:
            return
        self.appearance = appearance = learn_appearance(known)
        gaps = [_gap(appearance.log_odds(features), mask, near) for features, mask, near in known]
        self.trust = float(np.clip(np.mean(gaps) / CLEAR, 0.0, 1.0))

    def features(self, z: int) -> Features:
        """The features of a slice."""
        if z not in self._features:
            self._features[z] = features_of(self.stack.images[z], self.stack.scale)
        return self._features[z]

    def accept(self, z: int, odds: Field) -> None:
        """Take a slice as known from now on."""
        self.levels[z] = self.stack.level_again(odds > 0)

    def expected(self, sides: Sequence[Side]) -> Field:
        """The distance (y, x) to the outline that the sides make expect."""
        level = np.zeros(self.stack.shape)
        for side in sides:
            level += side.weight * self._moved(self.levels[side.z], side.motion)
        return level

    def parts(
        self, z: int, expected: Field, voters: Sequence[Side]
    ) -> tuple[tuple[slice, slice], NDArray[np.float64]] | None:
        """The parts of the evidence, (y, x, part), and where on the grid; None without images."""
        window = self._window(expected)
        if self.appearance is None or not self._is_seen(z, window):
            return None
        voters = [side for side in voters if self._is_seen(side.z, window)]
        if not voters:
            return None
        images = self.stack.images
        sources = [
            Source(
                self._moved(images[side.z], side.motion)[window],
                _share(self._moved(self.levels[side.z], side.motion)[window] / EDGE),
                side.weight,
            )
            for side in voters
        ]
        asked = expected[window] < FAR
        votes = log_odds_of_votes(images[z][window], sources, asked, self.stack.scale)
        looks = self.appearance.log_odds(self.features(z)[window])
        smooth = ndimage.gaussian_filter(looks, SMOOTH * self.stack.scale)
        level = np.clip(expected[window], -FAR, FAR)
        return window, np.stack([level, *votes, looks, smooth], axis=-1)

    def odds(
        self, z: int, expected: Field, voters: Sequence[Side], weights: Sequence[float]
    ) -> tuple[Field, bool]:
        """The log odds (y, x) of each pixel of slice z, and whether its image counts.

        What the image says counts as much as it is trusted; for the rest the shapes do.
        """
        shapes = (SHAPE_BIAS - expected) / SHAPE_EDGE
        found = self.parts(z, expected, voters)
        if found is None:
            return shapes, False
        window, parts = found
        odds = np.full(expected.shape, -2 * MOST_ODDS)
        odds[window] = parts @ np.array(weights[:-1]) + weights[-1]
        odds[expected >= FAR] = -2 * MOST_ODDS
        return self.trust * odds + (1 - self.trust) * shapes, self.trust >= 0.5

    def _moved(self, values: Field, motion: Motion) -> Field:
        if not motion.shifts.any():
            return values
        return sample(values, origins(motion, self.stack.shape))

    def _window(self, expected: Field) -> tuple[slice, slice]:
        margin = round(AROUND * self.stack.scale)
        near = expected < SHAPE_BIAS
        spans = []
        for axis in (0, 1):
            at = np.flatnonzero(near.any(axis=1 - axis))
            low, high = (int(at[0]), int(at[-1])) if len(at) else (0, near.shape[axis] - 1)
            spans.append(slice(max(low - margin, 0), min(high + 1 + margin, near.shape[axis])))
        return spans[0], spans[1]

    def _is_seen(self, z: int, window: tuple[slice, slice]) -> bool:
        return bool(self.stack.known[z][window].mean() >= LEAST_KNOWN)


def _gap(odds: Field, mask: NDArray[np.bool_], near: NDArray[np.bool_]) -> float:
    """By how much the mask's pixels look more like a mask than those around it."""
    return float(odds[mask & near].mean() - odds[near & ~mask].mean())


def _share(level: Field) -> Field:
    """From 1 far inside to 0 far outside."""
    return np.asarray(1 / (1 + np.exp(np.clip(level, -40, 40))))
