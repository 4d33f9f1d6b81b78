"""What a slice says of a mask: its patches beside those of slices whose mask is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float64]  # (y, x)
Stack = NDArray[np.float32]  # (offset, y, x)

WINDOW = 6  # patches are looked for so far from their own place
PATCHES = (5, 15)  # edge lengths of the patches: what is near, and what is around it
SOFTNESS = 0.05  # of the image's variance: by how much the likest patch wins
LEAST_SHARE = 0.01  # votes are never unanimous


@dataclass(frozen=True, eq=False)
class Source:
    """A slice whose mask is known, moved to where it should be in the target.

    image: (y, x); inside: (y, x) from 0 to 1; `weight` of its votes.
    """

    image: Field
    inside: Field
    weight: float


def log_odds_of_votes(
    target: Field, sources: Sequence[Source], asked: NDArray[np.bool_], scale: float
) -> list[Field]:
    """For each size of patch the log odds (y, x) that a pixel of the target is inside.

    Only the pixels `asked` (y, x) are looked at; the others are 0.

    Each pixel of a source near by votes for what it is itself, the more the likelier its patch
    is that of the target's pixel. Images have unit variance. `scale`: pixels for the lengths
    above.
    """
    reach = max(2, round(WINDOW * scale))
    sizes = [2 * max(1, round((size - 1) / 2 * scale)) + 1 for size in PATCHES]
    labels = [_shifted(source.inside, reach)[:, asked] for source in sources]
    differences = [
        np.square(_shifted(source.image, reach) - target.astype(np.float32)) for source in sources
    ]
    answers = []
    for size in sizes:
        gaps = [_smooth(squares, size)[:, asked] for squares in differences]
        least = np.min([gap.min(axis=0) for gap in gaps], axis=0)
        yes, total = np.zeros(least.shape), np.zeros(least.shape)
        for source, gap, label in zip(sources, gaps, labels, strict=True):
            votes = np.exp((least - gap) / np.float32(SOFTNESS))
            yes += source.weight * np.einsum("np,np->p", votes, label)
            total += source.weight * votes.sum(axis=0)
        share = np.clip(yes / total, LEAST_SHARE, 1 - LEAST_SHARE)
        answer = np.zeros(target.shape)
        answer[asked] = np.log(share / (1 - share))
        answers.append(answer)
    return answers


def _smooth(squares: Stack, size: int) -> Stack:
    """Means over squares of `size` pixels, at each offset."""
    rows = ndimage.uniform_filter1d(squares, size, axis=1, mode="nearest")
    return np.asarray(ndimage.uniform_filter1d(rows, size, axis=2, mode="nearest"))


def _shifted(values: Field, reach: int) -> Stack:
    """The values at every second offset within a circle: (offset, y, x)."""
    height, width = values.shape
    padded = np.pad(values.astype(np.float32), reach, mode="edge")
    steps = range(-reach, reach + 1)
    offsets = [
        (dy, dx)
        for dy in steps
        for dx in steps
        if dy * dy + dx * dx <= reach * reach and (dy + dx) % 2 == 0
    ]
    return np.stack(
        [
            padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
            for dy, dx in offsets
        ]
    )
