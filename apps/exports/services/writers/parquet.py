"""Outcomes as a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apps.exports.gateways.parquet_files import join_rows, write_rows
from apps.exports.services.writers.base import Wanted, Writer
from apps.exports.services.writers.rows import Rows
from apps.revision.selectors import Outcome


class ParquetWriter(Writer):
    """A row an instance, with the columns of `domain/columns.py` and their types."""

    file_name = "outcomes.parquet"
    growth = 1.5  # dictionaries of a group are larger than those of parts

    def __init__(self, wanted: Wanted) -> None:
        self._rows = Rows(wanted)

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        write_rows(path, self._rows.columns, self._rows.of(part))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        join_rows(target, self._rows.columns, parts)
