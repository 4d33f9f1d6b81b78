"""Which neurite owns each voxel, who is next to it, and how far away the membrane is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.neurites import Neurite
from apps.voxels.phantom.splines import bspline_matrix, smooth_noise

FloatArray = NDArray[np.float32]

LATTICE_NM = 32.0
LATTICE_MARGIN = 3  # nodes beyond the volume on each side
REACH_NM = 170.0  # a ball's field is followed this far from its surface
GLIA_NM = -22.0  # glia wins where every neurite is farther away than this
NOBODY_NM = -400.0
CLOSE_NM = 40.0  # a neurite this far behind the second best is left out
TILE = 64
SLAB = 3
CHUNK = 8


@dataclass(frozen=True, eq=False)
class Territories:
    """Axes (z, y, x) throughout.

    owner: uint32, neurite index + 1. rival: uint16, the next nearest neurite's index + 1.
    lead_nm: float16, how much nearer the owner is than the rival; 0 on the membrane.
    """

    owner: NDArray[np.uint32]
    rival: NDArray[np.uint16]
    lead_nm: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Consecutive balls of one branch, and what they influence.

    depth_nm: lowest and highest z; low, high: (2,) half-open lattice nodes in y and x.
    """

    label: int
    points: FloatArray
    radii: FloatArray
    depth_nm: tuple[float, float]
    low: NDArray[np.int64]
    high: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Slab:
    """Neurites' fields in a few consecutive sections.

    labels: (n,) neurite indices; fields: (n, sections, y, x) float32 nm, how deep each lattice
    node lies inside each; low, high: (n, 2) the nodes in y and x where a field can matter.
    """

    sections: range
    labels: NDArray[np.int64]
    fields: FloatArray
    low: NDArray[np.int64]
    high: NDArray[np.int64]


class _Lattice:
    """A coarse grid in each section on which the neurites' fields are computed."""

    def __init__(self, frame: Frame, rng: np.random.Generator, neurites: Sequence[Neurite]) -> None:
        self._frame = frame
        self._z_nm = np.arange(frame.shape[0]) * frame.resolution_nm[0]
        self._y_nm, self._x_nm = (self._axis(frame.extent_nm[axis]) for axis in (1, 2))
        self._chunks = self._cut_up(neurites)
        axes = (self._z_nm, self._y_nm, self._x_nm)
        spacings_nm = (210.0, 210.0, 210.0, 105.0, 105.0, 105.0)
        strength_nm = np.array([36.0, 36.0, 36.0, 12.0, 12.0, 12.0], np.float32)
        self._noise = np.stack([smooth_noise(rng, axes, spacing) for spacing in spacings_nm])
        weights = rng.standard_normal((len(neurites), 6), dtype=np.float32) * strength_nm
        # Axons are more irregular than the thick processes around them.
        rough = np.array([1.0 if n.kind == "axon" else 0.7 for n in neurites], np.float32)
        self._weights = weights * rough[:, None]

    @staticmethod
    def _axis(extent_nm: float) -> NDArray[np.float64]:
        nodes = int(np.ceil(extent_nm / LATTICE_NM)) + 2 * LATTICE_MARGIN + 1
        return (np.arange(nodes, dtype=np.float64) - LATTICE_MARGIN) * LATTICE_NM

    def _cut_up(self, neurites: Sequence[Neurite]) -> list[_Chunk]:
        """All balls in short chains, without those that influence nothing here."""
        nodes = np.array([len(self._y_nm), len(self._x_nm)])
        chunks = []
        for label, neurite in enumerate(neurites):
            for branch in neurite.branches:
                for start in range(0, len(branch.radii_nm), CHUNK):
                    points = branch.points_nm[start : start + CHUNK]
                    radii = branch.radii_nm[start : start + CHUNK]
                    reach = radii[:, None] + REACH_NM
                    least, most = (points - reach).min(axis=0), (points + reach).max(axis=0)
                    low = np.ceil(least[1:] / LATTICE_NM).astype(np.int64) + LATTICE_MARGIN
                    high = np.floor(most[1:] / LATTICE_NM).astype(np.int64) + LATTICE_MARGIN + 1
                    low, high = np.maximum(low, 0), np.minimum(high, nodes)
                    if (low < high).all():
                        depth = (float(least[0]), float(most[0]))
                        chunks.append(_Chunk(label, points, radii, depth, low, high))
        return chunks

    def _enter(self, chunk: _Chunk, field: FloatArray, z_nm: NDArray[np.float64]) -> None:
        """Enters the chunk's balls into its neurite's field (sections, y, x)."""
        (y0, x0), (y1, x1) = chunk.low, chunk.high
        z, y, x = chunk.points.T[:, :, None]
        dz = (z_nm - z).astype(np.float32) ** 2
        dy = (self._y_nm[y0:y1] - y).astype(np.float32) ** 2
        dx = (self._x_nm[x0:x1] - x).astype(np.float32) ** 2
        distance = np.sqrt(dz[:, :, None, None] + (dy[:, :, None] + dx[:, None, :])[:, None])
        depth = (chunk.radii[:, None, None, None] - distance).max(axis=0)
        region = field[:, y0:y1, x0:x1]
        np.maximum(region, depth, out=region)

    def slabs(self) -> Iterator[_Slab]:
        """The volume in slabs of sections, top to bottom."""
        for start in range(0, self._frame.shape[0], SLAB):
            span = range(start, min(start + SLAB, self._frame.shape[0]))
            yield self._slab(span)

    def _slab(self, span: range) -> _Slab:
        z_nm = self._z_nm[span.start : span.stop]
        near = [c for c in self._chunks if c.depth_nm[0] <= z_nm[-1] and c.depth_nm[1] >= z_nm[0]]
        labels, place = np.unique([c.label for c in near], return_inverse=True)
        low = np.full((len(labels), 2), np.iinfo(np.int64).max)
        high = np.zeros((len(labels), 2), np.int64)
        np.minimum.at(low, place, [c.low for c in near])
        np.maximum.at(high, place, [c.high for c in near])
        shape = (len(labels), len(span), len(self._y_nm), len(self._x_nm))
        fields = np.full(shape, NOBODY_NM, np.float32)
        for chunk, index in zip(near, place, strict=True):
            self._enter(chunk, fields[index], z_nm)
        noise = self._noise[:, span.start : span.stop]
        for field, label, (y0, x0), (y1, x1) in zip(fields, labels, low, high, strict=True):
            region = noise[:, :, y0:y1, x0:x1]
            field[:, y0:y1, x0:x1] += np.tensordot(self._weights[label], region, axes=1)
        return _Slab(span, labels, fields, low, high)


def _two_best(
    fields: FloatArray, labels: NDArray[np.int64], glia: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Best and second label and the lead of fields (labels, y, x), glia included."""
    glia_plane = np.full((1, *fields.shape[1:]), GLIA_NM, np.float32)
    stack = np.concatenate([fields, glia_plane])
    names = np.append(labels, glia)
    first = stack.argmax(axis=0)
    best = np.take_along_axis(stack, first[None], axis=0)[0]
    np.put_along_axis(stack, first[None], np.float32(2 * NOBODY_NM), axis=0)
    second = stack.argmax(axis=0)
    runner_up = np.take_along_axis(stack, second[None], axis=0)[0]
    return names[first], names[second], best - runner_up


def divide_tissue(
    rng: np.random.Generator, frame: Frame, neurites: Sequence[Neurite]
) -> Territories:
    """Gives every voxel to the neurite whose (irregular) surface it lies deepest in."""
    lattice = _Lattice(frame, rng, neurites)
    owner = np.empty(frame.shape, np.uint32)
    rival = np.empty(frame.shape, np.uint16)
    lead = np.empty(frame.shape, np.float16)
    glia = len(neurites) - 1
    for slab in lattice.slabs():
        for section, z in enumerate(slab.sections):
            for window, fields, labels in _tiles(frame, z, slab, section):
                best, second, gap = _two_best(fields, labels, glia)
                owner[z][window] = best + 1
                rival[z][window] = second + 1
                lead[z][window] = np.minimum(gap, 500.0)
    return Territories(owner, rival, lead)


def _tiles(
    frame: Frame, z: int, slab: _Slab, section: int
) -> Iterator[tuple[tuple[slice, slice], FloatArray, NDArray[np.int64]]]:
    """Tiles of a section: window, fields (labels, y, x) at voxel scale, and their labels."""
    for y0 in range(0, frame.shape[1], TILE):
        y1 = min(y0 + TILE, frame.shape[1])
        rows, up_y = _upsampler(frame.rows_nm(z, y0, y1))
        for x0 in range(0, frame.shape[2], TILE):
            x1 = min(x0 + TILE, frame.shape[2])
            columns, up_x = _upsampler(frame.columns_nm(z, x0, x1))
            start, stop = (rows.start, columns.start), (rows.stop, columns.stop)
            near = np.flatnonzero(((slab.low < stop) & (slab.high > start)).all(axis=1))
            coarse = slab.fields[near, section, rows, columns]
            matter = _contenders(coarse)
            fine = np.matmul(np.matmul(up_y, coarse[matter]), up_x.T)
            yield (slice(y0, y1), slice(x0, x1)), fine, slab.labels[near[matter]]


def _contenders(coarse: FloatArray) -> NDArray[np.bool_]:
    """Which fields (labels, y, x) are among the best two, or nearly, at some node."""
    if len(coarse) < 2:
        return np.ones(len(coarse), bool)
    second = np.maximum(np.partition(coarse, -2, axis=0)[-2], GLIA_NM)
    return np.asarray((coarse > second - CLOSE_NM).any(axis=(1, 2)) | (len(coarse) < 3))


def _upsampler(positions_nm: FloatArray) -> tuple[slice, FloatArray]:
    """The lattice nodes that positions need, and the B-spline weights from them."""
    nodes = positions_nm / LATTICE_NM + LATTICE_MARGIN
    first = int(np.floor(nodes[0])) - 1
    count = int(np.floor(nodes[-1])) - first + 3
    return slice(first, first + count), bspline_matrix(nodes - first, count)
