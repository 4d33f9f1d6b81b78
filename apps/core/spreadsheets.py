"""Files that spreadsheets open."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Where a cell begins: at the start of the text, and, as some spreadsheets part cells, after a
# semicolon, a tab or the end of a line; then what begins a formula.
_FORMULA = re.compile(r"((?:^|[;\t\r\n])\s*)([=+\-@])")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def guarded(value: object) -> object:
    """A cell of which no spreadsheet takes a part for a formula: before what could begin one
    stands an apostrophe. Numbers stay numbers, also those that are text already."""
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return value
        return _FORMULA.sub(r"\1'\2", value)
    return "" if value is None else value


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows as a CSV file, every cell guarded."""
    file = io.StringIO()
    csv.writer(file).writerows([guarded(cell) for cell in row] for row in rows)
    return file.getvalue()
