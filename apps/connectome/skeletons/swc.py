"""Read SWC: a line a vertex, with its number, type, place, radius and the number it hangs on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from apps.connectome.skeletons.skeleton import FARTHEST_NM, Skeleton, SkeletonError

MOST_VERTICES = 2_000_000

_COLUMNS = ("number", "type", "x", "y", "z", "radius", "parent")
_SOMA = 1
_NOTHING = -1


@dataclass(frozen=True)
class _Row:
    """A line of the file, its number from 1."""

    line: int
    number: int
    kind: int
    place: tuple[float, float, float]
    radius: float
    parent: int


def read_swc(text: str, name: str, *, nm_per_unit: float = 1.0) -> Skeleton:
    """The skeleton in the text of an SWC file, as it is: `heal` mends pieces and cycles.

    Vertices may stand in any order. Columns are parted by blanks or by commas; lines that begin
    with # and empty ones count for nothing. A vertex that hangs on itself or on -1 is a root.
    Radii that are not above 0 are not known. The soma is of type 1: of several, the thickest of
    those that do not hang on another.

    Raises SkeletonError, naming `name` and the line, for anything else.
    """
    rows = [
        _row(line, number, name)
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not rows:
        raise SkeletonError(f"{name} holds no vertices.")
    if len(rows) > MOST_VERTICES:
        raise SkeletonError(
            f"{name} holds {len(rows):,} vertices; at most {MOST_VERTICES:,} are read."
        )
    place_of = _numbered(rows, name)
    edges = [
        (at, _parent(row, place_of, name))
        for at, row in enumerate(rows)
        if row.parent not in (_NOTHING, row.number)
    ]
    vertices = np.array([row.place for row in rows]) * nm_per_unit
    if (far := np.abs(vertices).max(axis=1) > FARTHEST_NM).any():
        row = rows[int(np.argmax(far))]
        raise SkeletonError(f"{name}, line {row.line}: the place lies over a kilometre away.")
    radii = np.array([row.radius for row in rows]) * nm_per_unit
    return Skeleton(
        vertices, np.array(edges, np.int64).reshape(-1, 2), radii, _soma(rows, place_of)
    )


def _row(line: str, number: int, name: str) -> _Row:
    where = f"{name}, line {number}"
    fields = line.split(",") if "," in line else line.split()
    if len(fields) != len(_COLUMNS):
        raise SkeletonError(
            f"{where}: it has {len(fields)} columns instead of {len(_COLUMNS)} "
            f"({', '.join(_COLUMNS)}; decimals take a point)."
        )
    whole = {at: _whole(fields[at], _COLUMNS[at], where) for at in (0, 1, 6)}
    x, y, z = (_decimal(fields[at], _COLUMNS[at], where) for at in (2, 3, 4))
    for value, axis in zip((x, y, z), "xyz", strict=True):
        if not math.isfinite(value):
            raise SkeletonError(f"{where}: {axis} is {value}, which is no place.")
    radius = _decimal(fields[5], "radius", where)
    known = math.isfinite(radius) and radius > 0
    return _Row(number, whole[0], whole[1], (x, y, z), radius if known else math.nan, whole[6])


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


def _numbered(rows: list[_Row], name: str) -> dict[int, int]:
    """The place in `rows` of each number."""
    place_of: dict[int, int] = {}
    for at, row in enumerate(rows):
        if row.number < 0:
            raise SkeletonError(f"{name}, line {row.line}: the number {row.number} is below 0.")
        if row.number in place_of:
            first = rows[place_of[row.number]].line
            raise SkeletonError(
                f"{name}, line {row.line}: the number {row.number} stands in line {first} as well."
            )
        place_of[row.number] = at
    return place_of


def _parent(row: _Row, place_of: dict[int, int], name: str) -> int:
    if row.parent not in place_of:
        raise SkeletonError(
            f"{name}, line {row.line}: vertex {row.number} hangs on {row.parent}, which the file "
            "does not hold."
        )
    return place_of[row.parent]


def _soma(rows: list[_Row], place_of: dict[int, int]) -> int | None:
    somata = {row.number for row in rows if row.kind == _SOMA}
    tops = [row for row in rows if row.kind == _SOMA and row.parent not in somata - {row.number}]
    candidates = tops or [row for row in rows if row.kind == _SOMA]  # they may hang on each other
    if not candidates:
        return None
    thickest = max(candidates, key=lambda row: 0.0 if math.isnan(row.radius) else row.radius)
    return place_of[thickest.number]
