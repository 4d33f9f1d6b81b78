"""Rows of results as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from apps.exports.domain.columns import Column, Kind, Value

ROWS_A_GROUP = 1 << 14  # one of them, as it is encoded, is the most that a join holds
_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.INT64: pa.int64(),
    Kind.UINT64: pa.uint64(),
    Kind.FLOAT64: pa.float64(),
    Kind.BOOL: pa.bool_(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
}


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The columns; each tells its unit and what it means in its metadata."""
    return pa.schema(
        pa.field(
            column.name,
            _TYPES[column.kind],
            metadata={"unit": column.unit, "description": column.description},
        )
        for column in columns
    )


def write_rows(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> None:
    """A file of these rows."""
    schema = schema_of(columns)
    cells = [*zip(*rows, strict=True)] or [()] * len(columns)
    arrays = [pa.array(values, field.type) for values, field in zip(cells, schema, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")


def join_rows(target: Path, columns: Sequence[Column], parts: Sequence[Path]) -> None:
    """One file of all parts, in groups of `ROWS_A_GROUP` rows; one group is held at a time."""
    schema = schema_of(columns)
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for group in _groups(parts):
            writer.write_table(group, row_group_size=ROWS_A_GROUP)
            # What is kept for later would be beside all that the other formats take.
            pa.default_memory_pool().release_unused()


def _groups(parts: Sequence[Path]) -> Iterator[pa.Table]:
    """The rows of the parts, so many together; at least one table, if an empty one."""
    tables: list[pa.Table] = []
    for path in parts:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            tables.append(file.read(use_threads=False))  # each thread keeps memory of its own
        while sum(len(table) for table in tables) >= ROWS_A_GROUP:
            whole = pa.concat_tables(tables)
            yield whole.slice(0, ROWS_A_GROUP)
            tables = [whole.slice(ROWS_A_GROUP)]
    if tables and (rest := pa.concat_tables(tables)):
        yield rest
