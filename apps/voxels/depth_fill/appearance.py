"""How the inside of a mask differs from what is around it, wherever it lies and however turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float64]  # (y, x)
Features = NDArray[np.float64]  # (y, x, feature)

BLURS = (1.0, 2.0, 4.0)  # pixels
EDGES = (1.5, 3.0)
RIDGE = 0.01  # keeps features that say the same from cancelling each other
MOST_ODDS = 8.0


def features_of(image: Field, scale: float) -> Features:
    """Brightness, edges and ridges of a slice at some sizes; a turned image has the same."""
    found = [ndimage.gaussian_filter(image, blur * scale) for blur in BLURS]
    for size in EDGES:
        sigma = size * scale

        def slope(y: int, x: int, sigma: float = sigma) -> Field:
            return np.asarray(
                ndimage.gaussian_filter(image, sigma, order=(y, x)) * sigma ** (y + x)
            )

        mean, half = (slope(2, 0) + slope(0, 2)) / 2, (slope(2, 0) - slope(0, 2)) / 2
        bend = np.hypot(half, slope(1, 1))
        found += [np.hypot(slope(1, 0), slope(0, 1)), mean + bend, mean - bend]
    return np.stack(found, axis=-1)


@dataclass(frozen=True, eq=False)
class Appearance:
    """Fisher's linear discriminant: what divides inside from outside best."""

    weights: NDArray[np.float64]
    middle: float

    def log_odds(self, features: Features) -> Field:
        """(y, x): above 0 where a pixel looks like the inside."""
        odds = features @ self.weights - self.middle
        return np.asarray(np.clip(odds, -MOST_ODDS, MOST_ODDS))


def learn_appearance(
    known: Sequence[tuple[Features, NDArray[np.bool_], NDArray[np.bool_]]],
) -> Appearance:
    """From slices with features, the mask (y, x), and what of them is near the mask (y, x)."""
    inside = np.concatenate([features[mask & near] for features, mask, near in known])
    outside = np.concatenate([features[~mask & near] for features, mask, near in known])
    spread = outside.std(axis=0) + 1e-6
    between = (inside.mean(axis=0) - outside.mean(axis=0)) / spread
    within = (_covariance(inside / spread) + _covariance(outside / spread)) / 2
    weights = np.linalg.solve(within + RIDGE * np.eye(len(spread)), between) / spread
    middle = (inside.mean(axis=0) + outside.mean(axis=0)) / 2
    return Appearance(weights, float(middle @ weights))


def _covariance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=0)
    return np.asarray(centred.T @ centred / max(len(values) - 1, 1))
