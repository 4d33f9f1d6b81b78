"""CSV files, in blocks of whole lines.

A block is parsed by Arrow. Only where Arrow finds rows of another length, or where somebody asks
for a row as it stands, is a block parsed again, row by row, by Python.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from apps.datasets.domain.layouts import Wanted
from apps.datasets.domain.tables import Column, RawRows
from apps.datasets.gateways.tables.casting import cast_texts
from apps.datasets.gateways.tables.files import Record, unusable
from apps.datasets.gateways.tables.others import Other, named_once, other_texts

BLOCK = 2 << 20  # bytes; about 20,000 rows of SynAnno's columns
LONGEST_LINE = 16 << 20  # bytes
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvFile:
    """A CSV file in UTF-8 with a header; `data_starts` is the byte after the header."""

    path: Path
    columns: tuple[str, ...]
    data_starts: int
    header_lines: int
    counted: str = "line"
    told: None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def keepable(self) -> tuple[str, ...]:
        return named_once(self.columns)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[CsvBatch]:
        del columns  # Arrow parses them all, and converts those that are asked for.
        first, line = 0, self.header_lines + 1
        for block in _blocks(self.path, self.data_starts, line):
            _check_text(block, self.name, line)
            batch = CsvBatch(block, first, line, self.name, self.columns)
            if batch.count:
                yield batch
            first += batch.count
            line += block.count(b"\n")


def open_csv(path: Path) -> CsvFile:
    """Read the header.

    Raises TableError.
    """
    try:
        with path.open("rb") as file:
            start = file.read(LONGEST_LINE)
    except OSError as error:
        raise unusable(f"{path} cannot be read: {error.strerror}.") from error
    skipped = len(_BOM) if start.startswith(_BOM) else 0
    end = _end_of_header(start, skipped)
    if end is None:
        raise unusable(f"{path.name}, line 1 is longer than {LONGEST_LINE >> 20} MB.")
    try:
        header = start[skipped:end].decode("utf-8")
        names = next(csv.reader(io.StringIO(header, newline=""), strict=True), [])
    except UnicodeDecodeError as error:
        raise unusable(f"{path.name} is not text in UTF-8.") from error
    except csv.Error as error:
        raise unusable(f"{path.name} is not a CSV file: {error}.") from error
    if "\r" in header.rstrip("\r\n") and "\n" not in header:
        raise unusable(f"{path.name} has no line feeds; save it with the lines of Unix or Windows.")
    return CsvFile(path, tuple(names), end, max(header.count("\n"), 1))


def _end_of_header(start: bytes, skipped: int) -> int | None:
    end = _last_whole_line(start[: start.find(b"\n", skipped) + 1])
    while end == 0 or start[:end].count(b'"') % 2:
        found = start.find(b"\n", end)
        if found < 0:
            return None if len(start) == LONGEST_LINE else len(start)
        end = found + 1
    return end


def _blocks(path: Path, start: int, line: int) -> Iterator[bytes]:
    """The file from a byte on, in pieces that end with a row; the last may lack its line feed."""
    kept = b""
    with path.open("rb") as file:
        file.seek(start)
        piece = file.read(BLOCK)
        while piece:
            kept += piece
            piece = file.read(BLOCK)
            end = _last_whole_line(kept) if piece else len(kept)
            if end:
                yield kept[:end]
                line += kept.count(b"\n", 0, end)
                kept = kept[end:]
            elif len(kept) > LONGEST_LINE:
                raise unusable(
                    f"{path.name}, line {line} is longer than {LONGEST_LINE >> 20} MB, or a "
                    "quotation mark in it is not closed."
                )


def _last_whole_line(block: bytes) -> int:
    """Where the last row ends that is whole; 0 if none is. A line may end within quotes."""
    end = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, end)
    while quotes % 2:
        opening = block.rfind(b'"', 0, end)
        before = block.rfind(b"\n", 0, opening) + 1
        quotes -= block.count(b'"', before, end)
        end = before
    return end


def _check_text(block: bytes, name: str, line: int) -> None:
    if block.isascii():
        return
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        line += block.count(b"\n", 0, error.start)
        raise unusable(f"{name}, line {line} is not text in UTF-8.") from error


@dataclass(frozen=True)
class CsvBatch:
    """The rows of a block; `line` is the number of its first line."""

    block: bytes
    first: int
    line: int
    name: str
    columns: tuple[str, ...]

    @cached_property
    def count(self) -> int:
        return len(self._records) if self._is_uneven else self._table.num_rows

    def rows(self, wanted: Sequence[Wanted]) -> RawRows:
        careful = self._is_uneven or b"x" in self.block or b"X" in self.block
        columns = {one.name: self._cast(one, careful=careful) for one in wanted}
        return RawRows(self.first, self.count, columns, self._unread)

    def others(self, names: Sequence[str]) -> list[Other]:
        return [other_texts(self._texts(self.columns.index(name))) for name in names]

    @property
    def recorded(self) -> tuple[str, ...]:
        return self.columns

    def records(self, places: Sequence[int]) -> list[Record]:
        return [self._records[place] for place in places]

    def _cast(self, wanted: Wanted, *, careful: bool) -> tuple[Column, ...]:
        texts = self._texts(self.columns.index(wanted.name))
        return cast_texts(texts, wanted, careful=careful or self._is_uneven)

    def _texts(self, place: int) -> pa.Array:
        """A column as it stands in the file."""
        if self._is_uneven:
            texts = [row.values[place] if place < len(row.values) else "" for row in self._records]
            return pa.array(texts, pa.string())
        return self._table.column(place).combine_chunks()

    @cached_property
    def _parsed(self) -> tuple[pa.Table | None, bool]:
        """What Arrow makes of the block, and whether it met rows of another length."""
        names = [str(place) for place in range(len(self.columns))]
        is_uneven = False

        def pass_over(_: object) -> str:
            nonlocal is_uneven
            is_uneven = True
            return "skip"

        try:
            table = arrow_csv.read_csv(
                io.BytesIO(self.block),
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=LONGEST_LINE),
                parse_options=arrow_csv.ParseOptions(
                    newlines_in_values=b'"' in self.block, invalid_row_handler=pass_over
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None, True
        return table, is_uneven

    @property
    def _is_uneven(self) -> bool:
        return self._parsed[1]

    @property
    def _table(self) -> pa.Table:
        return self._parsed[0]

    @cached_property
    def _unread(self) -> Mapping[int, str]:
        if not self._is_uneven:
            return {}
        most = len(self.columns)
        return {
            place: f"has {'more' if len(row.values) > most else 'fewer'} values than the header"
            for place, row in enumerate(self._records)
            if len(row.values) != most
        }

    @cached_property
    def _records(self) -> list[Record]:
        """Every row with its line, read by Python."""
        text = io.StringIO(self.block.decode("utf-8"), newline="")
        reader = csv.reader(text, strict=True)
        try:
            return [
                Record(self.line + reader.line_num - 1, tuple(values))
                for values in reader
                if values
            ]
        except csv.Error as error:
            line = self.line + max(reader.line_num, 1) - 1
            raise unusable(f"{self.name} is not a CSV file: {error} (line {line}).") from error
