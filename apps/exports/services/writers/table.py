"""Outcomes as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from apps.core.spreadsheets import csv_text
from apps.exports.gateways.part_files import join_texts, write_text
from apps.exports.services.writers.base import Wanted, Writer
from apps.exports.services.writers.rows import Cell, Rows
from apps.revision.selectors import Outcome


class CsvWriter(Writer):
    """A row an instance, with the columns of `domain/columns.py`. No cell of it is a formula to a
    spreadsheet."""

    file_name = "outcomes.csv"
    growth = 1.1

    def __init__(self, wanted: Wanted) -> None:
        self._rows = Rows(wanted)

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        write_text(path, csv_text([_cell(cell) for cell in row] for row in self._rows.of(part)))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        head = csv_text([[column.name for column in self._rows.columns]])
        join_texts(target, parts, head=head)


def _cell(cell: Cell) -> object:
    if isinstance(cell, tuple):
        return "; ".join(cell)
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat()
    return cell
