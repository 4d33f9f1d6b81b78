"""Real volumes from file to cutout, by the commands that a person types."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import compresso
import h5py
import numpy as np
import numpy.typing as npt
import pytest
from django.core.management import call_command

from apps.datasets.models import SynapseTable, Volume
from apps.datasets.selectors import cutout_requests, volumes_of
from apps.datasets.services.rendering import render_cutout
from apps.voxels.cutouts import crop_box
from apps.voxels.frames import decode_frames
from apps.voxels.geometry import Box, Point
from apps.voxels.masks import nearest_component
from apps.voxels.padding import IMAGE_PADDING
from tests.datasets.volumes.stored import read, store
from tests.datasets.volumes.test_ingest import stored
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.tiles import decode_tile
from tests.support.volumes import write_table

pytestmark = pytest.mark.django_db

Voxels = npt.NDArray[Any]
JPEG_ERROR = 4.0  # mean difference in gray levels that compression may make


def created(name: str, table: Path, **volumes: object) -> SynapseTable:
    words = [
        str(word)
        for option, value in volumes.items()
        for word in (f"--{option.replace('_', '-')}", value)
    ]
    call_command("create_dataset", name, "--table", str(table), *words, stdout=io.StringIO())
    return SynapseTable.objects.get(dataset__name=name)


def padded(array: Voxels, box: Box, origin: Point, outside: int) -> Voxels:
    """The box of an array `(z, y, x)` that begins at `origin`, by plain numpy."""
    margin = 64
    wide = np.pad(array, margin, constant_values=outside)
    edges = [
        slice(lo - start + margin, hi - start + margin)
        for lo, hi, start in zip(box.lo, box.hi, origin, strict=True)
    ]
    return wide[edges[2], edges[1], edges[0]]


def check_cutouts(
    table: SynapseTable, image: Voxels, masks: Voxels, crop: Point, origin: Point
) -> None:
    """Each pixel and each voxel of the mask is that of the whole arrays `(z, y, x)`."""
    instances = list(table.instances.order_by("source_id"))
    requests = cutout_requests(table, instances, crop)
    for instance, request in zip(instances, requests, strict=True):
        box = crop_box(instance.center, crop)
        gray = padded(image, box, origin, IMAGE_PADDING).astype(int)
        centre = [size // 2 for size in (crop.z, crop.y, crop.x)]
        nm = list(request.mask.grid.resolution)[::-1]
        mask = nearest_component(padded(masks, box, origin, 0), centre, nm)
        assert mask.any()
        rendered = render_cutout(request)
        for frame in (*decode_frames(rendered.middle), *decode_frames(rendered.rest)):
            slices = frame.header["slices"]
            tile = decode_tile(frame, (crop.y, crop.x))
            assert np.abs(tile.gray - gray[slices]).mean() < JPEG_ERROR
            np.testing.assert_array_equal(tile.mask, mask[slices])


def synapse(point: Point, pre: int, post: int = -1) -> dict[str, int]:
    places = {
        f"{name}{axis}": at
        for name in ("", "pre_pt_", "post_pt_")
        for axis, at in zip("xyz", point, strict=True)
    }
    return places | {"pre_neuron_id": pre, "post_neuron_id": post}


@needs_real_data("precomputed")
def test_microns_in_compresso_with_its_mips(tmp_path: Path) -> None:
    """One of its chunks is unpacked here without CloudVolume; the image is drawn beside it."""
    folder = REAL_DATA / "precomputed" / "test_seg_unsharded"
    packed = (folder / "8_8_40" / "256-512_256-512_448-512.gz").read_bytes()
    labels = compresso.decompress(gzip.decompress(packed)).squeeze().T[:16]
    origin, crop = Point(256, 256, 448), Point(40, 40, 4)
    z, y, x = np.indices(labels.shape)
    image = (60 + x // 2 + y // 8 + z).astype(np.uint8)
    em = store(tmp_path / "em", image, "raw", offset=origin, resolution=(8, 8, 40)).address
    places = ((300, 300, 454), (390, 280, 459), (280, 400, 450), (490, 490, 461))
    points = [Point(*place) for place in places]
    neurons = [int(labels[z - 448, y - 256, x - 256]) for x, y, z in points]
    assert len(set(neurons)) > 2
    rows = [synapse(point, neuron) for point, neuron in zip(points, neurons, strict=True)]
    segmentation = f"precomputed://file://{folder}"
    table = created(
        "microns",
        write_table(tmp_path / "synapses.csv", rows),
        image=em,
        cleft=segmentation,
        neuron=segmentation,
        neuron_mip=1,
        neuropil=segmentation,
        neuropil_mip=2,
    )
    check_cutouts(table, image, labels, crop, origin)
    volumes = volumes_of(table.dataset_id)
    resolutions = [tuple(volumes[kind].grid.resolution) for kind in Volume.Kind]
    assert resolutions == [(8, 8, 40), (8, 8, 40), (16, 16, 40), (32, 32, 40)]
    coarse = read(volumes[Volume.Kind.NEURON], Box(Point(128, 128, 448), Point(256, 256, 464)))
    quarters = np.stack([labels[:, y::2, x::2] for y in (0, 1) for x in (0, 1)])
    assert (quarters == coarse).any(axis=0).mean() > 0.99


@needs_real_data("cremi_B_crop")
def test_a_crop_of_cremi_from_its_file_alone(tmp_path: Path) -> None:
    """Two commands; nobody marked clefts in it, so that the neurons stand for them."""
    source = next((REAL_DATA / "cremi_B_crop").glob("*.hdf"))
    target = tmp_path / "cremi"
    call_command("ingest_volume", str(source), str(target), stdout=io.StringIO())
    address = f"file://{target}"
    table = created(
        "cremi",
        target / "synapses.csv",
        image=f"{address}/image",
        cleft=f"{address}/neuron",
        neuron=f"{address}/neuron",
    )
    with h5py.File(source) as file:
        image = file["volumes/raw"][:]
        neurons = file["volumes/labels/neuron_ids"][:].astype(np.uint64)
        locations = file["annotations/locations"][:]
    np.testing.assert_array_equal(stored(target / "image"), image)
    np.testing.assert_array_equal(stored(target / "neuron"), neurons)
    check_cutouts(table, image, neurons, Point(64, 48, 6), Point(0, 0, 0))
    instances = list(table.instances.order_by("source_id"))
    assert len(instances) == 5
    for number, instance in enumerate(instances):
        pre, post = np.floor(locations[2 * number : 2 * number + 2] / (40, 4, 4)).astype(int)
        assert (instance.pre_pt, instance.post_pt) == (tuple(pre[::-1]), tuple(post[::-1]))
        assert instance.pre_root_id == neurons[tuple(pre)]
        assert instance.post_root_id == neurons[tuple(post)]


@needs_real_data("fib25")
def test_fib25_from_its_arrays(tmp_path: Path) -> None:
    """Image and neurons by `ingest_volume`; the table is of places where neurons touch."""
    source = REAL_DATA / "fib25"
    nm = ("--resolution", "10", "10", "10", "--chunk", "64", "64", "64")
    for name, kind in (("em", "image"), ("segmentations", "segmentation")):
        more = ("--mips", "1") if name == "em" else ("--dataset", "ground_truth")
        words = (str(source / f"{name}.npz"), str(tmp_path / name), "--kind", kind, *nm, *more)
        call_command("ingest_volume", *words, stdout=io.StringIO())
    with np.load(source / "em.npz") as arrays:
        image = arrays["em"]
    with np.load(source / "segmentations.npz") as arrays:
        neurons = arrays["ground_truth"]
    np.testing.assert_array_equal(stored(tmp_path / "em"), image)
    np.testing.assert_array_equal(stored(tmp_path / "segmentations"), neurons)
    cubes = image.reshape(125, 2, 125, 2, 125, 2).transpose(0, 2, 4, 1, 3, 5)
    means = cubes.reshape(125, 125, 125, 8).mean(axis=-1)
    np.testing.assert_array_equal(stored(tmp_path / "em", 1), np.floor(means + 0.5))
    touching = np.argwhere((neurons[:, :, 1:] != neurons[:, :, :-1]) & (neurons[:, :, 1:] > 0))
    rows = [
        synapse(Point(x + 1, y, z), int(neurons[z, y, x + 1]), int(neurons[z, y, x]) or -1)
        for z, y, x in touching[:: len(touching) // 3].tolist()
    ]
    segmentation = f"file://{tmp_path}/segmentations"
    table = created(
        "fib25",
        write_table(tmp_path / "synapses.csv", rows),
        image=f"file://{tmp_path}/em",
        cleft=segmentation,
        neuron=segmentation,
    )
    check_cutouts(table, image, neurons, Point(48, 64, 10), Point(0, 0, 0))
