"""`manage.py ingest_volume`: a precomputed volume from HDF5, TIFF, npy, npz or zarr."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from apps.core.commands import SentenceCommand
from apps.datasets.services.cremi import cremi_table, write_cremi_table
from apps.datasets.services.ingestion import (
    Ingested,
    IngestOrder,
    cremi_orders,
    ingest_volume,
)

XYZ = ("X", "Y", "Z")


class Command(SentenceCommand):
    help = (
        "Write a precomputed volume with coarser copies from an array in HDF5, TIFF, npy, npz or "
        "zarr. Stopped or killed, the same command goes on where it was. A file in the layout of "
        "CREMI becomes a folder with the volumes image, neuron and cleft and a table of synapses."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            type=Path,
            help="a file (.h5 .hdf .hdf5 .tif .tiff .npy .npz), or a folder of TIFF files or zarr",
        )
        parser.add_argument("target", help="the folder that the volume becomes")
        parser.add_argument(
            "--kind",
            choices=("image", "segmentation"),
            help="what the numbers are; a file of CREMI says it itself",
        )
        parser.add_argument(
            "--dataset", metavar="NAME", help="which array, in a file that has several"
        )
        parser.add_argument(
            "--axis-order",
            default="zyx",
            metavar="ZYX",
            help="which physical axis each axis of the array holds; default: zyx",
        )
        _add_places(parser)
        _add_storage(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        order = _order(options)
        orders = cremi_orders(order)
        if not orders and options["kind"] is None:
            raise CommandError("kind: say whether it is an image or a segmentation.")
        table = cremi_table(order) if orders else None
        try:
            for each in orders or [order]:
                self.stdout.write(_told(self._ingest(each)))
            if table is not None:
                self.stdout.write(write_cremi_table(table))
        except KeyboardInterrupt:
            raise CommandError("Stopped. The same command goes on where it was.") from None

    def _ingest(self, order: IngestOrder) -> Ingested:
        with tqdm(
            unit="voxel",
            unit_scale=True,
            desc=order.target.name,
            mininterval=0.5,
            disable=None,  # where nobody watches
        ) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            return ingest_volume(order, show)


def _add_places(parser: CommandParser) -> None:
    parser.add_argument(
        "--resolution",
        type=float,
        nargs=3,
        metavar=XYZ,
        help="nm of a voxel; default: what the file says (attribute resolution, HDF5 and zarr)",
    )
    parser.add_argument(
        "--offset",
        type=int,
        nargs=3,
        metavar=XYZ,
        help="place of the first voxel, in voxels; default: what the file says (attribute offset, "
        "in nm), else 0 0 0",
    )


def _add_storage(parser: CommandParser) -> None:
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="image: raw, jpeg, png; segmentation: compressed_segmentation, compresso, raw; "
        "default: the first",
    )
    parser.add_argument(
        "--chunk",
        type=int,
        nargs=3,
        default=(64, 64, 16),
        metavar=XYZ,
        help="voxels of a chunk; default: 64 64 16",
    )
    parser.add_argument(
        "--mips", type=int, metavar="N", help="coarser copies; default: until 256 voxels are left"
    )
    parser.add_argument(
        "--window",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="the values of an image that become 0 and 255; needed for other than uint8 and uint16",
    )
    parser.add_argument(
        "--background",
        type=int,
        nargs="+",
        default=(),
        metavar="ID",
        help="labels of a segmentation that become 0",
    )


def _order(options: Mapping[str, Any]) -> IngestOrder:
    names = ("dataset", "resolution", "offset", "axis_order", "encoding", "mips")
    return IngestOrder(
        source=options["source"],
        target=_folder(options["target"]),
        kind=options["kind"] or "image",
        chunk=tuple(options["chunk"]),
        window=None if options["window"] is None else tuple(options["window"]),
        background=tuple(options["background"]),
        **{name: options[name] for name in names},
    )


def _folder(target: str) -> Path:
    """The folder itself: what is printed of it is an address that volumes may have."""
    return Path(target.removeprefix("precomputed://").removeprefix("file://")).resolve()


def _told(volume: Ingested) -> str:
    finest = volume.levels[0]
    size = "×".join(f"{n:,}" for n in finest.bounds.size)
    nm = "×".join(f"{n:g}" for n in finest.resolution)
    return (
        f"{volume.address}: {size} voxels of {nm} nm, {volume.dtype}, "
        f"{len(volume.levels) - 1} coarser copies."
    )
