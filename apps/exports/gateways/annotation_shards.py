"""The indices of many annotations, in shards: by id, by segment, and by cell.

One shard is made at a time.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from cloudvolume.datasource.precomputed.common import compressed_morton_code

from apps.exports.domain.annotation_levels import Level
from apps.exports.domain.annotation_words import POST, PRE
from apps.exports.domain.annotations import Rows, UInt64s, murmur
from apps.exports.gateways.shards import Sharding, sharding_of, write_shard

_IDS_A_MINISHARD, _CELLS_A_MINISHARD = 9, 2  # bits
_MINISHARDS, _MINISHARDS_OF_CELLS = 6, 3  # bits
_ROWS_A_SHARD = 1 << 15
_NONE = (0).to_bytes(4, "little")
_ONE = (1).to_bytes(4, "little")


class Encoder(Protocol):
    """Makes records of rows."""

    def encoded(self, rows: Rows) -> npt.NDArray[np.void]: ...


def write_by_id(folder: Path, rows: Rows, encoder: Encoder) -> Sharding:
    """Each annotation with its segments, by its id."""
    largest = int(rows["id"].max(initial=0))
    spread = _IDS_A_MINISHARD + _MINISHARDS
    sharding = sharding_of(_IDS_A_MINISHARD, _MINISHARDS, max(0, largest.bit_length() - spread))
    order = np.argsort(rows["id"], kind="stable")
    for part in _pieces(order, rows["id"][order] >> np.uint64(spread)):
        some = rows[part]
        records, width = _bytes_of(some, encoder)
        related = zip(*(some[name].tolist() for name in (PRE, POST)), strict=True)
        contents = (
            records[place * width : (place + 1) * width] + b"".join(map(_list_of, segments))
            for place, segments in enumerate(related)
        )
        ids = some["id"]
        _write(folder, sharding, ids, ids >> np.uint64(_IDS_A_MINISHARD), contents)
    return sharding


def _list_of(segment: int) -> bytes:
    return _ONE + segment.to_bytes(8, "little") if segment else _NONE


def write_related(folder: Path, rows: Rows, name: str, encoder: Encoder) -> Sharding:
    """The annotations of each segment."""
    which = np.flatnonzero(rows[name])
    count = -(-len(which) // _ROWS_A_SHARD)
    sharding = sharding_of(0, _MINISHARDS, max(0, count - 1).bit_length(), by="murmurhash3_x86_128")
    segments = rows[name][which]
    hashes = murmur(segments)
    spread = np.uint64(_MINISHARDS)
    shards = hashes >> spread & np.uint64((1 << sharding["shard_bits"]) - 1)
    order = np.lexsort((rows["id"][which], segments, shards))
    for part in _pieces(order, shards[order]):
        _write_lists(folder, sharding, rows[which[part]], segments[part], hashes[part], encoder)
    return sharding


def write_cells(folder: Path, rows: Rows, level: Level, encoder: Encoder) -> Sharding:
    """The annotations of each cell of a level, in their random order: Neuroglancer shows the first
    of them where there is room for few."""
    bits = sum((size - 1).bit_length() for size in level.grid)
    spread = _CELLS_A_MINISHARD + _MINISHARDS_OF_CELLS
    sharding = sharding_of(
        _CELLS_A_MINISHARD, _MINISHARDS_OF_CELLS, max(0, bits - spread), packing="gzip"
    )
    codes = np.empty(len(level.cells), np.uint64)
    for first in range(0, len(codes), _ROWS_A_SHARD):
        some = slice(first, first + _ROWS_A_SHARD)
        codes[some] = compressed_morton_code(level.cells[some], level.grid)
    order = np.argsort(codes, kind="stable")
    for part in _pieces(order, codes[order] >> np.uint64(spread)):
        hashes = codes[part] >> np.uint64(_CELLS_A_MINISHARD)
        _write_lists(folder, sharding, rows[level.lines[part]], codes[part], hashes, encoder)
    return sharding


def _write_lists(
    folder: Path,
    sharding: Sharding,
    rows: Rows,
    keys: UInt64s,
    hashes: UInt64s,
    encoder: Encoder,
) -> None:
    """A shard of lists, one for each key: rows with the same key follow one another."""
    records, width = _bytes_of(rows, encoder)
    ids = rows["id"].tobytes()
    firsts = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1)))
    ends = [*firsts[1:].tolist(), len(keys)]
    packs = sharding["data_encoding"] == "gzip"

    def contents() -> Iterator[bytes]:
        for start, end in zip(firsts.tolist(), ends, strict=True):
            count = (end - start).to_bytes(8, "little")
            content = count + records[start * width : end * width] + ids[start * 8 : end * 8]
            yield gzip.compress(content, 6, mtime=0) if packs else content

    _write(folder, sharding, keys[firsts], hashes[firsts], contents())


def _write(
    folder: Path, sharding: Sharding, keys: UInt64s, hashes: UInt64s, contents: Iterator[bytes]
) -> None:
    """A shard. `hashes`: of each key, shifted; its last bits are the number of the minishard."""
    minishards: dict[int, dict[int, bytes]] = defaultdict(dict)
    mask = (1 << sharding["minishard_bits"]) - 1
    for key, hashed, content in zip(keys.tolist(), hashes.tolist(), contents, strict=True):
        minishards[hashed & mask][key] = content
    write_shard(folder, sharding, minishards)


def _pieces(order: npt.NDArray[np.int64], shards: UInt64s) -> Iterator[npt.NDArray[np.int64]]:
    """Places that are sorted by their shards, one piece for each shard."""
    if len(order):
        yield from np.split(order, np.flatnonzero(np.diff(shards)) + 1)


def _bytes_of(rows: Rows, encoder: Encoder) -> tuple[bytes, int]:
    """The records of rows, one after the other, and the bytes of one."""
    records = encoder.encoded(rows)
    return records.tobytes(), records.dtype.itemsize
