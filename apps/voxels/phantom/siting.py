"""Chooses the sites of true synapses, and those that a detector would take for synapses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apps.voxels.phantom.contacts import ContactMap
from apps.voxels.phantom.organelles import Tube
from apps.voxels.phantom.sites import FloatArray, Site
from apps.voxels.phantom.spec import PhantomSpec

CROP_MARGIN_ZYX = (8, 128, 128)  # half a crop: nearer sites need padding
BORDER_MARGIN_ZYX = (3, 24, 24)  # nothing is placed nearer to a border than this
MASKS_APART_NM = 40.0
# Each round, for what the one before could not place, asks for less: nm between true synapses,
# nm of bouton behind them; nm from a false site to the next synapse of the same neuron, and nm
# of the false site's largest radius.
SYNAPSE_ROUNDS_NM = ((620.0, 280.0), (480.0, 240.0), (380.0, 200.0), (300.0, 150.0))
FALSE_ROUNDS_NM = ((700.0, 220.0), (550.0, 180.0), (420.0, 140.0), (300.0, 120.0))


def _near_any(sites: Sequence[Site], center: FloatArray, distance_nm: float) -> bool:
    return any(np.linalg.norm(site.center_nm - center) < distance_nm for site in sites)


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
        if (behind != pre).any() or (ahead != post).any() or pre == post:
            continue
        if contacts.kinds[pre] != "axon" or contacts.kinds[post] not in ("axon", "dendrite"):
            continue
        if contacts.kinds[post] == "axon" and rng.random() > 0.25:
            continue
        radius_nm, strength = float(rng.uniform(140.0, 240.0)), float(rng.uniform(0.7, 1.0))
        return contacts.masked(Site(pre, post, center, towards_post, radius_nm, strength))
    return None


def find_synapses(contacts: ContactMap, spec: PhantomSpec, rng: np.random.Generator) -> list[Site]:
    """Sites for the true synapses of the spec, in random order.

    Where the volume is crowded they move closer, and thinner boutons and borders will do.
    Raises ValueError if the volume has too few contacts for them.
    """
    sites: list[Site] = []
    border_quota = round(spec.border_fraction * spec.synapses)
    for distance_nm, bouton_nm in SYNAPSE_ROUNDS_NM:
        for index in rng.permutation(len(contacts.points_nm))[: 150 * spec.synapses]:
            margin = CROP_MARGIN_ZYX if border_quota == 0 else BORDER_MARGIN_ZYX
            point = contacts.points_nm[index]
            if contacts.near_border(point, margin) or _near_any(sites, point, distance_nm):
                continue
            site = _synapse_at(contacts, int(index), rng, bouton_nm)
            if site is None or contacts.near_border(site.center_nm, margin):
                continue
            sites.append(site)
            border_quota -= int(contacts.near_border(site.center_nm, CROP_MARGIN_ZYX))
            if len(sites) == spec.synapses:
                return sites
        if bouton_nm < 250.0:
            border_quota = spec.synapses
    raise ValueError(
        f"synapses: {spec.synapses} do not fit in shape_zyx {spec.shape_zyx}; "
        f"only {len(sites)} contacts are broad enough."
    )


def _plain_membrane_at(
    contacts: ContactMap, index: int, rng: np.random.Generator, most_nm: float
) -> Site | None:
    """A broad contact of any two neurites at this membrane point, of radius most_nm at most."""
    found = contacts.plane_at(index)
    if found is None:
        return None
    center, normal = found
    pre, pre_deep = (int(side) for side in contacts.sides(center, normal, (60.0, 110.0)))
    post, post_deep = (int(side) for side in contacts.sides(center, -normal, (60.0, 110.0)))
    if pre != pre_deep or post != post_deep or pre == post or 0 in (pre, post):
        return None
    return Site(pre, post, center, normal, float(rng.uniform(0.65, 1.0) * most_nm))


def _mitochondrion_edge(contacts: ContactMap, tube: Tube, rng: np.random.Generator) -> Site | None:
    """The side of a mitochondrion that lies next to the cell's membrane, if there is one."""
    middle = len(tube.radii_nm) // 2
    point, radius = tube.points_nm[middle].astype(np.float64), float(tube.radii_nm[middle])
    distance, nearest = contacts.tree.query(point)
    if not radius < distance < radius + 150.0:
        return None
    normal = (contacts.points_nm[nearest] - point) / distance
    center = point + radius * normal
    post = int(contacts.sides(center, -normal, (distance - radius + 60.0,))[0])
    if post == tube.owner or contacts.kinds[post] not in ("axon", "dendrite"):
        return None
    if abs(normal[0]) > 0.7:
        return None
    radius_nm = float(rng.uniform(130.0, 190.0))
    return Site(tube.owner, post, center, normal, radius_nm, mitochondrion=tube)


def _deceives_nobody(site: Site, synapses: Sequence[Site], same_neuron_nm: float) -> bool:
    """No true synapse touches the site, nor could its vesicles show there."""
    for synapse in synapses:
        gap = float(np.linalg.norm(synapse.center_nm - site.center_nm))
        if gap < synapse.radius_nm + site.radius_nm + MASKS_APART_NM:
            return False
        if gap < same_neuron_nm and synapse.pre in (site.pre, site.post):
            return False
    return True


def _accept(
    contacts: ContactMap,
    site: Site | None,
    taken: Sequence[Site],
    synapses: Sequence[Site],
    same_neuron_nm: float,
) -> Site | None:
    """The site with its mask, None where it would not do."""
    if site is None or contacts.near_border(site.center_nm, BORDER_MARGIN_ZYX):
        return None
    if not _deceives_nobody(site, synapses, same_neuron_nm):
        return None
    if _near_any(taken, site.center_nm, 2.5 * site.radius_nm):
        return None
    return contacts.masked(site)


def find_false_sites(
    contacts: ContactMap,
    mitochondria: Sequence[Tube],
    synapses: Sequence[Site],
    spec: PhantomSpec,
    count: int,
    rng: np.random.Generator,
) -> list[Site]:
    """Sites of `count` false positives: up to a third on mitochondria, the others on membrane.

    Raises ValueError if there is no room for them beside the true synapses.
    """
    sites: list[Site] = []
    for index in rng.permutation(len(mitochondria)):
        if len(sites) == count // 3:
            break
        edge = _mitochondrion_edge(contacts, mitochondria[int(index)], rng)
        accepted = _accept(contacts, edge, sites, synapses, FALSE_ROUNDS_NM[0][0])
        if accepted is not None:
            sites.append(accepted)
    for same_neuron_nm, radius_nm in FALSE_ROUNDS_NM:
        for index in rng.permutation(len(contacts.points_nm))[: 400 * count + 2000]:
            if len(sites) == count:
                return sites
            border = contacts.near_border(contacts.points_nm[index], CROP_MARGIN_ZYX)
            if border and rng.random() > spec.border_fraction:
                continue
            plain = _plain_membrane_at(contacts, int(index), rng, radius_nm)
            accepted = _accept(contacts, plain, sites, synapses, same_neuron_nm)
            if accepted is not None:
                sites.append(accepted)
    if len(sites) < count:
        raise ValueError(
            f"false_positive_rate: {count} false positives do not fit beside {spec.synapses} "
            f"synapses in shape_zyx {spec.shape_zyx}; only {len(sites)} do."
        )
    return sites
