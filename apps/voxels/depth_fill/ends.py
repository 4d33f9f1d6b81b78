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
# the evidence; the constant is lower by 0.5, as a slice too many is worse than one too few.
GOES_ON = (2.08, -5.97, 3.68)
DEEPEST = 1.0  # without an image the shape alone is carried so far


@dataclass(frozen=True)
class Extent:
    """How deep a synapse should be, in slices: of the drawn ones `first` and `last` are outermost.

    `half_width`: half its width. `spacing`: of the drawn slices, None if there is one.
    """

    first: int
    last: int
    half_width: float
    spacing: float | None

    @staticmethod
    def of(run: list[int], knowledge: Knowledge) -> Extent:
        """From the drawn slices of a run."""
        stack = knowledge.stack
        widest = max(_long_axis_nm(knowledge.levels[z] < 0, stack.pixel_nm) for z in run)
        span = run[-1] - run[0]
        return Extent(
            first=run[0],
            last=run[-1],
            half_width=max(widest / 2 / stack.slice_nm, span / 2),
            spacing=span / (len(run) - 1) if len(run) > 1 else None,
        )

    def place_of(self, z: int) -> float:
        """0 in the middle of what is drawn, 1 at the end of a disc as deep as it is wide."""
        return abs(z - (self.first + self.last) / 2) / self.half_width

    def place_unseen(self, z: int) -> float:
        """The same for who sees no image: whoever drew several would have drawn the next one."""
        if self.spacing is None:
            return self.place_of(z)
        return max(self.first - z, z - self.last) / (self.spacing / 2)


def goes_on(odds: Field, place: float, saw: bool) -> float:
    """How likely (0..1) a slice still shows the synapse.

    odds: (y, x); `place`: how far out it is, 1 at the end. `saw`: its image was used.
    """
    inside = odds > 0
    if np.count_nonzero(inside) < LEAST_VOXELS:
        return 0.0
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
