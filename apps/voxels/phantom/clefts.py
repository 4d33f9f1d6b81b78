"""Signed distance to the membrane of a synapse, and the cleft masks made from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.membranes import membrane_of
from apps.voxels.phantom.organelles import Tube
from apps.voxels.phantom.sites import Site, Voxels
from apps.voxels.phantom.territories import Territories

FloatArray = NDArray[np.float32]

PRE_SIDE_NM = 16.0  # a mask reaches this far into the presynaptic side
POST_SIDE_NM = 34.0  # and this far into the density on the other
MARGIN_NM = 40.0  # looked at around a mask, so that slopes at its edge are right
RIND_NM = 22.0  # mitochondria keep this far from the membrane
EDGE_NM = 22.0  # half the thickness of a mask on a mitochondrion's edge


@dataclass(frozen=True, eq=False)
class Patch:
    """One section of a site's surroundings.

    side_nm: (y, x) distance from the membrane, negative in pre, positive in post, NaN elsewhere;
    radial_nm: (y, x) distance from the site's centre.
    """

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
    frame: Frame,
    tissue: Territories,
    distance_nm: FloatArray,
    z: int,
    site: Site,
    window: tuple[slice, slice],
) -> Patch:
    """A window of section z as seen from a site.

    distance_nm: (y, x) distance of the window's voxels to the nearest membrane.
    """
    owner, rival = tissue.owner[z][window], tissue.rival[z][window]
    side = np.full(distance_nm.shape, np.nan, np.float32)
    in_post, in_pre = (owner == site.post) & (rival == site.pre), owner == site.pre
    in_pre &= rival == site.post
    side[in_post], side[in_pre] = distance_nm[in_post], -distance_nm[in_pre]
    dz, dy, dx = offsets_nm(frame, z, window, site.center_nm)
    radial = np.sqrt(dz * dz + dy * dy + dx * dx).astype(np.float32)
    return Patch(side, radial)


def with_mask(frame: Frame, tissue: Territories, site: Site) -> Site:
    """The site with its mask: the connected voxels at the membrane within its radius."""
    found = [np.empty((0, 3), np.int64)]
    middle, radius = float(site.center_nm[0]), site.radius_nm
    for z in frame.sections_within(middle - radius, middle + radius):
        window = frame.window(z, site.center_nm, radius + MARGIN_NM)
        if window is not None:
            y, x = np.nonzero(_covered(frame, tissue, z, window, site))
            rows, columns = window
            found.append(np.column_stack([np.full(len(y), z), y + rows.start, x + columns.start]))
    return replace(site, mask=_largest_part(np.concatenate(found)))


def _covered(
    frame: Frame, tissue: Territories, z: int, window: tuple[slice, slice], site: Site
) -> NDArray[np.bool_]:
    """The voxels (y, x) of a window that the mask covers."""
    distance = membrane_of(frame, tissue, z, window).distance_nm
    patch = patch_of(frame, tissue, distance, z, site, window)
    if site.mitochondrion is None:
        covered = (patch.side_nm > -PRE_SIDE_NM) & (patch.side_nm < POST_SIDE_NM)
    else:
        depth = np.minimum(tube_depth_nm(frame, z, window, site.mitochondrion), distance - RIND_NM)
        covered = (np.abs(depth) < EDGE_NM) & (tissue.owner[z][window] == site.pre)
    return np.asarray(covered & (patch.radial_nm < site.radius_nm))


def _largest_part(mask: Voxels) -> Voxels:
    """The largest connected part of a mask: other neurites may cut off a few voxels."""
    if len(mask) == 0:
        return mask
    low = mask.min(axis=0)
    box = np.zeros(mask.max(axis=0) - low + 1, bool)
    box[tuple((mask - low).T)] = True
    parts, _ = ndimage.label(box, np.ones((3, 3, 3), bool))
    largest = int(np.bincount(parts[box]).argmax())
    return np.asarray(np.argwhere(parts == largest) + low, np.int64)
