"""Where a synapse ends: its image fades, and it is about as deep as it is wide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.voxels.depth_fill.evidence import Knowledge
from apps.voxels.depth_fill.stack import UNIT_NM

Field = NDArray[np.float64]  # (y, x)

LEAST_VOXELS = 4
# The odds that a slice still shows the synapse: of the mean log odds of its voxels, of its place
# (1 is where a disc as deep as it is wide would end), and a constant. Fitted as the weights of
# the evidence.
GOES_ON = (2.76, -5.72, 4.29)
DEEPEST = 1.0  # without an image the shape alone is carried so far


@dataclass(frozen=True)
class Extent:
    """Where the middle of the drawn slices is, and half the width of the mask, in slices."""

    middle: float
    half_width: float

    @staticmethod
    def of(run: list[int], knowledge: Knowledge) -> Extent:
        """From the drawn slices of a run."""
        stack = knowledge.stack
        widest = max(_long_axis_nm(knowledge.levels[z] < 0, stack.pixel_nm) for z in run)
        half_width = max(widest / 2 / stack.slice_nm, (run[-1] - run[0]) / 2)
        return Extent((run[0] + run[-1]) / 2, half_width)

    def place_of(self, z: int) -> float:
        """0 in the middle, 1 at the end of a disc as deep as it is wide."""
        return abs(z - self.middle) / self.half_width


def goes_on(odds: Field, z: int, extent: Extent, saw: bool) -> float:
    """How likely (0..1) slice z still shows the synapse. `saw`: its image was used."""
    inside = odds > 0
    if np.count_nonzero(inside) < LEAST_VOXELS:
        return 0.0
    place = extent.place_of(z)
    if not saw:
        return float(1 / (1 + np.exp(4 * (place - DEEPEST))))
    looks, depth, constant = GOES_ON
    score = looks * float(odds[inside].mean()) + depth * place + constant
    return float(1 / (1 + np.exp(-score)))


def _long_axis_nm(mask: NDArray[np.bool_], pixel_nm: tuple[float, float]) -> float:
    """The length of a bar with the same spread; at least one of `UNIT_NM`."""
    points = np.argwhere(mask) * np.array(pixel_nm)
    if len(points) < 3:
        return UNIT_NM
    spread = np.linalg.eigvalsh(np.cov(points.T))[-1]
    return max(UNIT_NM, float(np.sqrt(12 * max(spread, 0.0))))
