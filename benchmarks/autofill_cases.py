"""Synapses with a true mask in each slice, and how a filling of some of them is scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.voxels.phantom import PhantomSpec, make_phantom
from synanno_server.env import REPOSITORY

PROTOTYPE = REPOSITORY.parent / "shared" / "data" / "synanno_prototype"
PROTOTYPE_NM = (30.0, 8.0, 8.0)  # its source states no voxel size
SIDE = 256  # voxels of a box in y and x, as when a synapse is drawn
SPARE = 8  # slices of a box before and after the synapse
FEWEST_SLICES = 4  # of a synapse that is scored: of fewer, every third leaves nothing between

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Volume:
    """A volume with truth. Arrays are (z, y, x); `known`: where there is an image."""

    name: str
    image: NDArray[np.uint8]
    known: Mask
    labels: NDArray[np.uint32]
    voxel_nm: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Case:
    """One synapse in its box. `truth` is (z, y, x); it has voxels in slices first..last only.

    A few slices within may have none, where the truth itself has a hole.
    """

    label: int
    image: NDArray[np.uint8]
    known: Mask
    truth: Mask
    first: int
    last: int
    voxel_nm: tuple[float, float, float]


def demo_volume(*, quick: bool) -> Volume:
    """The demonstration's volume, the small one if it must be quick."""
    spec = PhantomSpec(shape_zyx=(32, 384, 384), synapses=40) if quick else PhantomSpec()
    phantom = make_phantom(spec)
    known = np.ones(phantom.image.shape, np.bool_)
    labels = phantom.true_clefts
    return Volume("demo", phantom.image, known, labels, spec.resolution_nm_zyx)


def prototype_volume(folder: Path = PROTOTYPE) -> Volume | None:
    """The prototype's synapses, of most of which one slice has an image; None if not there."""
    if not folder.is_dir():
        return None
    with h5py.File(folder / "syn_gt_v2.h5") as file:
        sides = file["main"][:]
    with np.load(folder / "synapse_instances.npz") as arrays:
        labels = np.where(sides > 0, arrays["seg"], 0).astype(np.uint32)
    with np.load(folder / "em_sparse.npz") as arrays:
        image, known = arrays["em"], arrays["have"]
    return Volume("prototype", image, known, labels, PROTOTYPE_NM)


def cases_of(volume: Volume) -> Iterator[Case]:
    """The synapses of a volume that have slices enough, by label."""
    for label, where in enumerate(ndimage.find_objects(volume.labels.astype(np.int64)), 1):
        if where is None or where[0].stop - where[0].start < FEWEST_SLICES:
            continue
        box = _box(where, volume.labels.shape)
        first = where[0].start - box[0].start
        yield Case(
            label=label,
            image=volume.image[box],
            known=volume.known[box],
            truth=volume.labels[box] == label,
            first=first,
            last=first + where[0].stop - where[0].start - 1,
            voxel_nm=volume.voxel_nm,
        )


def _box(where: Sequence[slice], shape: Sequence[int]) -> tuple[slice, slice, slice]:
    depth = slice(max(where[0].start - SPARE, 0), min(where[0].stop + SPARE, shape[0]))
    spans = []
    for span, size in zip(where[1:], shape[1:], strict=True):
        low = min(max((span.start + span.stop - SIDE) // 2, 0), max(size - SIDE, 0))
        spans.append(slice(low, min(low + SIDE, size)))
    return depth, spans[0], spans[1]


def middle_seed(case: Case) -> list[int]:
    """The middle slice, or the nearest to it that has a mask."""
    middle = (case.first + case.last) / 2
    return [min(_with_mask(case), key=lambda z: (abs(z - middle), z))]


def every_third(case: Case, start: int = 0) -> list[int]:
    """Every third slice that has a mask, from slice `start` of the synapse on."""
    slices = range(case.first + start, case.last + 1, 3)
    return [z for z in slices if case.truth[z].any()]


def every_second(case: Case) -> list[int]:
    """Every second slice that has a mask: both neighbours of what is left are drawn."""
    return [z for z in range(case.first, case.last + 1, 2) if case.truth[z].any()]


def _with_mask(case: Case) -> list[int]:
    return [int(z) for z in np.flatnonzero(case.truth.any(axis=(1, 2)))]


def repeat_nearest(case: Case, seeds: Sequence[int]) -> Mask:
    """The nearest drawn mask in each slice, and told where the synapse begins and ends."""
    repeated = np.zeros_like(case.truth)
    for z in range(case.first, case.last + 1):
        repeated[z] = case.truth[min(seeds, key=lambda seed: (abs(seed - z), seed))]
    return repeated


def overlaps(case: Case, seeds: Sequence[int], mask: Mask) -> Mapping[int, float]:
    """IoU of every slice that was not drawn and in which truth or filling has a voxel.

    One that has voxels in only one of both counts 0; where neither has any, there is nothing to
    score. Voxels of a synapse that touches count as wrong.
    """
    scores = {}
    for z, (true, found) in enumerate(zip(case.truth, mask, strict=True)):
        either = np.count_nonzero(true | found)
        if z not in seeds and either:
            scores[z] = np.count_nonzero(true & found) / either
    return scores
