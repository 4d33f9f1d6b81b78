"""From a spec to a phantom: tissue, contacts, synapses, paint, masks, candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.clefts import cleft_mask
from apps.voxels.phantom.contacts import (
    ContactMap,
    Site,
    find_mitochondrion_edges,
    find_plain_membranes,
    find_synapses,
)
from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.neurites import grow_neurites
from apps.voxels.phantom.organelles import (
    Interior,
    Tube,
    place_microtubules,
    place_mitochondria,
    place_reticulum,
)
from apps.voxels.phantom.painting import Scene, SectionPainter, membrane_of
from apps.voxels.phantom.planting import Plan, planned_counts, plant
from apps.voxels.phantom.spec import Candidate, Phantom, PhantomSpec, PointXYZ, Truth
from apps.voxels.phantom.territories import divide_tissue
from apps.voxels.phantom.vesicles import fill_bouton

Voxels = NDArray[np.int64]


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
    false = _false_sites(contacts, mitochondria, synapses, spec, site_rng)
    plans = plant(plan_rng, spec, synapses, false)
    clouds = [fill_bouton(vesicle_rng, interior, site, mitochondria) for site in synapses]
    scene = Scene(
        frame,
        neurites,
        tissue,
        synapses,
        [*mitochondria, *place_reticulum(organelle_rng, interior, neurites)],
        np.concatenate(clouds),
        place_microtubules(organelle_rng, interior, frame, neurites),
    )
    image, masks = _paint(paint_rng, scene, plans)
    clefts, true_clefts = np.zeros(frame.shape, np.uint32), np.zeros(frame.shape, np.uint32)
    candidates, truth = [], []
    for plan, mask in zip(plans, masks, strict=True):
        site = plan.site
        pre, post = _points_beside(frame, interior, site)
        true_center = _center_of(mask)
        if plan.synapse_id is not None:
            _enter(true_clefts, mask, plan.synapse_id)
        if plan.row is not None:
            spoilt = _enter(clefts, _spoil(frame, plan, mask), plan.row + 1)
            center = _center_of(spoilt)
            candidates.append(_candidate(plan.row + 1, plan, pre, post, center))
        truth.append(_truth(plan, pre, post, true_center))
    return Phantom(spec, image, tissue.owner, clefts, true_clefts, tuple(candidates), tuple(truth))


def _false_sites(
    contacts: ContactMap,
    mitochondria: Sequence[Tube],
    synapses: Sequence[Site],
    spec: PhantomSpec,
    rng: np.random.Generator,
) -> list[Site]:
    """Sites for the false positives: a third on mitochondria, the others on plain membrane."""
    count = planned_counts(spec)["falsePositive"]
    edges = find_mitochondrion_edges(contacts, mitochondria, synapses, count // 3, rng)
    plain = find_plain_membranes(contacts, [*synapses, *edges], count - len(edges), rng)
    if len(edges) + len(plain) < count:
        raise ValueError(
            f"false_positive_rate: {count} false positives do not fit beside {spec.synapses} "
            f"synapses in shape_zyx {spec.shape_zyx}; only {len(edges) + len(plain)} do."
        )
    return [*edges, *plain]


def _paint(
    rng: np.random.Generator, scene: Scene, plans: Sequence[Plan]
) -> tuple[NDArray[np.uint8], list[Voxels]]:
    """The image, and the true mask of every plan's site as voxels (n, 3) z, y, x."""
    frame = scene.frame
    image = np.empty(frame.shape, np.uint8)
    painter = SectionPainter(rng, scene)
    found: list[list[Voxels]] = [[] for _ in plans]
    for z in range(frame.shape[0]):
        membrane = membrane_of(frame, scene.tissue, z)
        image[z] = painter.paint(z, membrane)
        for plan, voxels in zip(plans, found, strict=True):
            site = plan.site
            if abs(frame.z_nm(z) - site.center_nm[0]) > site.radius_nm:
                continue
            covered = cleft_mask(frame, scene.tissue, membrane.distance_nm, z, site)
            if covered is not None:
                (rows, columns), mask = covered
                y, x = np.nonzero(mask)
                voxels.append(
                    np.column_stack([np.full(len(y), z), y + rows.start, x + columns.start])
                )
    return image, [np.concatenate(voxels) for voxels in found]


def _spoil(frame: Frame, plan: Plan, mask: Voxels) -> Voxels:
    """The automatic mask of a plan: the true one, shifted or cut where that is planted."""
    if plan.mask_cut is not None:
        offsets = frame.to_nm(mask) - plan.site.center_nm
        return mask[offsets @ plan.mask_cut > 0.35 * plan.site.radius_nm]
    if plan.mask_shift_nm is not None:
        shifted = mask + np.rint(plan.mask_shift_nm / frame.resolution_nm).astype(np.int64)
        return shifted[frame.contains(shifted)]
    return mask


def _enter(labels: NDArray[np.uint32], mask: Voxels, label: int) -> Voxels:
    """Writes a mask where no other is; returns the voxels that it got."""
    z, y, x = mask.T
    free = labels[z, y, x] == 0
    labels[z[free], y[free], x[free]] = label
    return mask[free]


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
