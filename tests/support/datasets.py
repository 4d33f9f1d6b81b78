"""Datasets without voxels, for tests that look at geometry and records alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.datasets.models import SynapseTable, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from tests.support.volumes import write_table


def write_info(
    folder: Path,
    *,
    kind: str = "image",
    dtype: str = "uint8",
    size: tuple[int, int, int] = (1024, 1024, 1024),
    offset: tuple[int, int, int] = (0, 0, 0),
    resolution: tuple[float, float, float] = (8, 8, 8),
    channels: int = 1,
) -> str:
    """A precomputed volume that has an info file and no chunks; its address. Order x, y, z."""
    scale: dict[str, Any] = {
        "key": "0",
        "size": list(size),
        "voxel_offset": list(offset),
        "resolution": list(resolution),
        "chunk_sizes": [[64, 64, 64]],
        "encoding": "raw",
    }
    info = {
        "@type": "neuroglancer_multiscale_volume",
        "type": kind,
        "data_type": dtype,
        "num_channels": channels,
        "scales": [scale],
    }
    folder.mkdir(parents=True)
    (folder / "info").write_text(json.dumps(info))
    return f"file://{folder}"


def make_empty_dataset(
    folder: Path,
    rows: list[dict[str, int]],
    *,
    name: str = "empty",
    size: tuple[int, int, int] = (1024, 1024, 1024),
    table_resolution: tuple[float, float, float] | None = None,
) -> SynapseTable:
    """A dataset over such volumes with a table of `rows`."""
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, write_info(folder / "image", size=size)),
        VolumeInput(
            Volume.Kind.CLEFT,
            write_info(folder / "cleft", kind="segmentation", dtype="uint32", size=size),
        ),
    ]
    table = write_table(folder / "synapses.csv", rows)
    return create_dataset(name, volumes, table, table_resolution=table_resolution)
