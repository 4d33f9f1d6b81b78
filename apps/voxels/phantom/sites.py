"""A place on the membrane between two neurites: a synapse, or what is taken for one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.organelles import Tube

FloatArray = NDArray[np.float64]
Voxels = NDArray[np.int64]


def _no_voxels() -> Voxels:
    return np.empty((0, 3), np.int64)


@dataclass(frozen=True, eq=False)
class Site:
    """Where a synapse is, or seems to be.

    center_nm, normal: (3,) z, y, x; the normal points from pre to post. `pre` and `post` are
    neuron ids. `strength` is how dense a synapse is painted, 0 where there is none.
    `mitochondrion` is set where the site is the edge of one, inside `pre`. mask: (n, 3) the
    voxels z, y, x that a faultless detector would mark.
    """

    pre: int
    post: int
    center_nm: FloatArray
    normal: FloatArray
    radius_nm: float
    strength: float = 0.0
    mitochondrion: Tube | None = None
    mask: Voxels = field(default_factory=_no_voxels)
