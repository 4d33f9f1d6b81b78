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


def log_odds_of_votes(target: Field, sources: Sequence[Source], scale: float) -> list[Field]:
    """For each size of patch the log odds (y, x) that a pixel of the target is inside.

    Each pixel of a source near by votes for what it is itself, the more the likelier its patch
    is that of the target's pixel. Images have unit variance. `scale`: pixels for the lengths
    above.
    """
    reach = max(2, round(WINDOW * scale))
    sizes = [2 * max(1, round((size - 1) / 2 * scale)) + 1 for size in PATCHES]
    found = [_gaps_and_labels(target, source, reach, sizes) for source in sources]
    answers = []
    for n in range(len(sizes)):
        least = np.min([gaps[n].min(axis=0) for gaps, _ in found], axis=0)
        yes, total = np.zeros(target.shape), np.zeros(target.shape)
        for source, (gaps, labels) in zip(sources, found, strict=True):
            votes = np.exp((least - gaps[n]) / np.float32(SOFTNESS))
            yes += source.weight * np.einsum("nyx,nyx->yx", votes, labels)
            total += source.weight * votes.sum(axis=0)
        share = np.clip(yes / total, LEAST_SHARE, 1 - LEAST_SHARE)
        answers.append(np.log(share / (1 - share)))
    return answers


def _gaps_and_labels(
    target: Field, source: Source, reach: int, sizes: Sequence[int]
) -> tuple[list[Stack], Stack]:
    """For each size of patch the mean squared difference at each offset; the labels there."""
    shifted = _shifted(source.image, reach)
    squares = np.square(shifted - target.astype(np.float32))
    gaps = []
    for size in sizes:
        smooth = ndimage.uniform_filter1d(squares, size, axis=1, mode="nearest")
        gaps.append(ndimage.uniform_filter1d(smooth, size, axis=2, mode="nearest"))
    return gaps, _shifted(source.inside, reach)


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
