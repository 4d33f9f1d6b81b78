"""Real data for tests, where they are: a folder `shared/data` beside the repository.

They come as arrays; here they become precomputed volumes and synapse tables, as a laboratory
would have them.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from apps.datasets.gateways.precomputed_writer import write_precomputed
from apps.voxels.geometry import Point
from synanno_server.env import REPOSITORY
from tests.support.contacts import Contact, find_contacts
from tests.support.volumes import write_table

REAL_DATA = REPOSITORY.parent / "shared" / "data"
PATCH_CHUNK = 10  # pixels: small, so that little of a patch is lost to chunks it fills in part
SECTION_NM = (8.0, 8.0, 30.0)  # the source states no voxel size; nothing below depends on it
FIB25_NM = (10.0, 10.0, 10.0)
CONTACT_RADIUS = 14  # voxels: a mask of 280 nm across, as large as a synapse

Labels = npt.NDArray[np.uint32]
Image = npt.NDArray[np.uint8]


def needs_real_data(folder: str) -> pytest.MarkDecorator:
    """Run a test only where this folder of the real data is present."""
    path = Path("shared", "data", folder)
    return pytest.mark.skipif(
        not (REAL_DATA / folder).is_dir(), reason=f"{path} is not beside the repository"
    )


@dataclass(frozen=True)
class RealDataset:
    """What was written, and the arrays `(z, y, x)` to compare with. `labels[i]` is row i's."""

    volumes: dict[str, str]
    table: Path
    image: Image
    clefts: Labels
    labels: tuple[int, ...]
    centers: tuple[Point, ...]


@dataclass(frozen=True)
class Cube(RealDataset):
    """A cube of tissue with its true neurons."""

    neurons: Labels


@dataclass(frozen=True)
class Prototype(RealDataset):
    """123 synapses; `has_image[i]`: the image around row i is known."""

    have: npt.NDArray[np.bool_]
    has_image: tuple[bool, ...]


def write_prototype(folder: Path) -> Prototype:
    """The prototype's synapses: EM patches where there are any, and nothing elsewhere.

    Chunks that the patches do not fill are not written, so that they are missing and not black.
    """
    source = REAL_DATA / "synanno_prototype"
    with np.load(source / "em_sparse.npz") as arrays:
        image, have = arrays["em"], arrays["have"]
    with np.load(source / "synapse_instances.npz") as arrays:
        instances = arrays["seg"].astype(np.uint32)
    with h5py.File(source / "syn_gt_v2.h5") as file:
        sides = file["main"][:]
    clefts = np.where(sides > 0, instances, 0).astype(np.uint32)
    with (source / "synapses.csv").open(newline="") as table:
        synapses = list(csv.DictReader(table))
    centers = tuple(
        _center(clefts, int(synapse["id"]), int(synapse["z_mid"])) for synapse in synapses
    )
    rows = [
        _row(center, *(_side(clefts, sides, synapse, side) or center for side in (1, 2)))
        for synapse, center in zip(synapses, centers, strict=True)
    ]
    return Prototype(
        volumes={
            "image": write_sparse_image(folder / "image", image, have),
            "cleft": write_precomputed(
                folder / "cleft",
                clefts,
                kind="segmentation",
                resolution_nm_xyz=SECTION_NM,
                encoding="compressed_segmentation",
            ),
        },
        table=write_table(folder / "synapses.csv", rows),
        image=image,
        clefts=clefts,
        labels=tuple(int(synapse["id"]) for synapse in synapses),
        centers=centers,
        have=have,
        has_image=tuple(synapse["em_placed"] == "1" for synapse in synapses),
    )


def write_sparse_image(folder: Path, image: Image, have: npt.NDArray[np.bool_]) -> str:
    """A precomputed image with the chunks of one section that are wholly known; its address."""
    side = PATCH_CHUNK
    depth, height, width = image.shape
    scale = {
        "key": "0",
        "size": [width, height, depth],
        "voxel_offset": [0, 0, 0],
        "resolution": list(SECTION_NM),
        "chunk_sizes": [[side, side, 1]],
        "encoding": "raw",
    }
    info = {"type": "image", "data_type": "uint8", "num_channels": 1, "scales": [scale]}
    (folder / "0").mkdir(parents=True)
    (folder / "info").write_text(json.dumps(info))
    known = have.reshape(depth, height // side, side, width // side, side).all(axis=(2, 4))
    for z, y, x in zip(*(axis.tolist() for axis in np.nonzero(known)), strict=True):
        top, left = y * side, x * side
        chunk = image[z, top : top + side, left : left + side]
        name = f"{left}-{left + side}_{top}-{top + side}_{z}-{z + 1}"
        (folder / "0" / name).write_bytes(chunk.tobytes())
    return f"file://{folder}"


def write_fib25(folder: Path, count: int = 36) -> Cube:
    """The FIB-25 cube with its true neurons; candidates are the largest contacts between them."""
    source = REAL_DATA / "fib25"
    with np.load(source / "em.npz") as arrays:
        image = arrays["em"]
    with np.load(source / "segmentations.npz") as arrays:
        neurons = arrays["ground_truth"]
    contacts = _apart(find_contacts(neurons, least_faces=400), 2 * CONTACT_RADIUS + 1)[:count]
    clefts = np.zeros(neurons.shape, np.uint32)
    for label, contact in enumerate(contacts, 1):
        clefts[tuple(contact.disc(CONTACT_RADIUS).T)] = label
    centers = tuple(Point(*reversed(contact.center_zyx)) for contact in contacts)
    rows = []
    for center, contact in zip(centers, contacts, strict=True):
        pre, post = (contact.side(neurons, neuron, radius=8) for neuron in contact.neurons)
        rows.append(_row(center, pre, post, contact.neurons))
    return Cube(
        volumes={
            "image": write_precomputed(
                folder / "image",
                image,
                kind="image",
                resolution_nm_xyz=FIB25_NM,
                encoding="raw",
                chunk_xyz=(64, 64, 64),
            ),
            **{
                name: write_precomputed(
                    folder / name,
                    array,
                    kind="segmentation",
                    resolution_nm_xyz=FIB25_NM,
                    encoding="compressed_segmentation",
                    chunk_xyz=(64, 64, 64),
                )
                for name, array in (("cleft", clefts), ("neuron", neurons))
            },
        },
        table=write_table(folder / "contacts.csv", rows),
        image=image,
        clefts=clefts,
        labels=tuple(range(1, len(contacts) + 1)),
        centers=centers,
        neurons=neurons,
    )


def _apart(contacts: Sequence[Contact], voxels: int) -> list[Contact]:
    """The contacts whose centres lie apart, so that the masks around them do not touch."""
    chosen: list[Contact] = []
    for contact in contacts:
        if all(math.dist(contact.center_zyx, other.center_zyx) > voxels for other in chosen):
            chosen.append(contact)
    return chosen


def _center(clefts: Labels, label: int, z: int) -> Point:
    """The voxel of a mask nearest to the middle of its slice z."""
    y, x = np.nonzero(clefts[z] == label)
    nearest = int(np.argmin((y - y.mean()) ** 2 + (x - x.mean()) ** 2))
    return Point(int(x[nearest]), int(y[nearest]), z)


def _side(
    clefts: Labels, sides: npt.NDArray[np.uint8], synapse: Mapping[str, str], side: int
) -> Point | None:
    """The voxel of one side of a synapse nearest to the middle of that side.

    None where the volume ends before that side.
    """
    box = tuple(slice(int(synapse[f"{axis}0"]), int(synapse[f"{axis}1"]) + 1) for axis in "zyx")
    voxels = np.argwhere((clefts[box] == int(synapse["id"])) & (sides[box] == side))
    if len(voxels) == 0:
        return None
    gaps = ((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1)
    z, y, x = (
        int(at) + span.start for at, span in zip(voxels[int(np.argmin(gaps))], box, strict=True)
    )
    return Point(x, y, z)


def _row(
    center: Point, pre: Point, post: Point, neurons: Sequence[int] = (-1, -1)
) -> dict[str, int]:
    row: dict[str, int] = {}
    for name, point in (("pre_pt_", pre), ("post_pt_", post), ("", center)):
        row |= {f"{name}{axis}": at for axis, at in zip("xyz", point, strict=True)}
    return row | {"pre_neuron_id": neurons[0], "post_neuron_id": neurons[1]}
