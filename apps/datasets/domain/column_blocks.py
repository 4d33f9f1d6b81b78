"""Columns that instances have no place for, kept as blocks of `ROWS` rows of a table's file.

A block is its number of rows and of columns, each uint32; then for each column its kind, one byte,
the length of its data, uint32, where the value of each row ends in these data, (rows,) uint32,
whether each row has none, (rows,) bytes, and the data: the values as text in UTF-8, one after the
other. All numbers are little-endian. Reading one row looks at few bytes, and needs no library.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

ROWS = 4096
LONGEST_TOLD = 2_000  # characters of a value
_HEAD = struct.Struct("<II")
_COLUMN = struct.Struct("<BI")
_END = struct.Struct("<I")

# Text, a number, true or false, or what JSON has of these; None where a row has no value.
Value = Any


class Kind(IntEnum):
    """What the values of a column are. Whole numbers of 64 bits are text: JavaScript would lose
    digits of them."""

    TEXT = 0
    WHOLE = 1
    NUMBER = 2
    TRUTH = 3
    JSON = 4


@dataclass(frozen=True)
class BlockColumn:
    """A column of a block of n rows; `ends` (n,) uint32 and `missing` (n,) as bytes."""

    kind: Kind
    ends: bytes
    missing: bytes
    data: bytes


def encode_block(count: int, columns: Sequence[BlockColumn]) -> bytes:
    """The columns of `count` rows as a block."""
    parts = [_HEAD.pack(count, len(columns))]
    for one in columns:
        parts += [_COLUMN.pack(one.kind, len(one.data)), one.ends, one.missing, one.data]
    return b"".join(parts)


def read_block(block: bytes, rows: Iterable[int]) -> dict[int, list[Value]]:
    """The values of some rows, by their places in the block; those beyond its end are left out."""
    count, width = _HEAD.unpack_from(block)
    found: dict[int, list[Value]] = {row: [] for row in rows if 0 <= row < count}
    at = _HEAD.size
    for _ in range(width):
        kind, length = _COLUMN.unpack_from(block, at)
        ends = at + _COLUMN.size
        missing = ends + _END.size * count
        data = missing + count
        for row, values in found.items():
            values.append(
                None if block[missing + row] else _value(Kind(kind), _text(block, ends, data, row))
            )
        at = data + length
    return found


def _text(block: bytes, ends: int, data: int, row: int) -> str:
    start = _END.unpack_from(block, ends + _END.size * (row - 1))[0] if row else 0
    (end,) = _END.unpack_from(block, ends + _END.size * row)
    return block[data + start : data + end].decode()


def _value(kind: Kind, text: str) -> Value:
    if kind is Kind.WHOLE:
        return int(text)
    if kind is Kind.NUMBER:
        number = float(text)
        return number if math.isfinite(number) else text  # JSON has no nan
    if kind is Kind.TRUTH:
        return text == "true"
    if len(text) > LONGEST_TOLD:
        return f"{text[:LONGEST_TOLD]}…"
    return json.loads(text) if kind is Kind.JSON else text


def blocks_of(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The number of the block of each row of a file, and the row's place there."""
    return (divmod(row, ROWS) for row in rows)
