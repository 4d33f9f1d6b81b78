"""Skeletons of neurons of a volume, made by kimimaro (the extra `skeletons`)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
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
MOST_IN_MASK = 2**29  # of the box around the neuron, a byte each
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


def check_can_make() -> ModuleType:
    """kimimaro. Raises InvalidInputError where it is not installed."""
    try:
        return importlib.import_module("kimimaro")
    except ImportError as error:
        raise silent(
            "kimimaro is not installed on this server; its administrator can add it "
            "(the extra “skeletons”)."
        ) from error


def make_skeleton(read: ReadBox, bounds: Box, resolution: Resolution, root_id: int) -> Skeleton:
    """The skeleton of a label of a volume (bounds in voxels, resolution in nm; x, y, z).

    The whole volume is looked through. Raises InvalidInputError where it is too large, or holds too
    little of the label.
    """
    kimimaro = check_can_make()
    if (voxels := int(np.prod(bounds.size))) > MOST_VOXELS:
        raise unreadable(
            f"the neuron volume has {voxels:,} voxels; kimimaro is used for at most "
            f"{MOST_VOXELS:,}. Name a coarser mip, or a source of skeletons."
        )
    mask, lo = _mask(read, bounds, root_id)
    found = kimimaro.skeletonize(
        mask.astype(np.uint8),
        teasar_params=_TEASAR,
        anisotropy=tuple(resolution),
        dust_threshold=_DUST,
        progress=False,
        parallel=1,
    )
    if 1 not in found:
        raise unreadable(f"kimimaro finds no skeleton in neuron {root_id}: it is too small.")
    return _skeleton(found[1], (np.array(lo) + 0.5) * np.array([*resolution]))


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


def _mask(read: ReadBox, bounds: Box, root_id: int) -> tuple[NDArray[np.bool_], Point]:
    """Where the label is: (x, y, z), of the box around it, and that box's first voxel."""
    pieces = [
        (box.lo, found) for box in _blocks(bounds) if (found := _labels(read, box) == root_id).any()
    ]
    if not pieces:
        raise unreadable(f"the neuron volume holds no voxel of neuron {root_id}.")
    lo = np.min([[*at] for at, _ in pieces], axis=0)
    hi = np.max([np.add([*at], piece.shape) for at, piece in pieces], axis=0)
    if np.prod(hi - lo) > MOST_IN_MASK:
        raise unreadable(
            f"the box around neuron {root_id} has {np.prod(hi - lo):,} voxels; kimimaro is used "
            f"for at most {MOST_IN_MASK:,}. Name a coarser mip, or a source of skeletons."
        )
    mask = np.zeros(hi - lo, bool)
    for at, piece in pieces:
        mask[tuple(map(slice, np.array([*at]) - lo, np.array([*at]) - lo + piece.shape))] = piece
    return mask, Point(*map(int, lo))


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
