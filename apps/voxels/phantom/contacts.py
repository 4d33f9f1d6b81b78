"""Where two neurites touch, and whether a contact is broad and flat enough for a synapse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from apps.voxels.phantom.clefts import POST_SIDE_NM, PRE_SIDE_NM, with_mask
from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.neurites import Neurite
from apps.voxels.phantom.sites import FloatArray, Site
from apps.voxels.phantom.territories import Territories

STRIDE = 4  # the search looks at every fourth voxel in y and x
DISC_NM = 200.0  # a contact is judged on a disc of this radius
CORE_NM = 140.0  # and again on a smaller one, about the size of a synapse
LEAST_POINTS = 0.6  # share of the disc that must be contact of the same two neurites
LEAST_MASK = 0.4  # share of a full disc that a mask must fill
LEAST_SECTIONS = 5  # and how many sections it must span


class ContactMap:
    """All membrane points of a tissue, with the two neurites at each."""

    def __init__(self, frame: Frame, tissue: Territories, neurites: Sequence[Neurite]) -> None:
        self._frame = frame
        self._tissue = tissue
        self.kinds = np.array(["none", *(n.kind for n in neurites)])
        usable = np.isin(self.kinds, ["axon", "dendrite"])
        owner = tissue.owner[:, ::STRIDE, ::STRIDE]
        rival = tissue.rival[:, ::STRIDE, ::STRIDE]
        on_membrane = (tissue.lead_nm[:, ::STRIDE, ::STRIDE] < 20.0) & usable[owner]
        on_membrane &= usable[rival]
        self.voxels = np.argwhere(on_membrane) * np.array([1, STRIDE, STRIDE])
        self.points_nm = frame.to_nm(self.voxels)
        pair = np.stack([owner[on_membrane], rival[on_membrane].astype(np.uint32)])
        self.pair = pair.min(axis=0).astype(np.int64) << 32 | pair.max(axis=0)
        self.tree = cKDTree(self.points_nm)
        cell = float(np.prod(frame.resolution_nm)) * STRIDE**2
        self._full_disc = np.pi * DISC_NM**2 * 20.0 / cell

    def owners_at(self, points_nm: FloatArray) -> NDArray[np.int64]:
        """Owner ids (n,) at tissue points (n, 3); 0 outside the volume."""
        voxels = self._frame.to_voxels(points_nm)
        inside = self._frame.contains(voxels)
        owners = np.zeros(len(voxels), np.int64)
        z, y, x = voxels[inside].T
        owners[inside] = self._tissue.owner[z, y, x]
        return owners

    def plane_at(self, index: int) -> tuple[FloatArray, FloatArray] | None:
        """Centre and unit normal of the contact around a membrane point, if broad and flat."""
        near = np.array(self.tree.query_ball_point(self.points_nm[index], DISC_NM))
        same = near[self.pair[near] == self.pair[index]]
        if len(same) < LEAST_POINTS * self._full_disc:
            return None
        points = self.points_nm[same]
        from_mean = np.linalg.norm(points - points.mean(axis=0), axis=1)
        center = points[int(np.argmin(from_mean))]
        around = np.linalg.norm(points - center, axis=1) < CORE_NM
        if around.sum() < LEAST_POINTS * self._full_disc * (CORE_NM / DISC_NM) ** 2:
            return None
        spread, axes = np.linalg.eigh(np.cov((points - center).T))
        normal = axes[:, 0]
        # Contacts seen en face, or strongly folded, cannot be judged by eye.
        if spread[0] > 32.0**2 or abs(normal[0]) > 0.7:
            return None
        return center, normal

    def sides(
        self, center: FloatArray, normal: FloatArray, depths_nm: Sequence[float]
    ) -> NDArray[np.int64]:
        """Owner ids along the normal, behind the centre at `depths_nm`."""
        return self.owners_at(center - np.array(depths_nm)[:, None] * normal)

    def masked(self, site: Site) -> Site | None:
        """The site with its mask, None where the mask would be too small to judge."""
        site = with_mask(self._frame, self._tissue, site)
        full_nm3 = np.pi * site.radius_nm**2 * (PRE_SIDE_NM + POST_SIDE_NM)
        held_nm3 = len(site.mask) * float(np.prod(self._frame.resolution_nm))
        if held_nm3 < LEAST_MASK * full_nm3 or np.ptp(site.mask[:, 0]) < LEAST_SECTIONS - 1:
            return None
        return site

    def near_border(self, center: FloatArray, margin: Sequence[int]) -> bool:
        """Whether a tissue point lies nearer to a border than the margin (in voxels)."""
        voxel = self._frame.to_voxels(center[None])[0]
        size = np.array(self._frame.shape)
        keep = np.minimum(np.array(margin), size // 4)
        return bool((voxel < keep).any() or (voxel >= size - keep).any())
