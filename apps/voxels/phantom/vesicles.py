"""Synaptic vesicles: a cloud behind each active zone, none overlapping."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from apps.voxels.phantom.organelles import Interior, Tube
from apps.voxels.phantom.sites import Site

FloatArray = NDArray[np.float64]

VESICLE_RADIUS_NM = 19.0
APART_NM = 41.0


def _inside_tubes(points: FloatArray, tubes: Sequence[Tube]) -> NDArray[np.bool_]:
    hit = np.zeros(len(points), bool)
    for tube in tubes:
        gaps = np.linalg.norm(points[:, None] - tube.points_nm[None], axis=2)
        hit |= ((gaps - tube.radii_nm) < VESICLE_RADIUS_NM + 8.0).any(axis=1)
    return hit


def _thin_out(points: FloatArray, most: int) -> FloatArray:
    """Drops points that come too close to an earlier one."""
    kept = np.empty((most, 3))
    count = 0
    for point in points:
        if count == most:
            break
        gaps = np.linalg.norm(kept[:count] - point, axis=1)
        if count == 0 or gaps.min() >= APART_NM:
            kept[count] = point
            count += 1
    return kept[:count]


def set_apart(points: FloatArray) -> FloatArray:
    """Drops vesicles of one cloud that overlap those of another in the same bouton."""
    pairs = cKDTree(points).query_pairs(APART_NM, output_type="ndarray")
    keep = np.ones(len(points), bool)
    keep[pairs.max(axis=1)] = False
    return points[keep]


def _across(normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors that span the plane across the normal."""
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    first = np.cross(normal, helper)
    first /= np.linalg.norm(first)
    return first, np.cross(normal, first)


def fill_bouton(
    rng: np.random.Generator, interior: Interior, site: Site, tubes: Sequence[Tube]
) -> FloatArray:
    """Centres (n, 3) nm of the vesicles behind one active zone; the docked ones come first."""
    u, v = _across(site.normal)
    most = int(rng.integers(110, 260))
    docked = 60
    spread = np.concatenate(
        [
            rng.uniform(-0.9, 0.9, (docked, 2)) * site.radius_nm,
            rng.normal(0.0, 0.7 * site.radius_nm + 45.0, (1200, 2)),
        ]
    )
    depth = np.concatenate(
        [
            rng.uniform(30.0, 48.0, docked),
            35.0 + np.abs(rng.normal(0.0, 165.0, 1200)),
        ]
    )
    points = site.center_nm + spread[:, :1] * u + spread[:, 1:] * v - depth[:, None] * site.normal
    near = np.linalg.norm(points - site.center_nm, axis=1) < 450.0
    free = near & (interior.depth_nm(points, site.pre) > VESICLE_RADIUS_NM + 7.0)
    points = points[free]
    own = [tube for tube in tubes if tube.owner == site.pre]
    return _thin_out(points[~_inside_tubes(points, own)], most)
