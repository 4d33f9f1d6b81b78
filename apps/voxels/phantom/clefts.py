"""Signed distance to the membrane of a synapse, and the cleft masks made from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.contacts import Site
from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.organelles import Tube
from apps.voxels.phantom.territories import Territories

FloatArray = NDArray[np.float32]

PRE_SIDE_NM = 16.0  # a mask reaches this far into the presynaptic side
POST_SIDE_NM = 34.0  # and this far into the density on the other
EDGE_NM = 22.0  # half the thickness of a mask on a mitochondrion's edge


@dataclass(frozen=True, eq=False)
class Patch:
    """One section of a site's surroundings.

    window: rows and columns; side_nm: (y, x) distance from the membrane, negative in pre,
    positive in post, NaN elsewhere; radial_nm: (y, x) distance from the site's centre.
    """

    window: tuple[slice, slice]
    side_nm: FloatArray
    radial_nm: FloatArray


def offsets_nm(
    frame: Frame, z: int, window: tuple[slice, slice], origin_nm: NDArray[np.floating]
) -> tuple[float, FloatArray, FloatArray]:
    """Offsets of a window's voxels from a tissue point: z, (rows, 1) y and (1, columns) x."""
    rows, columns = window
    dy = frame.rows_nm(z, rows.start, rows.stop) - np.float32(origin_nm[1])
    dx = frame.columns_nm(z, columns.start, columns.stop) - np.float32(origin_nm[2])
    return frame.z_nm(z) - float(origin_nm[0]), dy[:, None], dx[None, :]


def tube_depth_nm(frame: Frame, z: int, window: tuple[slice, slice], tube: Tube) -> FloatArray:
    """How deep (y, x) the window's voxels lie inside a tube; negative outside."""
    depth = np.full([s.stop - s.start for s in window], -1e4, np.float32)
    for point, radius in zip(tube.points_nm, tube.radii_nm, strict=True):
        if abs(frame.z_nm(z) - point[0]) < radius + 40.0:
            dz, dy, dx = offsets_nm(frame, z, window, point)
            np.maximum(depth, radius - np.sqrt(dz * dz + dy * dy + dx * dx), out=depth)
    return depth


def patch_of(
    frame: Frame, tissue: Territories, distance_nm: FloatArray, z: int, site: Site, reach_nm: float
) -> Patch | None:
    """The section z of a site; distance_nm: (y, x) distance to the nearest membrane."""
    window = frame.window(z, site.center_nm, reach_nm)
    if window is None:
        return None
    owner, rival = tissue.owner[z][window], tissue.rival[z][window]
    distance = distance_nm[window]
    side = np.where((owner == site.post) & (rival == site.pre), distance, np.float32(np.nan))
    side = np.where((owner == site.pre) & (rival == site.post), -distance, side)
    dz, dy, dx = offsets_nm(frame, z, window, site.center_nm)
    radial = np.sqrt(dz * dz + dy * dy + dx * dx).astype(np.float32)
    return Patch(window, side.astype(np.float32), radial)


def cleft_mask(
    frame: Frame, tissue: Territories, distance_nm: FloatArray, z: int, site: Site
) -> tuple[tuple[slice, slice], NDArray[np.bool_]] | None:
    """The voxels of section z that the mask of a site covers."""
    patch = patch_of(frame, tissue, distance_nm, z, site, site.radius_nm + 20.0)
    if patch is None:
        return None
    if site.mitochondrion is not None:
        depth = tube_depth_nm(frame, z, patch.window, site.mitochondrion)
        covered = np.abs(depth) < EDGE_NM
        covered &= tissue.owner[z][patch.window] == site.pre
    else:
        covered = (patch.side_nm > -PRE_SIDE_NM) & (patch.side_nm < POST_SIDE_NM)
    return patch.window, covered & (patch.radial_nm < site.radius_nm)
