"""Where neurons of a segmentation touch: candidates for synapses where there is no table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.voxels.geometry import Point

Labels = npt.NDArray[np.uint32]
Voxels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contact:
    """Two neurons that touch: voxels of the first beside voxels of the second.

    `faces_zyx`: `(n, 2, 3)`, for each face the voxel on either side, in no fixed order.
    """

    neurons: tuple[int, int]
    center_zyx: tuple[int, int, int]
    faces_zyx: Voxels

    def disc(self, radius: int) -> Voxels:
        """The voxels `(n, 3)` on both sides of the contact within `radius` of its centre."""
        voxels = np.unique(self.faces_zyx.reshape(-1, 3), axis=0)
        near = ((voxels - np.array(self.center_zyx)) ** 2).sum(axis=1) <= radius**2
        return np.asarray(voxels[near])

    def side(self, neurons: Labels, neuron: int, radius: int) -> Point:
        """The voxel of `neuron` nearest to the middle of its part of a ball about the centre."""
        low = np.maximum(np.array(self.center_zyx) - radius, 0)
        z, y, x = (slice(int(at), int(at) + 2 * radius + 1) for at in low)
        voxels = np.argwhere(neurons[z, y, x] == neuron) + low
        voxels = voxels[((voxels - np.array(self.center_zyx)) ** 2).sum(axis=1) <= radius**2]
        gaps = ((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1)
        place = voxels[int(np.argmin(gaps))]
        return Point(int(place[2]), int(place[1]), int(place[0]))


def find_contacts(neurons: Labels, least_faces: int) -> list[Contact]:
    """The contacts between all pairs of neurons, the largest first.

    neurons: `(z, y, x)` uint32, 0 = none. A contact is where a voxel of one neuron shares a face
    with a voxel of another. Its centre is the voxel of the contact nearest to its middle.
    Contacts of fewer than `least_faces` faces are left out.
    """
    faces = np.concatenate([_faces_along(neurons, axis) for axis in range(3)])
    first, second = (neurons[tuple(faces[:, side].T)].astype(np.uint64) for side in (0, 1))
    pairs = np.minimum(first, second) << np.uint64(32) | np.maximum(first, second)
    order = np.argsort(pairs, kind="stable")
    _, starts, counts = np.unique(pairs[order], return_index=True, return_counts=True)
    chosen = sorted(
        (int(count), int(start))
        for start, count in zip(starts, counts, strict=True)
        if count >= least_faces
    )
    return [
        _contact(int(pairs[order[start]]), faces[order[start : start + count]])
        for count, start in reversed(chosen)
    ]


def _faces_along(neurons: Labels, axis: int) -> Voxels:
    """The faces `(n, 2, 3)` along one axis where one neuron ends and another begins."""
    before = np.moveaxis(neurons, axis, 0)[:-1]
    after = np.moveaxis(neurons, axis, 0)[1:]
    found = np.moveaxis((before != after) & (before != 0) & (after != 0), 0, axis)
    low = np.argwhere(found)
    return np.stack([low, low + np.eye(3, dtype=np.int64)[axis]], axis=1)


def _contact(pair: int, faces: Voxels) -> Contact:
    middles = faces.mean(axis=1)
    nearest = int(np.argmin(((middles - middles.mean(axis=0)) ** 2).sum(axis=1)))
    z, y, x = (int(at) for at in faces[nearest, 0])
    return Contact((pair >> 32, pair & 0xFFFFFFFF), (z, y, x), faces)
