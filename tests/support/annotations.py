"""Folders of precomputed annotations: written by Neuroglancer, then laid out as large ones are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cloudvolume.datasource.precomputed.common import compressed_morton_code
from cloudvolume.datasource.precomputed.sharding import ShardingSpecification
from neuroglancer.coordinate_space import CoordinateSpace
from neuroglancer.viewer_state import AnnotationPropertySpec
from neuroglancer.write_annotations import AnnotationWriter

Cell = tuple[int, int, int]
SHARDING = {
    "@type": "neuroglancer_uint64_sharded_v1",
    "preshift_bits": 1,
    "hash": "identity",
    "minishard_bits": 1,
    "shard_bits": 2,
    "minishard_index_encoding": "gzip",
    "data_encoding": "gzip",
}


def write_annotations(
    folder: Path,
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    scales: Sequence[float] = (8, 8, 8),
    unit: str = "nm",
    axes: Sequence[str] = ("x", "y", "z"),
    relationships: Sequence[str] = (),
    properties: Mapping[str, str] | None = None,
) -> str:
    """Write what `AnnotationWriter.add_KIND` takes, with `id`; the address of the folder."""
    writer = AnnotationWriter(
        CoordinateSpace(names=axes, scales=scales, units=[unit] * 3),
        annotation_type=kind,
        relationships=relationships,
        properties=[
            AnnotationPropertySpec(id=name, type=type_)
            for name, type_ in (properties or {}).items()
        ],
    )
    for row in rows:
        getattr(writer, f"add_{kind}")(**row)
    writer.write(folder)
    return f"precomputed://file://{folder}"


def change_info(folder: Path, **changes: Any) -> None:
    """Put other members into the info file."""
    info = json.loads((folder / "info").read_text())
    (folder / "info").write_text(json.dumps(info | changes))


def spread(
    folder: Path, grids: Sequence[Cell], *, sharding: Mapping[str, Any] | None = None, seed: int = 1
) -> None:
    """Spread the one chunk that Neuroglancer writes over the cells of several levels, by chance.

    As the format has it, an annotation that touches several cells is stored in each, at any level.
    """
    info = json.loads((folder / "info").read_text())
    records, ids = _parted(folder / "spatial0" / "0_0_0")
    (folder / "spatial0" / "0_0_0").unlink()
    lower = np.array(info["lower_bound"])
    size = np.maximum(np.array(info["upper_bound"]) - lower, 1)
    vectors = 1 if info["annotation_type"].lower() == "point" else 2
    stored: list[dict[Cell, list[int]]] = [defaultdict(list) for _ in grids]
    random = np.random.default_rng(seed)
    for row, record in enumerate(records):
        ends = np.frombuffer(record, "<f4", vectors * 3).reshape(vectors, 3)
        finest = np.array(grids[-1])
        edges = [(at - lower) / size * finest for at in (ends.min(axis=0), ends.max(axis=0))]
        low, high = (np.clip(edge.astype(int), 0, finest - 1) for edge in edges)
        for offset in np.ndindex(*(high - low + 1)):
            level = int(random.integers(len(grids)))
            cell = (low + offset) * np.array(grids[level]) // finest
            found = stored[level][tuple(cell.tolist())]
            if row not in found:
                found.append(row)
    info["spatial"] = []
    for level, grid in enumerate(grids):
        if not any(stored[level:]):
            break  # as the format has it: until there are no more
        key = f"level{level}"
        chunks = {cell: _list(records, ids, rows) for cell, rows in stored[level].items()}
        entry: dict[str, Any] = {"key": key, "grid_shape": list(grid), "limit": 100}
        entry["chunk_size"] = (size / grid).tolist()
        if sharding is None:
            _write(folder / key, {"_".join(map(str, cell)): x for cell, x in chunks.items()})
        else:
            entry["sharding"] = dict(sharding)
            codes = {
                int(compressed_morton_code([cell], np.array(grid, np.uint32))[0]): content
                for cell, content in chunks.items()
            }
            write_shards(folder / key, codes, sharding)
        info["spatial"].append(entry)
    (folder / "info").write_text(json.dumps(info))


def shard_by_id(folder: Path, sharding: Mapping[str, Any]) -> None:
    """Put the files of the index by id into shards."""
    files = list((folder / "by_id").iterdir())
    contents = {int(file.name): file.read_bytes() for file in files}
    for file in files:
        file.unlink()
    write_shards(folder / "by_id", contents, sharding)
    change_info(folder, by_id={"key": "by_id", "sharding": dict(sharding)})


def write_shards(folder: Path, contents: Mapping[int, bytes], sharding: Mapping[str, Any]) -> None:
    """Shards with these contents by id, as CloudVolume makes them."""
    _write(folder, ShardingSpecification.from_dict(dict(sharding)).synthesize_shards(contents))


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _parted(chunk: Path) -> tuple[list[bytes], list[bytes]]:
    """The records and the ids of a list of annotations."""
    content = chunk.read_bytes()
    count = int.from_bytes(content[:8], "little")
    width = (len(content) - 8) // count - 8
    ends = 8 + count * width
    records = [content[8 + n * width : 8 + (n + 1) * width] for n in range(count)]
    return records, [content[ends + 8 * n : ends + 8 * n + 8] for n in range(count)]


def _list(records: Sequence[bytes], ids: Sequence[bytes], rows: Sequence[int]) -> bytes:
    chosen = [records[row] for row in rows] + [ids[row] for row in rows]
    return len(rows).to_bytes(8, "little") + b"".join(chosen)
