"""Masks of single synapses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cc3d
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def nearest_component(
    labels: npt.NDArray[np.generic],
    centre_zyx: Sequence[float],
    voxel_nm_zyx: Sequence[float] = (1.0, 1.0, 1.0),
) -> Mask:
    """The connected component of a label array that lies nearest to a point.

    `labels` is `(z, y, x)`, any integer dtype, 0 = background. Two labels never belong to one
    component, so touching clefts stay apart (26 neighbours). The distance is that of the
    component's nearest voxel, measured in nm. Returns a bool array of the same shape, all False
    where there is no label.
    """
    components, count = cc3d.connected_components(labels, connectivity=26, return_N=True)
    if count <= 1:
        return np.asarray(components > 0)
    here = components[tuple(round(c) for c in _inside(centre_zyx, labels.shape))]
    if here == 0:
        here = _nearest_label(components, centre_zyx, voxel_nm_zyx)
    return np.asarray(components == here)


def component_seen(
    labels: npt.NDArray[np.generic],
    seen: tuple[slice, ...],
    centre_zyx: Sequence[float],
    voxel_nm_zyx: Sequence[float] = (1.0, 1.0, 1.0),
) -> Mask:
    """As `nearest_component`, but of the one that it finds in a part of the array: all of it.

    `seen` cuts the part out; where there is no label in it, the nearest of the array is taken.
    """
    start = [part.start for part in seen]
    here = [at - lo for at, lo in zip(centre_zyx, start, strict=True)]
    nearest = nearest_component(labels[seen], here, voxel_nm_zyx)
    if not nearest.any():
        return nearest_component(labels, centre_zyx, voxel_nm_zyx)
    components = cc3d.connected_components(labels, connectivity=26)
    return np.asarray(components == components[seen][nearest][0])


def nearest_within(
    find: Callable[[Sequence[float]], Mask],
    places_zyx: Sequence[Sequence[float]],
    voxel_nm_zyx: Sequence[float],
    reach_nm: float,
) -> Mask:
    """Of the masks `(z, y, x)` that `find` gives for some points the one that lies nearest to its
    own, by its nearest voxel in nm; empty where all lie farther than `reach_nm`."""
    found = [find(place) for place in places_zyx]
    distances = [
        _distance_nm(mask, place, voxel_nm_zyx)
        for mask, place in zip(found, places_zyx, strict=True)
    ]
    nearest = int(np.argmin(distances))
    return found[nearest] if distances[nearest] <= reach_nm else np.zeros_like(found[nearest])


def _distance_nm(mask: Mask, place: Sequence[float], voxel_nm: Sequence[float]) -> float:
    voxels = np.nonzero(mask)
    if not len(voxels[0]):
        return math.inf
    return math.sqrt(_squared_nm(voxels, place, voxel_nm).min())


def _inside(point: Sequence[float], shape: Sequence[int]) -> list[float]:
    return [min(max(at, 0), size - 1) for at, size in zip(point, shape, strict=True)]


def _nearest_label(
    components: npt.NDArray[np.integer],
    centre: Sequence[float],
    voxel_nm: Sequence[float],
) -> int:
    voxels = np.nonzero(components)
    nearest = int(np.argmin(_squared_nm(voxels, centre, voxel_nm)))
    return int(components[tuple(axis[nearest] for axis in voxels)])


def _squared_nm(
    voxels: Sequence[npt.NDArray[np.integer]], centre: Sequence[float], voxel_nm: Sequence[float]
) -> npt.NDArray[np.float64]:
    """The squared distance of each voxel (its index along each axis) to a point, in nm²."""
    axes = zip(voxels, centre, voxel_nm, strict=True)
    return np.asarray(sum(((axis - at) * size) ** 2 for axis, at, size in axes), np.float64)
