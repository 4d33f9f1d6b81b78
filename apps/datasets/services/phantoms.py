"""Write a phantom as a folder of precomputed volumes with its synapse table and its truth."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apps.datasets.gateways.precomputed_writer import write_precomputed
from apps.datasets.gateways.tables import COLUMNS
from apps.voxels.phantom import (
    Phantom,
    PhantomSpec,
    downsample_image,
    downsample_labels,
    make_phantom,
    table_rows,
    truth_document,
)

_COARSER_COPIES = 2


@dataclass(frozen=True)
class PhantomFolder:
    """Where the parts of a written phantom are; `true_cleft` belongs to the truth."""

    folder: Path

    @property
    def volumes(self) -> Mapping[str, str]:
        """The address of each volume of a dataset by its kind."""
        return {kind: f"file://{self.folder / kind}" for kind in ("image", "cleft", "neuron")}

    @property
    def table(self) -> Path:
        return self.folder / "synapses.csv"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.json"


def write_phantom(folder: Path, spec: PhantomSpec) -> PhantomFolder:
    """Write the phantom of `spec` into `folder`, or find it written.

    The folder appears under its name when it is complete, so a folder that is there is whole.
    """
    written = PhantomFolder(folder.absolute())
    if folder.exists():
        return written
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    _write_parts(PhantomFolder(unfinished.absolute()), make_phantom(spec))
    unfinished.rename(folder)
    return written


def _write_parts(target: PhantomFolder, phantom: Phantom) -> None:
    z, y, x = phantom.spec.resolution_nm_zyx
    resolution = (x, y, z)
    write_precomputed(
        target.folder / "image",
        phantom.image,
        kind="image",
        resolution_nm_xyz=resolution,
        encoding="jpeg",
        mips=_coarser(phantom.image, downsample_image),
    )
    for name, labels in (
        ("cleft", phantom.clefts),
        ("neuron", phantom.neurons),
        ("true_cleft", phantom.true_clefts),
    ):
        write_precomputed(
            target.folder / name,
            labels,
            kind="segmentation",
            resolution_nm_xyz=resolution,
            encoding="compressed_segmentation",
            mips=_coarser(labels, downsample_labels),
        )
    _write_table(target.table, phantom)
    target.truth.write_text(json.dumps(truth_document(phantom), indent=1), encoding="utf-8")


def _coarser(
    volume: npt.NDArray[np.generic], halve: Callable[..., npt.NDArray[np.generic]]
) -> list[npt.NDArray[np.generic]]:
    copies: list[npt.NDArray[np.generic]] = []
    for _ in range(_COARSER_COPIES):
        volume = halve(volume)
        copies.append(volume)
    return copies


def _write_table(path: Path, phantom: Phantom) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=COLUMNS)
        writer.writeheader()
        writer.writerows(table_rows(phantom))
