"""From a spec to a phantom: tissue, contacts, synapses, paint, masks, candidates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.contacts import ContactMap
from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.membranes import membrane_of
from apps.voxels.phantom.neurites import grow_neurites
from apps.voxels.phantom.organelles import (
    Interior,
    place_microtubules,
    place_mitochondria,
    place_reticulum,
)
from apps.voxels.phantom.painting import Scene, SectionPainter
from apps.voxels.phantom.planting import Plan, planned_counts, plant
from apps.voxels.phantom.sites import Site, Voxels
from apps.voxels.phantom.siting import find_false_sites, find_synapses
from apps.voxels.phantom.spec import Candidate, Phantom, PhantomSpec, PointXYZ, Truth
from apps.voxels.phantom.territories import divide_tissue
from apps.voxels.phantom.vesicles import fill_bouton, set_apart


def make_phantom(spec: PhantomSpec) -> Phantom:
    """Makes the phantom that a spec describes; the same spec gives the same bytes.

    Raises ValueError, naming the field, if the volume is too small for the synapses asked for.
    """
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(spec.seed).spawn(6)]
    tissue_rng, organelle_rng, site_rng, vesicle_rng, plan_rng, paint_rng = streams
    frame = Frame.of(spec, tissue_rng)
    neurites = grow_neurites(tissue_rng, frame.extent_nm)
    tissue = divide_tissue(tissue_rng, frame, neurites)
    interior = Interior(frame, tissue)
    mitochondria = place_mitochondria(organelle_rng, interior, neurites)
    contacts = ContactMap(frame, tissue, neurites)
    synapses = find_synapses(contacts, spec, site_rng)
    count = planned_counts(spec)["falsePositive"]
    false = find_false_sites(contacts, mitochondria, synapses, spec, count, site_rng)
    plans = plant(plan_rng, spec, synapses, false)
    clouds = [fill_bouton(vesicle_rng, interior, site, mitochondria) for site in synapses]
    scene = Scene(
        frame,
        neurites,
        tissue,
        synapses,
        [*place_reticulum(organelle_rng, interior, neurites), *mitochondria],
        set_apart(np.concatenate(clouds)),
        place_microtubules(organelle_rng, interior, frame, neurites),
    )
    image = _paint(paint_rng, scene)
    clefts, true_clefts = np.zeros(frame.shape, np.uint32), np.zeros(frame.shape, np.uint32)
    candidates, truth = [], []
    for plan in plans:
        site, mask = plan.site, plan.site.mask
        pre, post = _points_beside(frame, interior, site)
        true_center = _center_of(mask)
        if plan.synapse_id is not None:
            _enter(true_clefts, mask, plan.synapse_id)
        if plan.row is not None:
            spoilt = _enter(clefts, _spoil(frame, plan), plan.row + 1)
            center = _center_of(spoilt)
            candidates.append(_candidate(plan.row + 1, plan, pre, post, center))
        truth.append(_truth(plan, pre, post, true_center))
    return Phantom(spec, image, tissue.owner, clefts, true_clefts, tuple(candidates), tuple(truth))


def _paint(rng: np.random.Generator, scene: Scene) -> NDArray[np.uint8]:
    """The image (z, y, x)."""
    image = np.empty(scene.frame.shape, np.uint8)
    painter = SectionPainter(rng, scene)
    for z in range(scene.frame.shape[0]):
        image[z] = painter.paint(z, membrane_of(scene.frame, scene.tissue, z))
    return image


def _spoil(frame: Frame, plan: Plan) -> Voxels:
    """The automatic mask of a plan: the true one, shifted or cut where that is planted."""
    mask = plan.site.mask
    if plan.mask_cut is not None:
        offsets = frame.to_nm(mask) - plan.site.center_nm
        ahead = np.flatnonzero(offsets @ plan.mask_cut > 0.35 * plan.site.radius_nm)
        return np.take(mask, ahead, axis=0)
    if plan.mask_shift_nm is not None:
        shifted = mask + np.rint(plan.mask_shift_nm / frame.resolution_nm).astype(np.int64)
        return shifted[frame.contains(shifted)]
    return mask


def _enter(labels: NDArray[np.uint32], mask: Voxels, label: int) -> Voxels:
    """Writes a mask where no other is; returns the voxels that it got."""
    z, y, x = mask.T
    free = labels[z, y, x] == 0
    labels[z[free], y[free], x[free]] = label
    return np.asarray(mask[free])


def _center_of(mask: Voxels) -> PointXYZ:
    """The mask's voxel nearest to its centre of mass, as x, y, z."""
    gaps = np.linalg.norm((mask - mask.mean(axis=0)) * np.array([4.0, 1.0, 1.0]), axis=1)
    z, y, x = (int(v) for v in mask[int(np.argmin(gaps))])
    return x, y, z


def _points_beside(frame: Frame, interior: Interior, site: Site) -> tuple[PointXYZ, PointXYZ]:
    """A voxel well inside the presynaptic neuron, and one inside the postsynaptic one."""
    points = []
    for owner, side in ((site.pre, -1.0), (site.post, 1.0)):
        steps = np.arange(50.0, 170.0, 10.0)
        voxels = frame.to_voxels(site.center_nm + side * steps[:, None] * site.normal)
        depth = interior.depth_nm(frame.to_nm(_clipped(frame, voxels)), owner)
        deep = np.flatnonzero(depth > 40.0)
        z, y, x = voxels[deep[0] if len(deep) else int(np.argmax(depth))]
        points.append((int(x), int(y), int(z)))
    return points[0], points[1]


def _clipped(frame: Frame, voxels: Voxels) -> Voxels:
    return np.clip(voxels, 0, np.array(frame.shape) - 1)


def _candidate(
    label: int, plan: Plan, pre: PointXYZ, post: PointXYZ, center: PointXYZ
) -> Candidate:
    site = plan.site
    if plan.kind == "polaritySwitch":
        return Candidate(label, post, pre, center, site.post, site.pre)
    return Candidate(label, pre, post, center, site.pre, site.post)


def _truth(plan: Plan, pre: PointXYZ, post: PointXYZ, center: PointXYZ) -> Truth:
    if plan.synapse_id is None:
        return Truth(plan.row, plan.kind, plan.detail, None, None, None, None, None, None)
    return Truth(
        plan.row,
        plan.kind,
        plan.detail,
        plan.synapse_id,
        pre,
        post,
        center,
        plan.site.pre,
        plan.site.post,
    )
