"""Columns that are kept beside those that are read, on their way into blocks.

Blocks wait in a file without a name until the rows are copied: the database takes one thing at a
time. One file holds all, whatever the size of the table, and goes with the process.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from apps.datasets.domain.column_blocks import ROWS, BlockColumn, Kind, encode_block
from apps.datasets.gateways.tables.files import unusable
from apps.datasets.gateways.tables.others import Other

MOST_BYTES = 16 << 20  # of a block, unpacked: 4 KB a row
_IN_MEMORY = 1 << 20  # bytes
_FRAME = struct.Struct("<III")
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """`ROWS` rows of a file, or the rest of them. source_ids: (n,) int64, little-endian, −1 where
    the row is not loaded; None where the rows' numbers are their ids. content: compressed."""

    number: int
    source_ids: bytes | None
    content: bytes


@dataclass
class BlockWriter:
    """Cuts columns into blocks and keeps them until they are asked for; use it in a `with`.

    Raises TableError where a block would be too large.
    """

    file: str  # for messages
    columns: tuple[str, ...]
    _spool: IO[bytes] = field(  # in memory as long as it is small
        default_factory=partial(tempfile.SpooledTemporaryFile, _IN_MEMORY)
    )
    _waiting: list[tuple[list[Other], Ids | None]] = field(default_factory=list)
    _count: int = 0  # of rows that wait
    _number: int = 0

    def __enter__(self) -> BlockWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, others: list[Other], source_ids: Ids | None) -> None:
        """The next rows of the file, all of them; their `source_ids` (n,) int64."""
        self._waiting.append((others, source_ids))
        self._count += len(others[0].missing)
        while self._count >= ROWS:
            self._write(ROWS)
        self._check_size()

    def finish(self) -> None:
        """There are no more rows."""
        if self._count:
            self._write(self._count)

    def blocks(self) -> Iterator[Block]:
        """All of them, from the first."""
        self._spool.seek(0)
        while frame := self._spool.read(_FRAME.size):
            number, ids, content = _FRAME.unpack(frame)
            yield Block(number, self._spool.read(ids) or None, self._spool.read(content))

    def _write(self, count: int) -> None:
        taken = self._take(count)
        groups = [[others[place] for others, _ in taken] for place in range(len(self.columns))]
        columns = [_block_column(group) for group in groups]
        self._check([len(one.data) for one in columns], count)
        content = pa.compress(encode_block(count, columns), codec="zstd", asbytes=True)
        ids = b"".join(one.astype("<i8").tobytes() for _, one in taken if one is not None)
        self._spool.write(_FRAME.pack(self._number, len(ids), len(content)) + ids + content)
        self._number += 1

    def _take(self, count: int) -> list[tuple[list[Other], Ids | None]]:
        """The first rows that wait."""
        taken: list[tuple[list[Other], Ids | None]] = []
        self._count -= count
        while count:
            others, ids = self._waiting.pop(0)
            size = len(others[0].missing)
            taken.append(_cut(others, ids, 0, count))
            if size > count:
                self._waiting.insert(0, _cut(others, ids, count, size))
            count -= min(size, count)
        return taken

    def _check_size(self) -> None:
        """Few rows that wait may be as large as many."""
        sizes = [
            sum(_size(others[place]) for others, _ in self._waiting)
            for place in range(len(self.columns))
        ]
        self._check(sizes, self._count)

    def _check(self, sizes: Sequence[int], count: int) -> None:
        if sum(sizes) <= MOST_BYTES:
            return
        widest = self.columns[int(np.argmax(sizes))]
        first = self._number * ROWS + 1
        raise unusable(
            f"{self.file} has more than {MOST_BYTES >> 20} MB in rows {first:,} to "
            f"{first + count - 1:,} of the columns that are kept beside those that are read; leave "
            f"out {widest[:40]!r}, the widest."
        )


def _cut(
    others: list[Other], ids: Ids | None, start: int, end: int
) -> tuple[list[Other], Ids | None]:
    rows = slice(start, end)
    parts = [Other(one.kind, one.texts[rows], one.missing[rows]) for one in others]
    return parts, None if ids is None else ids[rows]


def _block_column(group: list[Other]) -> BlockColumn:
    """A column of the pieces of a block."""
    kinds = {one.kind for one in group} - {None}
    kind = kinds.pop() if len(kinds) == 1 else Kind.TEXT
    ends, data, so_far = [], [], 0
    for one in group:
        offsets = _offsets(one.texts)
        ends.append(offsets[1:] - offsets[0] + so_far)
        so_far += int(offsets[-1] - offsets[0])
        values = one.texts.buffers()[2]
        if values is not None:
            data.append(memoryview(values)[offsets[0] : offsets[-1]])
    return BlockColumn(
        kind=kind or Kind.TEXT,
        ends=np.concatenate(ends).astype("<u4").tobytes(),
        missing=np.concatenate([one.missing for one in group]).astype(np.uint8).tobytes(),
        data=b"".join(data),
    )


def _offsets(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Where each text begins and ends in the bytes of all, (n + 1,)."""
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    offsets = np.frombuffer(texts.buffers()[1], kind)
    return offsets[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)


def _size(one: Other) -> int:
    offsets = _offsets(one.texts)
    return int(offsets[-1] - offsets[0])
