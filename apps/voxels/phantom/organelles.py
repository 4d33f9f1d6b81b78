"""What a neurite contains: mitochondria, reticulum, microtubules, vesicles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.neurites import Branch, Neurite
from apps.voxels.phantom.territories import Territories

FloatArray = NDArray[np.float32]
TubeKind = Literal["mitochondrion", "reticulum", "endosome", "lysosome"]


@dataclass(frozen=True, eq=False)
class Tube:
    """A chain of balls inside one neuron. points_nm: (n, 3) z, y, x; radii_nm: (n,)."""

    kind: TubeKind
    owner: int
    points_nm: FloatArray
    radii_nm: FloatArray
    axis: FloatArray  # (3,) unit vector, roughly along the tube: cristae lie across it
    phase: float


class Interior:
    """Looks up how deep a tissue point lies inside which neuron."""

    def __init__(self, frame: Frame, tissue: Territories) -> None:
        self._frame = frame
        self._tissue = tissue

    def depth_nm(self, points_nm: NDArray[np.floating], owner: int) -> NDArray[np.float64]:
        """About how far (n,) the points (n, 3) lie inside `owner`; negative outside it."""
        voxels = self._frame.to_voxels(points_nm)
        inside = self._frame.contains(voxels)
        z, y, x = voxels[inside].T
        depth = np.full(len(voxels), -1.0)
        lead = self._tissue.lead_nm[z, y, x].astype(np.float64) / 2.0
        depth[inside] = np.where(self._tissue.owner[z, y, x] == owner, lead, -1.0)
        return depth


def _unit(vector: NDArray[np.floating]) -> FloatArray:
    return (vector / (np.linalg.norm(vector) + 1e-9)).astype(np.float32)


def _sideways(rng: np.random.Generator, axis: FloatArray) -> FloatArray:
    """A random unit vector across the axis."""
    vector = rng.standard_normal(3).astype(np.float32)
    return _unit(vector - axis * float(vector @ axis))


def _longest_run(good: NDArray[np.bool_]) -> slice:
    """The longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    if len(edges) == 0:
        return slice(0, 0)
    starts, stops = edges[::2], edges[1::2]
    best = int(np.argmax(stops - starts))
    return slice(int(starts[best]), int(stops[best]))


def _path_along(branch: Branch, start: float, length_nm: float, step_nm: float) -> FloatArray:
    """Points every step_nm on the branch from the fraction `start` of it: (n, 4) z y x radius."""
    lengths = np.linalg.norm(np.diff(branch.points_nm, axis=0), axis=1)
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.arange(
        start * travelled[-1], min(start * travelled[-1] + length_nm, travelled[-1]), step_nm
    )
    columns = [np.interp(at, travelled, branch.points_nm[:, axis]) for axis in range(3)]
    columns.append(np.interp(at, travelled, branch.radii_nm))
    return np.column_stack(columns).astype(np.float32)


def _mitochondrion(
    rng: np.random.Generator, interior: Interior, owner: int, branch: Branch
) -> Tube | None:
    path = _path_along(branch, rng.random(), rng.uniform(700.0, 2400.0), 40.0)
    if len(path) < 8:
        return None
    axis = _unit(path[-1, :3] - path[0, :3])
    across = _sideways(rng, axis)
    t = np.linspace(-1.0, 1.0, len(path))
    wave = np.sin(2.0 * t + rng.uniform(0, 6.28))
    bent = path[:, :3] + (0.3 * path[:, 3] * (0.6 + 0.4 * wave))[:, None] * across
    ends = np.sqrt(np.clip(1.0 - t**6, 0.15, 1.0))
    swell = 1.0 + 0.15 * np.sin(4.0 * t + rng.uniform(0, 6.28))
    radii = rng.uniform(105.0, 185.0) * ends * swell
    run = _longest_run(interior.depth_nm(bent, owner) > 85.0)
    points = bent[run].astype(np.float32)
    if len(points) < 7:
        return None
    depth = interior.depth_nm(points, owner).astype(np.float32)
    room = np.maximum(depth - 25.0, 60.0)
    thick = np.minimum(radii[run], room).astype(np.float32)
    cristae = _unit(0.8 * axis + 0.6 * _sideways(rng, axis))
    return Tube("mitochondrion", owner, points, thick, cristae, float(rng.uniform(0, 6.28)))


def place_mitochondria(
    rng: np.random.Generator, interior: Interior, neurites: Sequence[Neurite]
) -> list[Tube]:
    """About one mitochondrion for every two micrometres of the thicker processes."""
    tubes = []
    for index, neurite in enumerate(neurites):
        for branch in neurite.branches:
            if branch.is_spine:
                continue
            length = float(np.linalg.norm(np.diff(branch.points_nm, axis=0), axis=1).sum())
            rate = 1700.0 if neurite.kind == "dendrite" else 2600.0
            for _ in range(int(rng.poisson(length / rate))):
                tube = _mitochondrion(rng, interior, index + 1, branch)
                if tube is not None:
                    tubes.append(tube)
    return tubes


def place_reticulum(
    rng: np.random.Generator, interior: Interior, neurites: Sequence[Neurite]
) -> list[Tube]:
    """Short winding tubules, a few round endosomes and dense lysosomes."""
    tubes = []
    for index, neurite in enumerate(neurites):
        for branch in neurite.branches:
            length = float(np.linalg.norm(np.diff(branch.points_nm, axis=0), axis=1).sum())
            for _ in range(
                int(rng.poisson(length / (120.0 if neurite.kind == "dendrite" else 700.0)))
            ):
                tube = _tubule(rng, interior, index + 1, branch)
                if tube is not None:
                    tubes.append(tube)
    return tubes


def _tubule(
    rng: np.random.Generator, interior: Interior, owner: int, branch: Branch
) -> Tube | None:
    which = int(rng.integers(len(branch.radii_nm)))
    axis = _unit(
        branch.points_nm[min(which + 1, len(branch.radii_nm) - 1)]
        - branch.points_nm[max(which - 1, 0)]
    )
    offset = _sideways(rng, axis) * float(rng.uniform(0.2, 0.75) * branch.radii_nm[which])
    start = branch.points_nm[which] + offset
    draw = rng.random()
    if draw < 0.1:
        radius = rng.uniform(45.0, 85.0)
        kind: TubeKind = "lysosome" if draw < 0.025 else "endosome"
        points = start[None] + np.outer([0.0, 25.0], axis)
        if interior.depth_nm(points, owner).min() < radius + 10.0:
            return None
        radii = np.full(2, radius, np.float32)
        return Tube(kind, owner, points.astype(np.float32), radii, axis, 0.0)
    steps = rng.standard_normal((int(rng.integers(4, 22)), 3)).astype(np.float32)
    heading = axis * 1.6
    trail = [start]
    for step in steps:
        heading = 0.75 * heading + 0.55 * step
        trail.append(trail[-1] + 26.0 * _unit(heading))
    points = np.array(trail, np.float32)
    points = points[_longest_run(interior.depth_nm(points, owner) > 38.0)]
    if len(points) < 3:
        return None
    radii = (rng.uniform(14.0, 38.0) * (1.0 + 0.25 * rng.standard_normal(len(points)))).clip(9, 40)
    return Tube("reticulum", owner, points, radii.astype(np.float32), axis, 0.0)


def place_microtubules(
    rng: np.random.Generator, interior: Interior, frame: Frame, neurites: Sequence[Neurite]
) -> FloatArray:
    """Where microtubules cross or run in sections: (n, 3) float32 nm, z on a section."""
    found = []
    for index, neurite in enumerate(neurites):
        counts = {"dendrite": 34, "myelinated": 20, "axon": 4, "glia": 0}
        for branch in neurite.branches:
            if branch.is_spine:
                continue
            for _ in range(int(rng.poisson(counts[neurite.kind]))):
                found.append(_microtubule(rng, interior, frame, index + 1, branch))
    return np.concatenate(found) if found else np.empty((0, 3), np.float32)


def _microtubule(
    rng: np.random.Generator, interior: Interior, frame: Frame, owner: int, branch: Branch
) -> FloatArray:
    path = _path_along(branch, rng.uniform(0.0, 0.5), rng.uniform(1500.0, 7000.0), 7.0)
    if len(path) < 2:
        return np.empty((0, 3), np.float32)
    axis = _unit(path[-1, :3] - path[0, :3])
    across = _sideways(rng, axis)
    points = path[:, :3] + across * float(0.75 * np.sqrt(rng.random())) * path[:, 3:]
    depth_nm = frame.resolution_nm[0]
    section = np.rint(points[:, 0] / depth_nm)
    # Near a section, the tubule is projected onto it; between two, it is not seen.
    seen = np.abs(points[:, 0] - section * depth_nm) < 4.0
    seen &= interior.depth_nm(points, owner) > 32.0
    points = points[seen]
    points[:, 0] = section[seen] * depth_nm
    return np.asarray(points, np.float32)
