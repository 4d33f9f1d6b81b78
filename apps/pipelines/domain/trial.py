"""A picture on which a network is tried before anybody waits for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from apps.pipelines.domain.contract import Network
from apps.pipelines.domain.filling import fill_by
from apps.pipelines.domain.windows import window_for
from apps.voxels.depth_fill import Seeds

_SMALL = (16, 32, 32)  # z, y, x: enough where a network takes any size


def try_out(network: Network, left_s: Callable[[], float]) -> None:
    """Run a network once, on a dark band that goes through all slices, drawn in the middle one.

    Raises NetworkError for what cannot be run or answers nonsense, and TimeoutError.
    """
    shape = window_for(_SMALL, network.contract.window)
    image = np.full(shape, 160, np.uint8)
    rows = slice(shape[1] // 3, -(-2 * shape[1] // 3))
    image[:, rows, :] = 60
    drawn = np.zeros(shape[1:], np.bool_)
    drawn[rows, shape[2] // 4 :] = True
    known = np.ones(shape, np.bool_)
    fill_by(network, image, known, Seeds({shape[0] // 2: drawn}), None, left_s)
