"""Refused rows as a file for the person who brought the table."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

from apps.core.errors import NotFoundError
from apps.core.spreadsheets import csv_text
from apps.datasets.gateways.tables import Record, TableError
from apps.datasets.models import RefusedRows, SynapseTable

MOST_KEPT = 10_000  # rows in the file; all are counted
_LONGEST_VALUE = 1_000
_MOST_TEXT = 32 << 20  # characters of all values together


@dataclass
class RefusalReport:
    """The refused rows of one table file. `counted` says what positions are: lines or rows.

    Each row is kept as its position, column and reason, and then its own values.
    """

    file: str
    counted: str
    columns: tuple[str, ...]
    count: int = 0
    are_ids_compared: bool = (
        True  # else rows that repeat the id of an earlier one are not among them
    )
    rows: list[tuple[int, str, str, tuple[str, ...]]] = field(default_factory=list)
    first_sentence: str = ""
    _first_position: int = 0
    _text: int = 0

    @property
    def room(self) -> int:
        """How many more rows are kept."""
        return 0 if self._text > _MOST_TEXT else MOST_KEPT - len(self.rows)

    @property
    def sentence(self) -> str:
        """The first row that is refused, and how many are in all."""
        more = f" {self.count:,} rows are refused in all." if self.count > 1 else ""
        if not self.are_ids_compared:
            more += " Whether rows have the id of an earlier one was not looked at yet."
        return self.first_sentence + more

    def add(self, record: Record, column: str, reason: str, sentence: str) -> None:
        """Keep a row, if there is room; it is counted by the caller."""
        if not self.first_sentence or record.position < self._first_position:
            self.first_sentence, self._first_position = sentence, record.position
        if self.room > 0:
            values = tuple(value[:_LONGEST_VALUE] for value in record.values)
            self.rows.append((record.position, column, reason, values))
            self._text += sum(map(len, values))

    def as_csv(self) -> str:
        """Line or row, column and reason, then the row's own values."""
        head = [self.counted, "column", "reason", *self.columns]
        rows = ([*row[:3], *row[3]] for row in sorted(self.rows, key=lambda row: row[0]))
        return csv_text([head, *rows])


class RefusedRowsError(TableError):
    """Rows of a table cannot be used, so nothing was loaded; `report` lists them."""

    code = "rows_refused"

    def __init__(self, report: RefusalReport) -> None:
        super().__init__(report.sentence, field="table", details={"refused_rows": report.count})
        self.report = report


def keep_refusals(table: SynapseTable, report: RefusalReport) -> None:
    """Keep the file with the version of the table."""
    content = gzip.compress(report.as_csv().encode(), mtime=0)
    RefusedRows.objects.create(
        table=table, count=report.count, kept=len(report.rows), content=content
    )


def refusals_csv(table: SynapseTable) -> str:
    """The file of a table's refused rows again.

    Raises NotFoundError where no row was refused.
    """
    kept = RefusedRows.objects.filter(table=table).first()
    if kept is None:
        raise NotFoundError(f"table: no row of {table} was refused.", field="table")
    return gzip.decompress(kept.content).decode()
