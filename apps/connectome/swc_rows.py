"""The lines of an SWC file: a vertex each, with its number, type, place, radius and the number that
it hangs on. Plain Python, so that the web process can check a file that somebody sends."""

from __future__ import annotations

import math
from dataclasses import dataclass

from apps.connectome.errors import SkeletonError

MOST_VERTICES = 2_000_000
# Beyond it, sums of squares lose the digits that tell neighbours apart. A metre has 1e9 nm.
FARTHEST_NM = 1e12
NOTHING = -1  # what a root hangs on

_COLUMNS = ("number", "type", "x", "y", "z", "radius", "parent")


@dataclass(frozen=True)
class SwcRow:
    """A vertex: the line that it stands in, from 1, and what that says. Place and radius (nan where
    it is not known) are in nm. `parent` is the number of another row, its own, or `NOTHING`."""

    line: int
    number: int
    kind: int
    place_nm: tuple[float, float, float]
    radius_nm: float
    parent: int


def read_swc_rows(text: str, name: str, *, nm_per_unit: float = 1.0) -> list[SwcRow]:
    """The vertices in the text of an SWC file, in the order of its lines; at least one.

    Vertices may stand in any order. Columns are parted by blanks or by commas; lines that begin
    with # and empty ones count for nothing. Radii that are not above 0 are not known.

    Raises SkeletonError, naming `name` and the line, for anything else.
    """
    rows: list[SwcRow] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if len(rows) == MOST_VERTICES:
            raise SkeletonError(f"{name} holds over {MOST_VERTICES:,} vertices, which is the most.")
        rows.append(_row(line, f"{name}, line {number}", number, nm_per_unit))
    if not rows:
        raise SkeletonError(f"{name} holds no vertices.")
    _check_numbers(rows, name)
    return rows


def _row(line: str, where: str, number: int, nm_per_unit: float) -> SwcRow:
    fields = line.split(",") if "," in line else line.split()
    if len(fields) != len(_COLUMNS):
        raise SkeletonError(
            f"{where}: it has {len(fields)} columns instead of {len(_COLUMNS)} "
            f"({', '.join(_COLUMNS)}; decimals take a point)."
        )
    whole = {at: _whole(fields[at], _COLUMNS[at], where) for at in (0, 1, 6)}
    x, y, z = (_place(fields[at], _COLUMNS[at], where, nm_per_unit) for at in (2, 3, 4))
    radius = _decimal(fields[5], "radius", where) * nm_per_unit
    known = math.isfinite(radius) and radius > 0
    return SwcRow(number, whole[0], whole[1], (x, y, z), radius if known else math.nan, whole[6])


def _place(field: str, column: str, where: str, nm_per_unit: float) -> float:
    value = _decimal(field, column, where)
    if not math.isfinite(value):
        raise SkeletonError(f"{where}: {column} is {value}, which is no place.")
    if abs(value * nm_per_unit) > FARTHEST_NM:
        raise SkeletonError(f"{where}: {column} lies over a kilometre away.")
    return value * nm_per_unit


def _whole(field: str, column: str, where: str) -> int:
    value = _decimal(field, column, where)
    if not math.isfinite(value) or value != int(value) or abs(value) > 2**53:
        raise SkeletonError(f"{where}: {column} is {field.strip()[:40]!r}, not a whole number.")
    return int(value)


def _decimal(field: str, column: str, where: str) -> float:
    try:
        return float(field)
    except ValueError as error:
        raise SkeletonError(
            f"{where}: {column} is {field.strip()[:40]!r}, not a number."
        ) from error


def _check_numbers(rows: list[SwcRow], name: str) -> None:
    """Each row has a number of its own, and hangs on one that there is."""
    line_of: dict[int, int] = {}
    for row in rows:
        if row.number < 0:
            raise SkeletonError(f"{name}, line {row.line}: the number {row.number} is below 0.")
        if row.number in line_of:
            raise SkeletonError(
                f"{name}, line {row.line}: the number {row.number} stands in line "
                f"{line_of[row.number]} as well."
            )
        line_of[row.number] = row.line
    for row in rows:
        if row.parent != NOTHING and row.parent not in line_of:
            raise SkeletonError(
                f"{name}, line {row.line}: vertex {row.number} hangs on {row.parent}, which the "
                "file does not hold."
            )
