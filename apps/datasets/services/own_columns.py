"""Which columns of a table are kept beside those that are read, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Layout, told_columns
from apps.datasets.gateways.tables import TableError, TableFile

ALL = "*"
MOST_COLUMNS = 100
_LONGEST_NAME = 200


def other_columns(file: TableFile, layout: Layout) -> tuple[str, ...]:
    """The columns that can be kept, in the order of the file. Of several of the same name none
    can, nor can those that hold bytes."""
    read = set(layout.columns)
    return tuple(one for one in file.keepable if one not in read)


def check_left_out(file: TableFile, leave_out: Sequence[str]) -> None:
    """Raises InvalidInputError for a column that the table has not."""
    unknown = [one for one in leave_out if one != ALL and one not in file.columns]
    if unknown:
        raise InvalidInputError(
            f"leave_out: the table has no column {unknown[0][:40]!r}; it has "
            f"{told_columns(file.columns)}.",
            field="leave_out",
        )


def kept_columns(file: TableFile, layout: Layout, leave_out: Sequence[str]) -> tuple[str, ...]:
    """The columns that are kept. Raises TableError naming leave_out where there are too many, or a
    name is too long."""
    if ALL in leave_out:
        return ()
    kept = tuple(one for one in other_columns(file, layout) if one not in leave_out)
    if len(kept) > MOST_COLUMNS:
        raise _too_much(
            f"{file.name} has {len(kept):,} columns beside those that are read, and at most "
            f"{MOST_COLUMNS} are kept; say which to leave out, or leave out all with {ALL!r}."
        )
    long = [one for one in kept if len(one) > _LONGEST_NAME]
    if long:
        raise _too_much(
            f"{file.name} has a column whose name is longer than {_LONGEST_NAME} characters, "
            f"{long[0][:40]!r} …; shorten the name, or leave out all with {ALL!r}."
        )
    return kept


def _too_much(sentence: str) -> TableError:
    return TableError(f"leave_out: {sentence}", field="leave_out")
