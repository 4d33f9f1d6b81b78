"""Synapse tables of any size, and volumes without voxels that hold their points."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from apps.datasets.domain.layouts import SYNANNO_COLUMNS

SIZE_XYZ = (200_000, 150_000, 6_000)  # voxels: about the space that H01 has
RESOLUTION_NM = (8, 8, 33)
_ROWS_AT_ONCE = 250_000
_FIRST_NEURON = 864_691_128_000_000_000  # ids of eighteen digits, as CAVE's
_REACH = 40  # voxels between a synapse's centre and its points


def write_volumes(folder: Path) -> dict[str, str]:
    """The addresses of an image and a cleft volume that have no chunks."""
    addresses = {}
    for kind, stored, dtype in (("image", "image", "uint8"), ("cleft", "segmentation", "uint64")):
        scale = {"key": "0", "size": SIZE_XYZ, "voxel_offset": [0] * 3, "encoding": "raw"}
        scale |= {"resolution": RESOLUTION_NM, "chunk_sizes": [[64] * 3]}
        info = {"@type": "neuroglancer_multiscale_volume", "type": stored, "data_type": dtype}
        (folder / kind).mkdir(parents=True)
        text = json.dumps({**info, "num_channels": 1, "scales": [scale]})
        (folder / kind / "info").write_text(text, encoding="utf-8")
        addresses[kind] = f"file://{folder / kind}"
    return addresses


def write_synapses(path: Path, count: int, seed: int = 1) -> Path:
    """A CSV file with SynAnno's columns. Synapses lie anywhere, in no order.

    There is a neuron for each thousand synapses, at least a hundred; neurons differ in how many
    they have, as neurons do: the share falls with the root of the rank.
    """
    rng = np.random.default_rng(seed)
    neurons = max(100, count // 1_000)
    with csv.CSVWriter(path, _schema(), write_options=csv.WriteOptions(quoting_style="none")) as to:
        for start in range(0, count, _ROWS_AT_ONCE):
            to.write_batch(_rows(rng, min(_ROWS_AT_ONCE, count - start), neurons))
    return path


def _schema() -> pa.Schema:
    return pa.schema([(name, pa.int64()) for name in SYNANNO_COLUMNS])


def _rows(rng: np.random.Generator, count: int, neurons: int) -> pa.RecordBatch:
    center = np.stack([rng.integers(_REACH, size - _REACH, count) for size in SIZE_XYZ], axis=1)
    pre, post = (center + rng.integers(-_REACH, _REACH, (count, 3)) for _ in range(2))
    ids = (
        _FIRST_NEURON + (neurons * rng.random(count) ** 2).astype(np.int64) * 7_919
        for _ in range(2)
    )
    columns = [*pre.T, *post.T, *center.T, *ids]
    return pa.record_batch([pa.array(column) for column in columns], schema=_schema())
