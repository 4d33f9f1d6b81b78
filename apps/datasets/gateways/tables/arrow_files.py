"""Parquet, Feather and Arrow files, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc, parquet

from apps.datasets.domain.layouts import Kind, Wanted
from apps.datasets.domain.tables import Column, RawRows
from apps.datasets.gateways.tables.arrow_sizes import check_ipc, check_parquet
from apps.datasets.gateways.tables.casting import cast_array
from apps.datasets.gateways.tables.files import Record, unusable
from apps.datasets.gateways.tables.others import (
    Other,
    named_once,
    opaque_columns,
    other_array,
)

ROWS = 1 << 16


@dataclass(frozen=True)
class ArrowBatch:
    """Some rows of a table that knows the types of its columns."""

    name: str
    first: int
    table: pa.RecordBatch

    @property
    def count(self) -> int:
        return int(self.table.num_rows)

    def rows(self, wanted: Sequence[Wanted]) -> RawRows:
        columns = {one.name: self._cast(one) for one in wanted}
        return RawRows(self.first, self.count, columns)

    def others(self, names: Sequence[str]) -> list[Other]:
        return [other_array(self.table.column(name)) for name in names]

    def _cast(self, wanted: Wanted) -> tuple[Column, ...]:
        array = self.table.column(wanted.name)
        columns = cast_array(array, wanted)
        if columns is None:
            raise unusable(f"{self.name}, column {wanted.name} {_why_not(array.type, wanted)}.")
        return columns

    @property
    def recorded(self) -> tuple[str, ...]:
        return tuple(self.table.schema.names)

    def records(self, places: Sequence[int]) -> list[Record]:
        # By column, not as dicts: two columns may have the same name.
        taken = self.table.take(pa.array(places, pa.int64()))
        columns = [column.to_pylist() for column in taken.columns]
        return [
            Record(self.first + place + 1, tuple(_text(column[row]) for column in columns))
            for row, place in enumerate(places)
        ]


def _why_not(kind: Any, wanted: Wanted) -> str:
    what = "lists of three numbers" if wanted.is_list else wanted.kind.value
    reason = f"holds {kind}; it must hold {what}"
    if wanted.kind in (Kind.ROW_ID, Kind.ROOT_ID) and pa.types.is_floating(kind):
        reason += ", and ids above 2^53 are not exact as floats: save it as int64 or uint64"
    return reason


def _text(value: object) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file; row groups are read in pieces."""

    path: Path
    columns: tuple[str, ...]
    opaque: frozenset[str]
    counted: str = "row"
    told: None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def keepable(self) -> tuple[str, ...]:
        return named_once(self.columns, self.opaque)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[ArrowBatch]:
        with _readable(self.name, "Parquet"), parquet.ParquetFile(self.path) as file:
            wanted = None if columns is None else list(dict.fromkeys(columns))
            check_parquet(self.path, file, wanted)
            pieces = file.iter_batches(batch_size=ROWS, columns=wanted)
            yield from _numbered(self.name, pieces)


@dataclass(frozen=True)
class IpcFile:
    """A Feather or Arrow file (`is_stream`: without an index at its end)."""

    path: Path
    columns: tuple[str, ...]
    opaque: frozenset[str]
    is_stream: bool
    counted: str = "row"
    told: None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def keepable(self) -> tuple[str, ...]:
        return named_once(self.columns, self.opaque)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[ArrowBatch]:
        wanted = None
        if columns is not None:
            wanted = sorted(self.columns.index(name) for name in set(columns))
        options = ipc.IpcReadOptions(included_fields=wanted)
        with _readable(self.name, "Feather"), pa.OSFile(str(self.path)) as file:
            check_ipc(self.path, is_stream=self.is_stream)
            yield from _numbered(self.name, _pieces(file, options, is_stream=self.is_stream))


def _pieces(file: Any, options: Any, *, is_stream: bool) -> Iterator[Any]:
    """Record batches, none too large."""
    for batch in _record_batches(file, options, is_stream=is_stream):
        for start in range(0, batch.num_rows, ROWS):
            yield batch.slice(start, ROWS)


def _record_batches(file: Any, options: Any, *, is_stream: bool) -> Iterator[Any]:
    if is_stream:
        yield from ipc.open_stream(file, options=options)
        return
    reader = ipc.open_file(file, options=options)
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _numbered(name: str, pieces: Iterator[Any]) -> Iterator[ArrowBatch]:
    first = 0
    for piece in pieces:
        piece.validate(full=True)
        yield ArrowBatch(name, first, piece)
        first += piece.num_rows


def open_parquet(path: Path) -> ParquetFile:
    """Read the names of the columns.

    Raises TableError.
    """
    with _readable(path.name, "Parquet"), parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        return ParquetFile(path, tuple(schema.names), opaque_columns(schema))


def open_feather(path: Path) -> IpcFile:
    """Read the names of the columns.

    Raises TableError.
    """
    with _readable(path.name, "Feather"), pa.OSFile(str(path)) as file:
        schema = ipc.open_file(file).schema
        return IpcFile(path, tuple(schema.names), opaque_columns(schema), is_stream=False)


def open_stream(path: Path) -> IpcFile:
    """The same for a file without an index, as services send it."""
    with _readable(path.name, "Arrow"), pa.OSFile(str(path)) as file:
        schema = ipc.open_stream(file).schema
        return IpcFile(path, tuple(schema.names), opaque_columns(schema), is_stream=True)


@contextmanager
def _readable(name: str, what: str) -> Iterator[None]:
    """Tell what Arrow finds wrong with a file."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        first_line = str(error).partition("\n")[0][:200].rstrip(".")
        raise unusable(f"{name} cannot be read as {what}: {first_line}.") from error
