"""What every kind of table file gives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Unit, Wanted
from apps.datasets.domain.tables import RawRows
from apps.datasets.gateways.tables.others import Other


class TableError(InvalidInputError):
    """A table that cannot be loaded; the message names the file, the row and the column."""

    code = "table_invalid"


def unusable(sentence: str) -> TableError:
    """A TableError; `sentence` begins with the name of the file."""
    return TableError(f"table: {sentence}", field="table")


@dataclass(frozen=True)
class Told:
    """What a source says of its own rows; a plain file says nothing.

    source: its address with what was chosen there, such as a version. unit: the only one that its
    coordinates have. resolution: nm along x, y, z of a voxel. mapping: which column holds what, as
    `layout_of_mapping` reads it; None where the columns themselves tell.
    """

    source: str
    unit: Unit
    resolution: tuple[float, float, float]
    mapping: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Record:
    """A row as it stands in the file: its line (or number, from 1) and its values as text."""

    position: int
    values: tuple[str, ...]


class Batch(Protocol):
    """Some rows after each other."""

    @property
    def first(self) -> int:
        """The number of the first row in the file, from 0."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def rows(self, wanted: Sequence[Wanted]) -> RawRows:
        """The values of some columns. Raises TableError for a column of the wrong type."""

    def others(self, names: Sequence[str]) -> list[Other]:
        """The values of some columns as they are, to be kept."""

    @property
    def recorded(self) -> tuple[str, ...]:
        """The columns that `records` gives: those of CSV all, of others those that are read."""

    def records(self, places: Sequence[int]) -> list[Record]:
        """Some rows, by their places in the batch, as they stand in the file."""


class TableFile(Protocol):
    """A file with a table. Reading it takes memory for few batches, whatever its size."""

    @property
    def name(self) -> str:
        """The file's name, for messages."""

    @property
    def counted(self) -> str:
        """What positions count: "line" or "row"."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as they are."""

    @property
    def keepable(self) -> tuple[str, ...]:
        """The columns that `others` of a batch can give."""

    @property
    def told(self) -> Told | None:
        """What the source says of itself."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows from the beginning; a batch can be asked for these columns only.

        Raises TableError for a file that is damaged.
        """


def records_at(
    file: TableFile, numbers: Collection[int], columns: Sequence[str]
) -> dict[int, Record]:
    """Some rows, by their numbers from 0, as they stand in the file; reads it anew.

    With the `columns` of before: they decide what records show, and for some sources the order.
    """
    found: dict[int, Record] = {}
    for batch in file.batches(columns):
        inside = sorted(n for n in numbers if batch.first <= n < batch.first + batch.count)
        records = batch.records([number - batch.first for number in inside])
        found |= dict(zip(inside, records, strict=True))
        if len(found) == len(set(numbers)):
            break
    return found
