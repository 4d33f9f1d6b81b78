"""Files that hold many pieces of a layer each, in Neuroglancer's format of them, which CloudVolume
puts together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloudvolume.datasource.precomputed.sharding import ShardingSpecification

Sharding = dict[str, Any]


def sharding_of(
    preshift: int, minishards: int, shards: int, *, by: str = "identity", packing: str = "raw"
) -> Sharding:
    """How pieces are spread, as an info file has it; all but `by` and `packing` are bits."""
    return {
        "@type": "neuroglancer_uint64_sharded_v1",
        "preshift_bits": preshift,
        "hash": by,
        "minishard_bits": minishards,
        "shard_bits": shards,
        "minishard_index_encoding": "raw",
        "data_encoding": packing,
    }


def write_shard(
    folder: Path, sharding: Sharding, minishards: Mapping[int, Mapping[int, bytes]]
) -> None:
    """A shard with these pieces, by the numbers of their minishards and their keys. They are packed
    already, as `sharding` says."""
    key = next(iter(next(iter(minishards.values()))))
    name, *_ = ShardingSpecification.from_dict(sharding).compute_shard_location(int(key))
    spec = ShardingSpecification.from_dict(sharding | {"data_encoding": "raw"})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.shard").write_bytes(spec.synthesize_shard(minishards, presorted=True))
