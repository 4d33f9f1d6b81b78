"""Small volumes on disk for tests: a phantom as image, clefts and neurons, and its table."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.datasets.gateways.precomputed_writer import write_precomputed
from apps.voxels.phantom import Phantom, PhantomSpec, make_phantom, table_rows

SPEC = PhantomSpec(shape_zyx=(24, 320, 320), synapses=20)


@dataclass(frozen=True)
class PhantomFiles:
    """Where the volumes are, and what is in them."""

    folder: Path
    image: str
    cleft: str
    neuron: str
    table: Path
    phantom: Phantom

    @property
    def rows(self) -> int:
        return len(self.phantom.candidates)

    def copy_to(self, folder: Path) -> PhantomFiles:
        """The same volumes in another folder, for tests that damage them."""
        shutil.copytree(self.folder, folder)
        addresses = {
            name: f"precomputed://file://{folder}/{name}" for name in ("image", "cleft", "neuron")
        }
        return PhantomFiles(
            folder=folder, **addresses, table=folder / self.table.name, phantom=self.phantom
        )


def write_phantom(folder: Path, spec: PhantomSpec = SPEC) -> PhantomFiles:
    """Write a phantom into `folder`, the image losslessly, so that pixels can be compared."""
    phantom = make_phantom(spec)
    z, y, x = spec.resolution_nm_zyx
    addresses = {
        name: write_precomputed(
            folder / name,
            array,
            kind="image" if name == "image" else "segmentation",
            resolution_nm_xyz=(x, y, z),
            encoding="raw" if name == "image" else "compressed_segmentation",
        )
        for name, array in (
            ("image", phantom.image),
            ("cleft", phantom.clefts),
            ("neuron", phantom.neurons),
        )
    }
    return PhantomFiles(
        folder=folder,
        **addresses,
        table=write_table(folder / "synapses.csv", table_rows(phantom)),
        phantom=phantom,
    )


def write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows as a CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
