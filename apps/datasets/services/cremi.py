"""The synapses of a file of CREMI as a table that `create_dataset` takes as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.sources import cremi_layout, open_source
from apps.datasets.gateways.sources.cremi import neurons_at, read_partners
from apps.datasets.services.ingestion import CREMI_BACKGROUND, IngestOrder

NAME = "synapses.csv"
_POINTS = ("pre_pt_", "post_pt_", "")
COLUMNS = (
    *(f"{point}{axis}" for point in _POINTS for axis in "xyz"),
    *("pre_neuron_id", "post_neuron_id"),
)


@dataclass(frozen=True)
class CremiTable:
    """Rows of SynAnno's eleven columns, in voxels of the file's image, and where they go."""

    path: Path
    rows: tuple[tuple[int, ...], ...]


def cremi_table(order: IngestOrder) -> CremiTable | None:
    """The table of a file in CREMI's layout; None where it has no partners.

    Nothing is written yet. Where the order says another resolution or offset than the file, its
    places could not be told in voxels, and there is no table. Raises InvalidInputError.
    """
    if order.dataset is not None or order.resolution is not None or order.offset is not None:
        return None
    layout = cremi_layout(order.source)
    partners = read_partners(order.source) if layout else None
    sizes = _voxel_nm(order.source, layout["image"]) if partners else None
    if partners is None or sizes is None:
        return None
    sides = (partners.pre_nm, partners.post_nm)
    voxels = [np.floor(places / sizes).astype(np.int64) for places in sides]
    centers = (voxels[0] + voxels[1]) // 2
    background = (*order.background, *CREMI_BACKGROUND)
    if "neuron" in layout:
        neurons = [neurons_at(order.source, places, background) for places in sides]
    else:
        neurons = [[-1] * len(centers)] * 2
    points = np.concatenate([array[:, ::-1] for array in (*voxels, centers)], axis=1)
    rows = zip(points.tolist(), *neurons, strict=True)
    path = order.target / NAME
    table = CremiTable(path, tuple((*place, pre, post) for place, pre, post in rows))
    if path.exists() and path.read_text() != _as_csv(table):
        raise InvalidInputError(f"target: {path} exists already; remove it.", field="target")
    return table


def _voxel_nm(path: Path, dataset: str) -> tuple[float, float, float] | None:
    """A voxel of the image in nm (z, y, x), as the file says it."""
    source = open_source(path, dataset)
    source.close()
    return source.facts.resolution_nm


def _as_csv(table: CremiTable) -> str:
    lines = (COLUMNS, *table.rows)
    return "".join(",".join(map(str, line)) + "\n" for line in lines)


def write_cremi_table(table: CremiTable) -> str:
    """Write the table; what is told of it."""
    unfinished = table.path.with_name(f".{NAME}.unfinished")
    unfinished.write_text(_as_csv(table))
    unfinished.replace(table.path)
    return f"{table.path}: {len(table.rows)} synapses, in voxels of the image."
