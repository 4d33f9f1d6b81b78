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
REACH_NM = 160.0  # a ball's field is followed this far from its surface
GLIA_NM = -30.0  # glia wins where every neurite is farther away than this
NOBODY_NM = -400.0
TILE = 64
SLAB = 4
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
    """Consecutive balls of one branch, with the box (2, 3) in nm that they influence."""

    label: int
    points: FloatArray
    radii: FloatArray
    box: NDArray[np.float64]


def _chunks(neurites: Sequence[Neurite]) -> list[_Chunk]:
    chunks = []
    for label, neurite in enumerate(neurites):
        for branch in neurite.branches:
            for start in range(0, len(branch.radii_nm), CHUNK):
                points = branch.points_nm[start : start + CHUNK]
                radii = branch.radii_nm[start : start + CHUNK]
                reach = radii[:, None] + REACH_NM
                box = np.stack([(points - reach).min(axis=0), (points + reach).max(axis=0)])
                chunks.append(_Chunk(label, points, radii, box))
    return chunks


class _Lattice:
    """A coarse grid in each section on which the neurites' fields are computed."""

    def __init__(self, frame: Frame, rng: np.random.Generator, neurites: Sequence[Neurite]) -> None:
        self._frame = frame
        self._chunks = _chunks(neurites)
        self.z_nm = np.arange(frame.shape[0]) * frame.resolution_nm[0]
        self.y_nm, self.x_nm = (self._axis(frame.extent_nm[axis]) for axis in (1, 2))
        axes = (self.z_nm, self.y_nm, self.x_nm)
        self._noise = np.stack(
            [smooth_noise(rng, axes, 230.0) for _ in range(3)]
            + [smooth_noise(rng, axes, 105.0) for _ in range(3)]
        )
        strength = np.array([24.0, 24.0, 24.0, 8.0, 8.0, 8.0], np.float32)
        self._weights = rng.standard_normal((len(neurites), 6), dtype=np.float32) * strength
        # Dendrites are smoother than the thin processes around them.
        smooth = np.array([0.7 if n.kind != "axon" else 1.0 for n in neurites], np.float32)
        self._weights *= smooth[:, None]

    @staticmethod
    def _axis(extent_nm: float) -> NDArray[np.float64]:
        nodes = int(np.ceil(extent_nm / LATTICE_NM)) + 2 * LATTICE_MARGIN + TILE
        return (np.arange(nodes) - LATTICE_MARGIN) * LATTICE_NM

    def _evaluate(self, chunk: _Chunk, field: FloatArray, z_nm: NDArray[np.float64]) -> None:
        """Enters the chunk's balls into its neurite's field (sections, y, x)."""
        low = np.maximum(np.ceil(chunk.box[0, 1:] / LATTICE_NM).astype(int) + LATTICE_MARGIN, 0)
        high = np.floor(chunk.box[1, 1:] / LATTICE_NM).astype(int) + LATTICE_MARGIN + 1
        region = field[:, low[0] : max(high[0], 0), low[1] : max(high[1], 0)]
        if region.size == 0:
            return
        z, y, x = chunk.points.T[:, :, None]
        dz = (z_nm - z).astype(np.float32) ** 2
        dy = (self.y_nm[low[0] : low[0] + region.shape[1]] - y).astype(np.float32) ** 2
        dx = (self.x_nm[low[1] : low[1] + region.shape[2]] - x).astype(np.float32) ** 2
        distance = np.sqrt(dz[:, :, None, None] + (dy[:, :, None] + dx[:, None, :])[:, None])
        depth = (chunk.radii[:, None, None, None] - distance).max(axis=0)
        np.maximum(region, depth, out=region)

    def slabs(self) -> Iterator[tuple[range, NDArray[np.int64], FloatArray]]:
        """Sections, the labels present there, and their fields (labels, sections, y, x)."""
        sections = self._frame.shape[0]
        for start in range(0, sections, SLAB):
            span = range(start, min(start + SLAB, sections))
            z_nm = self.z_nm[span.start : span.stop]
            near = [c for c in self._chunks if c.box[0, 0] <= z_nm[-1] and c.box[1, 0] >= z_nm[0]]
            labels = np.array(sorted({c.label for c in near}), np.int64)
            place = {int(label): i for i, label in enumerate(labels)}
            shape = (len(labels), len(span), len(self.y_nm), len(self.x_nm))
            fields = np.full(shape, NOBODY_NM, np.float32)
            for chunk in near:
                self._evaluate(chunk, fields[place[chunk.label]], z_nm)
            noise = self._noise[:, span.start : span.stop]
            fields += np.tensordot(self._weights[labels], noise, axes=(1, 0))
            yield span, labels, fields


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
    for span, labels, fields in lattice.slabs():
        for section, z in enumerate(span):
            for window, tile_fields, present in _tiles(frame, z, fields[:, section]):
                best, second, gap = _two_best(tile_fields, labels[present], glia)
                owner[z][window] = best + 1
                rival[z][window] = second + 1
                lead[z][window] = np.minimum(gap, 500.0)
    return Territories(owner, rival, lead)


def _tiles(
    frame: Frame, z: int, fields: FloatArray
) -> Iterator[tuple[tuple[slice, slice], FloatArray, NDArray[np.int64]]]:
    """Tiles of a section: window, fields (labels, y, x) at voxel scale, labels that matter."""
    for y0 in range(0, frame.shape[1], TILE):
        y1 = min(y0 + TILE, frame.shape[1])
        rows, up_y = _upsampler(frame.rows_nm(z, y0, y1))
        for x0 in range(0, frame.shape[2], TILE):
            x1 = min(x0 + TILE, frame.shape[2])
            columns, up_x = _upsampler(frame.columns_nm(z, x0, x1))
            coarse = fields[:, rows, columns]
            present = np.flatnonzero(coarse.max(axis=(1, 2)) > GLIA_NM - 100.0)
            fine = np.matmul(np.matmul(up_y, coarse[present]), up_x.T)
            yield (slice(y0, y1), slice(x0, x1)), fine, present


def _upsampler(positions_nm: FloatArray) -> tuple[slice, FloatArray]:
    """The lattice nodes that positions need, and the B-spline weights from them."""
    nodes = positions_nm / LATTICE_NM + LATTICE_MARGIN
    first = int(np.floor(nodes[0])) - 1
    count = int(np.floor(nodes[-1])) - first + 3
    return slice(first, first + count), bspline_matrix(nodes - first, count)
