"""Dendrites with spines and axons with boutons, grown into free space as chains of balls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

NeuriteKind = Literal["dendrite", "axon", "myelinated", "glia"]
FloatArray = NDArray[np.float32]

STEP_NM = 90.0
OUTSIDE_NM = 350.0  # how far beyond the volume a neurite is followed
GRID_NM = 96.0


@dataclass(frozen=True, eq=False)
class Branch:
    """A chain of balls. points_nm: (n, 3) float32 z, y, x; radii_nm: (n,) float32."""

    points_nm: FloatArray
    radii_nm: FloatArray
    is_spine: bool = False


@dataclass(frozen=True, eq=False)
class Neurite:
    """One process. brightness: grey value of its cytoplasm; grain: strength of its texture."""

    kind: NeuriteKind
    branches: tuple[Branch, ...]
    brightness: float
    grain: float


class FreeSpace:
    """How deep each point of a coarse grid lies inside what has been placed so far (nm)."""

    def __init__(self, extent_nm: NDArray[np.float64]) -> None:
        self._nodes = np.ceil((extent_nm + 2 * OUTSIDE_NM) / GRID_NM).astype(int) + 1
        self._depth = np.full(self._nodes, -1000.0, np.float32)
        self._extent = extent_nm

    def depth_at(self, points_nm: NDArray[np.floating]) -> FloatArray:
        """Depth (n,) at points (n, 3); negative is free space, positive is occupied."""
        nodes = np.rint((points_nm + OUTSIDE_NM) / GRID_NM).astype(int)
        z, y, x = np.clip(nodes, 0, self._nodes - 1).T
        return np.asarray(self._depth[z, y, x])

    def occupy(self, branch: Branch) -> None:
        """Enters a branch: as many of its balls as the coarse grid can tell apart."""
        every = max(1, int(2.0 * GRID_NM / branch.radii_nm.mean()))
        for point, radius in zip(branch.points_nm[::every], branch.radii_nm[::every], strict=True):
            reach = radius + 260.0
            low = np.maximum(np.ceil((point + OUTSIDE_NM - reach) / GRID_NM).astype(int), 0)
            high = np.floor((point + OUTSIDE_NM + reach) / GRID_NM).astype(int) + 1
            high = np.minimum(high, self._nodes)
            if (low >= high).any():
                continue
            z, y, x = (
                (np.arange(low[a], high[a]) * GRID_NM - OUTSIDE_NM - point[a]) ** 2
                for a in range(3)
            )
            distance = np.sqrt(z[:, None, None] + y[None, :, None] + x[None, None, :])
            region = self._depth[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
            np.maximum(region, radius - distance, out=region)

    def emptiest(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
        """A point in one of the emptiest places inside the volume, and its depth."""
        points = rng.uniform(0.0, 1.0, (160, 3)) * self._extent
        depths = self.depth_at(points)
        best = int(np.argmin(depths))
        return points[best], float(depths[best])


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _walk(
    rng: np.random.Generator,
    space: FreeSpace,
    extent: NDArray[np.float64],
    start: NDArray[np.float64],
    heading: NDArray[np.float64],
    wander: float,
) -> list[NDArray[np.float64]]:
    """Steps from start until the volume is left, turning gently towards free space."""
    path = []
    position, drift = start, heading
    for _ in range(int(3 * extent.max() / STEP_NM)):
        turns = _unit(heading + wander * rng.standard_normal((7, 3)))
        ahead = position + 2.2 * STEP_NM * turns
        score = -space.depth_at(ahead) / 110.0 + 1.2 * turns @ drift
        heading = turns[int(np.argmax(score))]
        position = position + STEP_NM * heading
        path.append(position)
        if (position < -OUTSIDE_NM).any() or (position > extent + OUTSIDE_NM).any():
            break
    return path


def _resample(
    points: NDArray[np.float64], radii: NDArray[np.float64], is_spine: bool = False
) -> Branch:
    """A smooth chain with balls half a radius apart, so that its surface has no waists."""
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    stops = [0.0]
    while stops[-1] < travelled[-1]:
        stops.append(stops[-1] + max(0.5 * float(np.interp(stops[-1], travelled, radii)), 25.0))
    at = np.array(stops)
    smooth = np.column_stack([np.interp(at, travelled, points[:, a]) for a in range(3)])
    return Branch(
        smooth.astype(np.float32), np.interp(at, travelled, radii).astype(np.float32), is_spine
    )


def _wavy(rng: np.random.Generator, count: int, every: int) -> NDArray[np.float64]:
    """Smooth random values of about unit size along a path of `count` steps."""
    knots = rng.standard_normal(count // every + 3)
    return np.interp(np.arange(count) / every, np.arange(len(knots)), knots)


def _through(
    rng: np.random.Generator,
    space: FreeSpace,
    extent: NDArray[np.float64],
    start: NDArray[np.float64],
    wander: float,
) -> NDArray[np.float64]:
    """A path through `start` that leaves the volume at both ends: (n, 3) nm."""
    heading = _unit(rng.standard_normal(3) * np.array([0.8, 1.0, 1.0]))
    back = _walk(rng, space, extent, start, -heading, wander)
    forth = _walk(rng, space, extent, start, heading, wander)
    return np.array([*back[::-1], start, *forth])


def _spine(
    rng: np.random.Generator, space: FreeSpace, root: NDArray[np.float64], shaft_radius: float
) -> Branch:
    """A thin neck and a bulbous head, pointing where there is room."""
    directions = _unit(rng.standard_normal((12, 3)))
    reach = shaft_radius + rng.uniform(380.0, 800.0)
    heading = directions[int(np.argmin(space.depth_at(root + reach * directions)))]
    bend = _unit(rng.standard_normal(3)) * 0.25
    t = np.linspace(0.0, 1.0, 9)
    points = root + reach * (t[:, None] * heading + (t * (1 - t))[:, None] * bend)
    head = rng.uniform(170.0, 270.0)
    neck = rng.uniform(55.0, 85.0)
    radii = np.where(t > 0.72, head * np.sqrt(np.clip(1.35 - 4 * (t - 0.92) ** 2, 0.2, 1)), neck)
    return _resample(points, radii, is_spine=True)


def _dendrite(rng: np.random.Generator, space: FreeSpace, extent: NDArray[np.float64]) -> Neurite:
    start, _ = space.emptiest(rng)
    path = _through(rng, space, extent, start, wander=0.16)
    radius = rng.uniform(260.0, 470.0)
    radii = radius * (1.0 + 0.13 * _wavy(rng, len(path), 6)).clip(0.7, 1.35)
    shaft = _resample(path, radii)
    space.occupy(shaft)
    branches = [shaft]
    for index in range(2, len(path), int(rng.integers(4, 8))):
        spine = _spine(rng, space, path[index], radii[index])
        space.occupy(spine)
        branches.append(spine)
    return Neurite("dendrite", tuple(branches), rng.normal(176.0, 5.0), rng.uniform(0.8, 1.0))


def _axon(
    rng: np.random.Generator,
    space: FreeSpace,
    extent: NDArray[np.float64],
    start: NDArray[np.float64],
) -> Neurite:
    path = _through(rng, space, extent, start, wander=0.3)
    radii = rng.uniform(45.0, 115.0) * (1.0 + 0.28 * _wavy(rng, len(path), 3)).clip(0.6, 1.7)
    along = np.arange(len(path))
    middle = rng.integers(2, 14)
    while middle < len(path):
        length = rng.uniform(1.8, 3.6)
        bump = np.exp(-(((along - middle) / length) ** 4))
        radii = np.maximum(radii, rng.uniform(190.0, 350.0) * bump)
        middle += rng.integers(12, 26)
    axon = _resample(path, radii)
    space.occupy(axon)
    dark = rng.random() < 0.12
    brightness = rng.normal(142.0, 5.0) if dark else rng.normal(167.0, 6.0)
    return Neurite("axon", (axon,), brightness, rng.uniform(0.9, 1.25))


def _myelinated(rng: np.random.Generator, space: FreeSpace, extent: NDArray[np.float64]) -> Neurite:
    start, _ = space.emptiest(rng)
    path = _through(rng, space, extent, start, wander=0.1)
    radii = rng.uniform(380.0, 480.0) * (1.0 + 0.08 * _wavy(rng, len(path), 8))
    axon = _resample(path, radii)
    space.occupy(axon)
    return Neurite("myelinated", (axon,), rng.normal(172.0, 4.0), 1.0)


def grow_neurites(rng: np.random.Generator, extent_nm: NDArray[np.float64]) -> tuple[Neurite, ...]:
    """Fills a volume of `extent_nm` (z, y, x) with neurites; the last one is glia.

    Large processes come first, axons then start in the emptiest places until little room is
    left. Glia has no branches: it takes what nobody else holds.
    """
    space = FreeSpace(extent_nm)
    volume_um3 = float(np.prod(extent_nm)) / 1e9
    neurites = [_myelinated(rng, space, extent_nm) for _ in range(int(np.rint(volume_um3 / 90.0)))]
    neurites += [_dendrite(rng, space, extent_nm) for _ in range(max(2, int(volume_um3 / 9.0)))]
    tight = 0
    while tight < 12 and len(neurites) < 60_000:
        start, depth = space.emptiest(rng)
        tight = tight + 1 if depth > -85.0 else 0
        neurites.append(_axon(rng, space, extent_nm, start))
    return (*neurites, Neurite("glia", (), 182.0, 0.7))
