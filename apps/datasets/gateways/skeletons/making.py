"""Skeletons of neurons of a volume, made by kimimaro (the extra `skeletons`)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from apps.connectome.errors import SkeletonError
from apps.connectome.skeletons import Skeleton
from apps.datasets.gateways.skeletons.errors import silent, unreadable
from apps.datasets.gateways.volumes.errors import CHUNK_ERRORS, ChunkUnreadableError
from apps.voxels.geometry import Box, Point, Resolution

# The voxels of a box of labels (z, y, x).
ReadBox = Callable[[Box], NDArray[np.generic]]

MOST_VOXELS = 2**31  # that are looked through; 2 GB/s at best, so some minutes at worst
# Of the box around the neuron. kimimaro was measured with 6 bytes a voxel for a tube and 33 for
# specks all over the box: so it takes 0.2 to 1.1 GB, beside the 0.2 GB that reading takes.
MOST_IN_MASK = 2**25
_BLOCK = 256  # voxels along each side of what is read at once
_DUST = 1000  # voxels: smaller pieces are no neuron
# TEASAR's rule for which branches to keep, as kimimaro proposes it for nm.
_TEASAR = {
    "scale": 1.5,
    "const": 300.0,
    "pdrf_scale": 100_000,
    "pdrf_exponent": 4,
    "soma_acceptance_threshold": 3500.0,
    "soma_detection_threshold": 750.0,
    "soma_invalidation_const": 300.0,
    "soma_invalidation_scale": 2.0,
}


class _TooLargeError(Exception):
    """A mip has too many voxels; the beginning of a sentence."""


def check_can_make() -> ModuleType:
    """kimimaro. Raises InvalidInputError where it is not installed."""
    try:
        return importlib.import_module("kimimaro")
    except ImportError as error:
        raise silent(
            "kimimaro is not installed on this server; its administrator can add it "
            "(the extra “skeletons”)."
        ) from error


@dataclass(frozen=True)
class LabelScale:
    """A mip of a volume of labels: bounds in voxels, resolution in nm; x, y, z."""

    mip: int
    read: ReadBox
    bounds: Box
    resolution: Resolution


def make_skeleton(scales: Sequence[LabelScale], root_id: int) -> Skeleton:
    """The skeleton of a label of a volume, of the first of these mips, the finest first, at which
    neither the volume nor the box around the label has too many voxels.

    The volume is looked through as a whole. Raises InvalidInputError where all mips are too large,
    or it holds too little of the label.
    """
    kimimaro = check_can_make()
    too_large = None
    for scale in scales:
        try:
            mask, lo = _mask(scale, root_id)
            break
        except _TooLargeError as error:
            too_large = error
    else:
        raise unreadable(
            f"{too_large}; kimimaro is used for no more. Name a source of skeletons, or store "
            "coarser mips of the neuron volume."
        ) from too_large
    found = kimimaro.skeletonize(
        mask.view(np.uint8),
        teasar_params=_TEASAR,
        anisotropy=tuple(scale.resolution),
        dust_threshold=_DUST,
        progress=False,
        parallel=1,
    )
    if 1 not in found:
        raise unreadable(f"kimimaro finds no skeleton in neuron {root_id}: it is too small.")
    return _skeleton(found[1], (np.array(lo) + 0.5) * np.array([*scale.resolution]))


def _skeleton(made: object, origin_nm: NDArray[np.float64]) -> Skeleton:
    """kimimaro counts from the first voxel of what it is given; a vertex lies in the middle of its
    voxel, half a voxel from where that begins."""
    vertices = np.asarray(made.vertices, np.float64)  # type: ignore[attr-defined]
    radii = np.asarray(made.radii, np.float64)  # type: ignore[attr-defined]
    edges = np.asarray(made.edges, np.int64)  # type: ignore[attr-defined]
    try:
        return Skeleton(vertices + origin_nm, edges, np.where(radii > 0, radii, np.nan))
    except SkeletonError as error:
        raise unreadable(str(error)) from error


def _mask(scale: LabelScale, root_id: int) -> tuple[NDArray[np.bool_], Point]:
    """Where the label is: (x, y, z), of the box around it, and that box's first voxel. What is kept
    on the way is no larger than that box may be."""
    if (voxels := int(np.prod(scale.bounds.size))) > MOST_VOXELS:
        raise _TooLargeError(
            f"the neuron volume has {voxels:,} voxels at mip {scale.mip}, of at most "
            f"{MOST_VOXELS:,}"
        )
    pieces: list[tuple[NDArray[np.int64], NDArray[np.bool_]]] = []
    lo = np.array([*scale.bounds.hi])
    hi = np.array([*scale.bounds.lo])
    for box in _blocks(scale.bounds):
        found = _labels(scale.read, box) == root_id
        if not found.any():
            continue
        at, piece = _cut(found)
        at += [*box.lo]
        lo, hi = np.minimum(lo, at), np.maximum(hi, at + piece.shape)
        if (voxels := int(np.prod(hi - lo))) > MOST_IN_MASK:
            raise _TooLargeError(
                f"the box around neuron {root_id} has at least {voxels:,} voxels at mip "
                f"{scale.mip}, of at most {MOST_IN_MASK:,}"
            )
        pieces.append((at, piece))
    if not pieces:
        raise unreadable(f"the neuron volume holds no voxel of neuron {root_id}.")
    # kimimaro takes the neuron to go on beyond the mask: a voxel around it says that it does not.
    lo = np.maximum(lo - 1, [*scale.bounds.lo])
    hi = np.minimum(hi + 1, [*scale.bounds.hi])
    mask = np.zeros(hi - lo, bool)
    for at, piece in pieces:
        mask[tuple(map(slice, at - lo, at - lo + piece.shape))] = piece
    return mask, Point(*map(int, lo))


def _cut(found: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The part of a block in which something is, and its first voxel."""
    inside = [np.flatnonzero(found.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    x, y, z = (slice(one[0], one[-1] + 1) for one in inside)
    return np.array([x.start, y.start, z.start]), found[x, y, z].copy()


def _labels(read: ReadBox, box: Box) -> NDArray[np.generic]:
    """The labels of a block, (x, y, z)."""
    try:
        return read(box).transpose(2, 1, 0)
    except ChunkUnreadableError as error:
        is_damaged = isinstance(error.__cause__, CHUNK_ERRORS)
        raise (unreadable if is_damaged else silent)(error.sentence) from error


def _blocks(bounds: Box) -> Iterator[Box]:
    starts = (range(low, high, _BLOCK) for low, high in zip(bounds.lo, bounds.hi, strict=True))
    grid = np.stack(np.meshgrid(*map(np.array, starts), indexing="ij"), axis=-1).reshape(-1, 3)
    for lo in grid.tolist():
        hi = (min(at + _BLOCK, end) for at, end in zip(lo, bounds.hi, strict=True))
        yield Box(Point(*lo), Point(*hi))
