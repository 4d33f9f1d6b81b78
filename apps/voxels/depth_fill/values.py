"""What a filling through depth is given and what it gives back: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mask2D = NDArray[np.bool_]  # (y, x)
How = Literal["seed", "between", "beyond", "empty"]


class DepthFillError(ValueError):
    """What was given cannot be filled; `field` names the argument at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, eq=False)
class Seeds:
    """What a person drew: for a z index within the box a mask (y, x) bool.

    A mask without any voxel says "there is nothing in this slice": no filling goes past it.
    """

    slices: Mapping[int, Mask2D]


@dataclass(frozen=True, eq=False)
class Filled:
    """A mask for each slice of the box, and where it comes from.

    mask: (z, y, x) bool; drawn slices are exactly as they were drawn.
    how: for each slice "seed" (drawn, also if nothing was), "between" two drawn slices, "beyond"
    the outermost one, or "empty" (nothing was found there).
    confidence: for each slice from 0 to 1; 1 for what was drawn. A measure to sort and colour
    by, not a probability.
    """

    mask: NDArray[np.bool_]
    how: tuple[How, ...]
    confidence: tuple[float, ...]
