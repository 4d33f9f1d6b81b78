"""Small drawn tissue: a dark bar on a noisy ground, in a place of its own in each slice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
VOXEL_NM = (32.0, 8.0, 8.0)
SIDE = 72


def bar(
    centre: tuple[float, float],
    *,
    length: float = 26.0,
    width: float = 7.0,
    angle: float = 0.0,
    side: int = SIDE,
) -> Mask:
    """A bar (y, x) around a place; at angle 0 it lies along x."""
    y, x = np.mgrid[:side, :side].astype(np.float64)
    y, x = y - centre[0], x - centre[1]
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    return np.asarray((np.abs(along) <= length / 2) & (np.abs(across) <= width / 2))


def nothing(side: int = SIDE) -> Mask:
    """An empty slice."""
    return np.zeros((side, side), np.bool_)


def paint(masks: Sequence[Mask], seed: int = 1) -> NDArray[np.uint8]:
    """An image (z, y, x) where the masks are dark, with noise of its own in each slice."""
    rng = np.random.default_rng(seed)
    clean = np.where(np.stack(masks), 70.0, 160.0)
    return np.clip(clean + rng.normal(0.0, 14.0, clean.shape), 0, 255).astype(np.uint8)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(float((one | other).sum()), 1.0))
