"""Masks from what a network says of a box."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.pipelines.domain.contract import IMAGES, OUTPUTS, Array, Network
from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.domain.windows import blend, window_for
from apps.voxels.depth_fill import Filled, How, Seeds

Mask = NDArray[np.bool_]  # (z, y, x)

GRAY = 127.5  # in place of voxels without data: neither dark nor bright
HALF = 0.5
_TOUCHING = np.ones((3, 3, 3), np.bool_)


def fill_by(
    network: Network,
    image: NDArray[np.uint8],
    known: Mask,
    seeds: Seeds,
    reach: int | None,
    left_s: Callable[[], float],
) -> Filled:
    """Masks for the slices of a box that nobody drew, as the network says.

    image: (z, y, x) uint8; known: the same shape, bool, False where the image has no data: there
    nothing is proposed. `left_s`: how many seconds the network has left; it is asked before each
    window, and may raise what ends it all.

    What does not hang together with a drawn mask is another synapse's. A slice drawn empty ends
    the synapse. Raises NetworkError for a network that says the same of every voxel, and
    TimeoutError.
    """
    contract = network.contract
    given = channels_of(image, known, seeds, contract.channels, contract.image)
    seen = _Range()

    def run(window: Array) -> Array:
        said = network.run(window[np.newaxis], left_s())[0, 0]
        seen.widen(said)
        return _probabilities(said) if contract.output == OUTPUTS[0] else said

    chances = blend(given, window_for(image.shape, contract.window), run)
    seen.check(contract.output)
    return masks_of(chances, known, seeds, reach)


def channels_of(
    image: NDArray[np.uint8], known: Mask, seeds: Seeds, channels: int, image_range: str
) -> Array:
    """What a network is given: (channels, z, y, x) float32.

    0: the image; 1: the seeds, 1 where cleft was drawn, else 0; 2, if there is one: 1 throughout a
    slice that was drawn, also if nothing was, else 0.
    """
    given = np.zeros((channels, *image.shape), np.float32)
    gray = np.where(known, image, np.float32(GRAY)) / np.float32(255)
    given[0] = gray if image_range == IMAGES[1] else (gray - HALF) / HALF
    for z, drawn in seeds.slices.items():
        given[1, z] = drawn
        given[2:, z] = 1
    return given


def masks_of(chances: Array, known: Mask, seeds: Seeds, reach: int | None) -> Filled:
    """The masks that chances (z, y, x) between 0 and 1 make. The confidence of a slice is the mean
    chance of its voxels."""
    how = _kinds(len(chances), seeds, reach)
    mask = (chances > HALF) & known
    mask[[kind in ("seed", "empty") for kind in how]] = False
    for z, drawn in seeds.slices.items():
        mask[z] = drawn
    mask = _of_seeds(mask, seeds)
    sure = [0.0] * len(how)
    for z, kind in enumerate(how):
        if kind == "seed":
            sure[z] = 1.0
        elif mask[z].any():
            sure[z] = float(chances[z][mask[z]].mean())
        else:
            how[z] = "empty"
    return Filled(mask, tuple(how), tuple(sure))


def _kinds(depth: int, seeds: Seeds, reach: int | None) -> list[How]:
    """What each slice may be: between drawn masks, beyond the outermost within reach, or empty."""
    kinds: list[How] = ["empty"] * depth
    drawn = sorted(seeds.slices)
    for z in range(depth):
        if z in seeds.slices:
            kinds[z] = "seed"
            continue
        below = max((one for one in drawn if one < z), default=None)
        above = min((one for one in drawn if one > z), default=None)
        near = [one for one in (below, above) if one is not None and seeds.slices[one].any()]
        if len(near) == 2:
            kinds[z] = "between"
        elif near and (reach is None or abs(near[0] - z) <= reach):
            kinds[z] = "beyond"
    return kinds


def _of_seeds(mask: Mask, seeds: Seeds) -> Mask:
    """Without what does not touch, through whatever, a drawn mask."""
    parts, count = ndimage.label(mask, structure=_TOUCHING)
    drawn = [parts[z][seed] for z, seed in seeds.slices.items()]
    keep = np.zeros(count + 1, np.bool_)
    keep[np.concatenate(drawn)] = True
    keep[0] = False
    kept: Mask = keep[parts]
    return kept


def _probabilities(logits: Array) -> Array:
    return np.float32(1) / (np.float32(1) + np.exp(-np.clip(logits, -60, 60)))


class _Range:
    """The smallest and largest of what a network said."""

    def __init__(self) -> None:
        self.low, self.high = np.inf, -np.inf

    def widen(self, said: Array) -> None:
        """Raises NetworkError for what are no numbers."""
        low, high = float(said.min()), float(said.max())
        if not np.isfinite([low, high]).all():
            raise NetworkError("it answers values that are no numbers (NaN or infinite).")
        self.low, self.high = min(self.low, low), max(self.high, high)

    def check(self, output: str) -> None:
        """Raises NetworkError for what cannot be what it is said to be."""
        if self.low == self.high:
            raise NetworkError(
                f"it says the same ({self.low:g}) of every voxel, as one does that was not trained."
            )
        if output == OUTPUTS[1] and not 0 <= self.low <= self.high <= 1:
            raise NetworkError(
                f"its answers lie between {self.low:g} and {self.high:g}, and were said to be "
                "probabilities: synanno_output may have to be “logits”."
            )
