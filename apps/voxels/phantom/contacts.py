"""Finds places where two neurites touch broadly enough to hold a synapse, or to fake one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.neurites import Neurite
from apps.voxels.phantom.organelles import Tube
from apps.voxels.phantom.spec import PhantomSpec
from apps.voxels.phantom.territories import Territories

FloatArray = NDArray[np.float64]

STRIDE = 4  # the search looks at every fourth voxel in y and x
DISC_NM = 200.0  # a contact is judged on a disc of this radius
LEAST_POINTS = 0.55  # share of the disc that must be contact of the same two neurites
CROP_MARGIN_ZYX = (8, 128, 128)  # half a crop: nearer sites need padding
BORDER_MARGIN_ZYX = (3, 24, 24)  # nothing is placed nearer to a border than this


@dataclass(frozen=True, eq=False)
class Site:
    """A place on the membrane between two neurites.

    center_nm, normal: (3,) z, y, x; the normal points from pre to post. `pre` and `post` are
    neuron ids. `mitochondrion` is set where the site is the edge of one, inside `pre`.
    """

    pre: int
    post: int
    center_nm: FloatArray
    normal: FloatArray
    radius_nm: float
    mitochondrion: Tube | None = None


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
        center = points.mean(axis=0)
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

    def near_border(self, center: FloatArray, margin: Sequence[int]) -> bool:
        """Whether a tissue point lies nearer to a border than the margin (in voxels)."""
        voxel = self._frame.to_voxels(center[None])[0]
        size = np.array(self._frame.shape)
        keep = np.minimum(np.array(margin), size // 4)
        return bool((voxel < keep).any() or (voxel >= size - keep).any())


class _Spacing:
    """Keeps sites apart."""

    def __init__(self) -> None:
        self._centers: list[FloatArray] = []

    def allows(self, center: FloatArray, distance_nm: float) -> bool:
        if not self._centers:
            return True
        gaps = np.linalg.norm(np.array(self._centers) - center, axis=1)
        return bool(gaps.min() >= distance_nm)

    def add(self, center: FloatArray) -> None:
        self._centers.append(center)


def _synapse_at(
    contacts: ContactMap, index: int, rng: np.random.Generator, bouton_nm: float
) -> Site | None:
    """A synapse at this membrane point: an axon's bouton on one side, room on the other."""
    found = contacts.plane_at(index)
    if found is None:
        return None
    center, normal = found
    for towards_post in (normal, -normal):
        behind = contacts.sides(center, towards_post, (60.0, 120.0, 0.7 * bouton_nm, bouton_nm))
        ahead = contacts.sides(center, -towards_post, (60.0, 110.0))
        pre, post = int(behind[0]), int(ahead[0])
        if (behind != pre).any() or (ahead != post).any() or pre == post or 0 in (pre, post):
            continue
        if contacts.kinds[pre] != "axon" or contacts.kinds[post] not in ("axon", "dendrite"):
            continue
        if contacts.kinds[post] == "axon" and rng.random() > 0.25:
            continue
        return Site(pre, post, center, towards_post, float(rng.uniform(140.0, 240.0)))
    return None


def find_synapses(contacts: ContactMap, spec: PhantomSpec, rng: np.random.Generator) -> list[Site]:
    """Sites for the true synapses of the spec, in random order.

    Where the volume is crowded they move closer, and thinner boutons and borders will do.
    Raises ValueError if the volume has too few contacts for them.
    """
    sites: list[Site] = []
    spacing = _Spacing()
    border_quota = round(spec.border_fraction * spec.synapses)
    for distance_nm, bouton_nm in ((620.0, 280.0), (480.0, 240.0), (380.0, 200.0), (300.0, 150.0)):
        order = rng.permutation(len(contacts.points_nm))[: 150 * spec.synapses]
        for index in order:
            point = contacts.points_nm[index]
            border = contacts.near_border(point, CROP_MARGIN_ZYX)
            if contacts.near_border(point, BORDER_MARGIN_ZYX) or (border and border_quota == 0):
                continue
            if not spacing.allows(point, distance_nm):
                continue
            site = _synapse_at(contacts, index, rng, bouton_nm)
            if site is not None:
                spacing.add(site.center_nm)
                sites.append(site)
                border_quota -= int(border)
                if len(sites) == spec.synapses:
                    return sites
        border_quota = max(border_quota, spec.synapses if bouton_nm <= 240.0 else 0)
    raise ValueError(
        f"synapses: {spec.synapses} do not fit in shape_zyx {spec.shape_zyx}; "
        f"only {len(sites)} contacts are broad enough."
    )


def _far_from(sites: Sequence[Site], center: FloatArray, neurons: set[int]) -> bool:
    """No true synapse close by, and none of the same neurons whose vesicles could show."""
    for site in sites:
        gap = float(np.linalg.norm(site.center_nm - center))
        if gap < 380.0 or (gap < 700.0 and site.pre in neurons):
            return False
    return True


def find_plain_membranes(
    contacts: ContactMap, synapses: Sequence[Site], count: int, rng: np.random.Generator
) -> list[Site]:
    """Up to `count` broad contacts without any sign of a synapse."""
    sites: list[Site] = []
    spacing = _Spacing()
    for index in rng.permutation(len(contacts.points_nm))[: 400 * (count + 1)]:
        if len(sites) == count:
            break
        point = contacts.points_nm[index]
        if contacts.near_border(point, BORDER_MARGIN_ZYX) or not spacing.allows(point, 400.0):
            continue
        found = contacts.plane_at(index)
        if found is None:
            continue
        center, normal = found
        pre, pre_deep = contacts.sides(center, normal, (60.0, 110.0))
        post, post_deep = contacts.sides(center, -normal, (60.0, 110.0))
        if pre != pre_deep or post != post_deep or pre == post or 0 in (pre, post):
            continue
        if _far_from(synapses, center, {int(pre), int(post)}):
            spacing.add(center)
            sites.append(
                Site(int(pre), int(post), center, normal, float(rng.uniform(140.0, 220.0)))
            )
    return sites


def find_mitochondrion_edges(
    contacts: ContactMap,
    mitochondria: Sequence[Tube],
    synapses: Sequence[Site],
    count: int,
    rng: np.random.Generator,
) -> list[Site]:
    """Up to `count` places where a mitochondrion's edge runs beside the cell's membrane."""
    sites: list[Site] = []
    spacing = _Spacing()
    for index in rng.permutation(len(mitochondria)):
        if len(sites) == count:
            break
        tube = mitochondria[index]
        middle = len(tube.radii_nm) // 2
        point, radius = tube.points_nm[middle].astype(np.float64), float(tube.radii_nm[middle])
        distance, nearest = contacts.tree.query(point)
        if not radius < distance < radius + 150.0:
            continue
        normal = (contacts.points_nm[nearest] - point) / distance
        center = point + radius * normal
        pre = tube.owner
        ahead = contacts.sides(center, -normal, (distance - radius + 60.0,))
        post = int(ahead[0])
        if post in (0, pre) or contacts.kinds[post] == "glia" or abs(normal[0]) > 0.7:
            continue
        if contacts.near_border(center, BORDER_MARGIN_ZYX) or not spacing.allows(center, 400.0):
            continue
        if _far_from(synapses, center, {pre, post}):
            spacing.add(center)
            sites.append(Site(pre, post, center, normal, float(rng.uniform(130.0, 190.0)), tube))
    return sites
