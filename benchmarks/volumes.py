"""A volume to measure on: a piece of phantom tissue, mirrored and repeated to a larger block.

The image has an edge of 4 nm at mip 0 and 8 nm at mip 1, the clefts have 8 nm; slices are 32 nm
thick. There is about one synapse a cubic micrometre, as in cortex. A slight blur, as of a beam,
gives the 8 nm image the size in JPEG and PNG that a real one has (FIB-25: 2.2 bits a pixel at
quality 88), so that the work of the coders is honest.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from apps.datasets.gateways.precomputed_writer import write_precomputed
from apps.voxels.geometry import Point
from apps.voxels.phantom import Phantom, PhantomSpec, make_phantom

CHUNK = (128, 128, 32)
IMAGE_NM = (4.0, 4.0, 32.0)
CLEFT_NM = (8.0, 8.0, 32.0)
BEAM_PIXELS = 0.85  # standard deviation of the blur
Scalar = TypeVar("Scalar", bound=np.generic)
ImageEncoding = Literal["jpeg", "raw"]


@dataclass(frozen=True)
class Block:
    """How large the volume is: `piece` pixels of phantom, repeated `x`, `y`, `z` times."""

    piece: int = 512
    repeats: tuple[int, int, int] = (6, 6, 2)
    synapses: int = 9


@dataclass(frozen=True)
class Synapse:
    """A row of the table, in voxels of the clefts (x, y, z)."""

    centre: Point
    pre_pt: Point
    post_pt: Point

    def moved(self, turn: int) -> Synapse:
        """The same synapse a little aside, so that its cutout is another one."""
        points = (self.centre, self.pre_pt, self.post_pt)
        return Synapse(*(Point(max(0, at.x - turn), at.y, at.z) for at in points))


@dataclass(frozen=True)
class BenchVolume:
    """Addresses of what was written. The synapses are in an order without any place in it."""

    image: str
    clefts: str
    synapses: tuple[Synapse, ...]


FULL = Block()
QUICK = Block(piece=192, repeats=(8, 8, 2), synapses=1)


def write_bench_volume(
    folder: Path, block: Block = FULL, encoding: ImageEncoding = "jpeg", seed: int = 11
) -> BenchVolume:
    """Write image and clefts as precomputed volumes of `CHUNK` into `folder`."""
    spec = PhantomSpec(
        seed=seed,
        shape_zyx=(64, block.piece, block.piece),
        resolution_nm_zyx=IMAGE_NM[::-1],
        synapses=block.synapses,
        missed_rate=0.0,
    )
    phantom = make_phantom(spec)
    sharpness = (0.0, BEAM_PIXELS, BEAM_PIXELS)
    image = _repeat(gaussian_filter(phantom.image, sharpness), block)
    addresses = {
        "image": write_precomputed(
            folder / "image",
            image,
            kind="image",
            resolution_nm_xyz=IMAGE_NM,
            encoding=encoding,
            mips=[_halved(image)],
            chunk_xyz=CHUNK,
        ),
        "clefts": write_precomputed(
            folder / "clefts",
            _labels(phantom, block),
            kind="segmentation",
            resolution_nm_xyz=CLEFT_NM,
            encoding="compressed_segmentation",
            chunk_xyz=CHUNK,
        ),
    }
    synapses = _synapses(phantom, block)
    np.random.default_rng(seed).shuffle(synapses)
    return BenchVolume(**addresses, synapses=tuple(synapses))


NEURON = 1  # all synapses lead from it to nobody known


def write_table(path: Path, synapses: tuple[Synapse, ...], neuron: int = -1) -> Path:
    """The synapses as a table with SynAnno's columns, in their order, all from one neuron."""
    names = [f"{point}_pt_{axis}" for point in ("pre", "post") for axis in "xyz"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "x", "y", "z", "pre_neuron_id", "post_neuron_id"])
        for synapse in synapses:
            writer.writerow([*synapse.pre_pt, *synapse.post_pt, *synapse.centre, neuron, -1])
    return path


def write_fork(folder: Path, synapses: Sequence[Synapse]) -> Path:
    """A folder with the skeleton of `NEURON`, an SWC file in nm: a trunk through the first third of
    the synapses, and from its end two arms through the others."""
    folder.mkdir()
    third = len(synapses) // 3
    lines = []
    for at, synapse in enumerate(synapses):
        x, y, z = (value * nm for value, nm in zip(synapse.pre_pt, CLEFT_NM, strict=True))
        parent = at if at != 2 * third else third  # counted from 1; both arms begin at the trunk
        lines.append(f"{at + 1} 3 {x} {y} {z} 50 {parent if at else -1}")
    (folder / f"{NEURON}.swc").write_text("\n".join(lines))
    return folder


def _places(block: Block) -> list[tuple[int, int, int]]:
    across, down, deep = block.repeats
    return [(z, y, x) for z in range(deep) for y in range(down) for x in range(across)]


def _mirrored(array: npt.NDArray[Scalar], place: tuple[int, int, int]) -> npt.NDArray[Scalar]:
    """Every other repetition along an axis is a mirror image, so that borders fit."""
    return array[tuple(slice(None, None, -1 if at % 2 else 1) for at in place)]


def _repeat(image: npt.NDArray[np.uint8], block: Block) -> npt.NDArray[np.uint8]:
    across, down, deep = block.repeats
    depth, height, width = image.shape
    whole = np.empty((deep * depth, down * height, across * width), np.uint8)
    for z, y, x in _places(block):
        part = (
            slice(z * depth, (z + 1) * depth),
            slice(y * height, (y + 1) * height),
            slice(x * width, (x + 1) * width),
        )
        whole[part] = _mirrored(image, (z, y, x))
    return whole


def _halved(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Half the pixels along y and x, each the mean of four."""
    total = sum(
        image[:, row::2, column::2].astype(np.uint16) for row in (0, 1) for column in (0, 1)
    )
    return np.asarray((total + 2) // 4, dtype=np.uint8)


def _labels(phantom: Phantom, block: Block) -> npt.NDArray[np.uint32]:
    """The cleft labels of every repetition, each a label of its own."""
    labels = np.ascontiguousarray(phantom.clefts[:, ::2, ::2])
    depth, height, width = labels.shape
    across, down, deep = block.repeats
    whole = np.empty((deep * depth, down * height, across * width), np.uint32)
    most = int(labels.max())
    for number, (z, y, x) in enumerate(_places(block)):
        piece = _mirrored(labels, (z, y, x))
        whole[
            z * depth : (z + 1) * depth,
            y * height : (y + 1) * height,
            x * width : (x + 1) * width,
        ] = np.where(piece > 0, piece + np.uint32(number * most), 0)
    return whole


def _synapses(phantom: Phantom, block: Block) -> list[Synapse]:
    depth, height, width = phantom.image.shape
    size = (width // 2, height // 2, depth)

    def moved(point: tuple[int, int, int], place: tuple[int, int, int]) -> Point:
        own = (point[0] // 2, point[1] // 2, point[2])
        return Point(
            *(
                at * extent + (extent - 1 - value if at % 2 else value)
                for value, extent, at in zip(own, size, place[::-1], strict=True)
            )
        )

    return [
        Synapse(
            moved(candidate.center_xyz, place),
            moved(candidate.pre_pt_xyz, place),
            moved(candidate.post_pt_xyz, place),
        )
        for place in _places(block)
        for candidate in phantom.candidates
    ]
