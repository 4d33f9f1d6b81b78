"""Find where on a walk points lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from apps.connectome.skeletons.skeleton import Floats, Ints
from apps.connectome.skeletons.walking import Walk

_SPACING_NM = 100.0
_MOST_SAMPLES = 1_000_000
_CANDIDATES = 4


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where each of k points lies on a walk; arrays of (k,).

    vertex: int64, the nearer end of the edge that it lies at. section: int64, its number.
    distance_nm: float64, from the point to the skeleton. along_nm: float64, from the section's
    begin. place_nm: float64, how much of the tree has been walked when one comes there: points in
    its order are points in the order of the walk.
    """

    vertex: Ints
    section: Ints
    distance_nm: Floats
    along_nm: Floats
    place_nm: Floats


def snap(walk: Walk, points_nm: Floats) -> Snapped:
    """The nearest place on an edge for each of `points_nm`, (k, 3) float64.

    Vertices may lie far apart, so the nearest vertex may belong to another branch. Edges are looked
    for through samples of them, at most 100 nm apart (more where a neuron has over 10 cm), then
    measured exactly.
    """
    below, fraction = _samples(walk)
    above = walk.above[below]
    vertices = walk.tree.vertices_nm
    begin = vertices[np.where(above < 0, below, above)]
    samples = begin + fraction[:, None] * (vertices[below] - begin)
    count = min(_CANDIDATES, len(samples))
    found = KDTree(samples).query(points_nm, k=range(1, count + 1))[1].reshape(-1, count)
    edges = below[found]  # (k, candidates), each edge by its vertex away from the root
    distances, fractions = _measured(walk, edges, points_nm)
    # Of edges equally near, the one that is walked first: a point at a branch point is its.
    nearest = np.lexsort((walk.place_nm[edges], distances), axis=1)[:, :1]
    edge = np.take_along_axis(edges, nearest, 1)[:, 0]
    fraction = np.take_along_axis(fractions, nearest, 1)[:, 0]
    return _snapped(walk, edge, fraction, np.take_along_axis(distances, nearest, 1)[:, 0])


def _snapped(walk: Walk, edge: Ints, fraction: Floats, distance: Floats) -> Snapped:
    vertices = walk.tree.vertices_nm
    above = np.where(walk.above[edge] < 0, edge, walk.above[edge])
    left_nm = (1 - fraction) * np.linalg.norm(vertices[edge] - vertices[above], axis=1)
    place = walk.place_nm[edge] - left_nm
    section = walk.section_of[edge]
    begins = np.cumsum([0.0, *(one.length_nm for one in walk.sections)])[section]
    nearer = np.where(fraction >= 0.5, edge, above)
    return Snapped(nearer, section, distance, np.maximum(place - begins, 0.0), place)


def _samples(walk: Walk) -> tuple[Ints, Floats]:
    """Edges, by their vertex away from the root, and a fraction of the way to it: (s,) each. The
    root stands for an edge of no length."""
    vertices, above = walk.tree.vertices_nm, walk.above
    lengths = np.linalg.norm(vertices - vertices[above], axis=1)
    lengths[walk.root] = 0.0
    spacing = max(_SPACING_NM, float(lengths.sum()) / _MOST_SAMPLES)
    counts = np.maximum(np.ceil(lengths / spacing), 1).astype(np.int64)
    below = np.repeat(np.arange(len(vertices)), counts)
    within = np.arange(len(below)) - np.repeat(np.cumsum(counts) - counts, counts)
    return below, (within + 1) / counts[below]


def _measured(walk: Walk, edges: Ints, points: Floats) -> tuple[Floats, Floats]:
    """The distance of each point from its edges, and the fraction of the way where it is nearest:
    (k, candidates) each."""
    vertices = walk.tree.vertices_nm
    above = np.where(walk.above[edges] < 0, edges, walk.above[edges])
    begin, step = vertices[above], vertices[edges] - vertices[above]
    square = (step**2).sum(axis=2)
    onto = ((points[:, None] - begin) * step).sum(axis=2)
    fraction = np.clip(np.divide(onto, square, out=np.ones_like(onto), where=square > 0), 0, 1)
    distance = np.linalg.norm(begin + fraction[..., None] * step - points[:, None], axis=2)
    return distance, fraction
