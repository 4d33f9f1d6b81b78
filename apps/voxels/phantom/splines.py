"""Uniform cubic B-splines: the one way in which coarse grids become smooth fields here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def bspline_matrix(positions: NDArray[np.floating], nodes: int) -> FloatArray:
    """Weights of `nodes` unit-spaced coefficients at `positions` (in node units).

    Returns (len(positions), nodes) float32, each row summing to one. Positions must lie in
    [1, nodes - 2), where the spline has its full support; outside, the end coefficients repeat.
    """
    positions = np.asarray(positions, np.float64)
    base = np.floor(positions).astype(int)
    t = positions - base
    weights = (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )
    matrix = np.zeros((len(positions), nodes), np.float32)
    rows = np.arange(len(positions))
    for offset, weight in enumerate(weights):
        columns = np.clip(base + offset - 1, 0, nodes - 1)
        np.add.at(matrix, (rows, columns), weight.astype(np.float32))
    return matrix


def smooth_noise(
    rng: np.random.Generator, axes_nm: tuple[NDArray[np.floating], ...], spacing_nm: float
) -> FloatArray:
    """Smooth random field of about unit variance, sampled on the product of `axes_nm`.

    axes_nm: increasing coordinates of each axis in nm; spacing_nm: distance of the random
    coefficients, about half a wavelength. Returns float32 with one axis per entry of axes_nm.
    """
    matrices = []
    for axis in axes_nm:
        nodes = int(np.ceil((axis[-1] - axis[0]) / spacing_nm)) + 5
        matrices.append(bspline_matrix((axis - axis[0]) / spacing_nm + 1.5, nodes))
    field = rng.standard_normal([m.shape[1] for m in matrices], dtype=np.float32)
    for axis_index, matrix in enumerate(matrices):
        field = np.moveaxis(np.tensordot(matrix, field, axes=(1, axis_index)), 0, axis_index)
    # A cubic B-spline of white coefficients keeps 0.479 of the variance on each axis.
    return np.ascontiguousarray(field / 0.479 ** (len(axes_nm) / 2), dtype=np.float32)
