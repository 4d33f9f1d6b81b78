"""Coarser copies of a volume, halved in y and x."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def downsample_image(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of each 2 x 2 block of a section; (z, y, x) uint8 to (z, ceil(y/2), ceil(x/2)).

    An odd last row or column is repeated before averaging.
    """
    odd_y, odd_x = image.shape[1] % 2, image.shape[2] % 2
    even = np.pad(image, ((0, 0), (0, odd_y), (0, odd_x)), mode="edge")
    total = even[:, ::2, ::2].astype(np.uint16)
    for rows, columns in ((0, 1), (1, 0), (1, 1)):
        total += even[:, rows::2, columns::2]
    return np.asarray((total + 2) // 4, np.uint8)


def downsample_labels(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Most frequent label of each 2 x 2 block; (z, y, x) to (z, ceil(y/2), ceil(x/2)).

    Where no label has a majority the block's first non-zero voxel decides, so that thin masks
    do not vanish. An odd last row or column is repeated first.
    """
    odd_y, odd_x = labels.shape[1] % 2, labels.shape[2] % 2
    even = np.pad(labels, ((0, 0), (0, odd_y), (0, odd_x)), mode="edge")
    a, b = even[:, ::2, ::2], even[:, ::2, 1::2]
    c, d = even[:, 1::2, ::2], even[:, 1::2, 1::2]
    # With four voxels, any two that agree are a most frequent label.
    label = np.where(a != 0, a, np.where(b != 0, b, np.where(c != 0, c, d)))
    for first, second in ((c, d), (b, d), (b, c), (a, d), (a, c), (a, b)):
        label = np.where((first == second) & (first != 0), first, label)
    background = sum((block == 0).astype(np.uint8) for block in (a, b, c, d))
    return np.asarray(np.where(background > 2, 0, label), labels.dtype)
