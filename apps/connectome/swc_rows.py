"""The lines of an SWC file: a vertex each, with its number, type, place, radius and the number that
it hangs on. Plain Python, so that the web process can check a file that somebody sends."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple, NoReturn

from apps.connectome.errors import SkeletonError

MOST_VERTICES = 2_000_000
# Beyond it, sums of squares lose the digits that tell neighbours apart. A metre has 1e9 nm.
FARTHEST_NM = 1e12
NOTHING = -1  # what a root hangs on

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_COLUMNS = ("number", "type", "x", "y", "z", "radius", "parent")


class SwcRow(NamedTuple):
    """A vertex, as a line says it. Place and radius (nan where it is not known) are in nm. `parent`
    is the number of another row, its own, or `NOTHING`."""

    number: int
    kind: int
    place_nm: tuple[float, float, float]
    radius_nm: float
    parent: int


def check_swc(text: str, name: str) -> None:
    """Raises SkeletonError as `swc_rows` does."""
    for _ in swc_rows(text, name):
        pass


def swc_rows(text: str, name: str, *, nm_per_unit: float = 1.0) -> Iterator[SwcRow]:
    """The vertices in the text of an SWC file, in the order of its lines; at least one. Of those
    that were given out, only the numbers are kept.

    Vertices may stand in any order. Columns are parted by blanks or by commas; lines that begin
    with # and empty ones count for nothing. Radii that are not above 0 are not known.

    Raises SkeletonError, naming `name` and the line, for anything else; that a number stands twice,
    or hangs on none that there is, after the last row.
    """
    lines, numbers, parents = array("q"), array("q"), array("q")
    for at, found in enumerate(_LINE.finditer(text.removeprefix("\ufeff")), start=1):
        line = found[0].strip()
        if not line or line.startswith("#"):
            continue
        if len(numbers) == MOST_VERTICES:
            raise SkeletonError(f"{name} holds over {MOST_VERTICES:,} vertices, which is the most.")
        row = _row(line, f"{name}, line {at}", nm_per_unit)
        if row.number < 0:
            raise SkeletonError(f"{name}, line {at}: the number {row.number} is below 0.")
        lines.append(at)
        numbers.append(row.number)
        parents.append(row.parent)
        yield row
    if not numbers:
        raise SkeletonError(f"{name} holds no vertices.")
    _check_numbers(lines, numbers, parents, name)


def _row(line: str, where: str, nm_per_unit: float) -> SwcRow:
    fields = line.split(",") if "," in line else line.split()
    if len(fields) != len(_COLUMNS):
        raise SkeletonError(
            f"{where}: it has {len(fields)} columns instead of {len(_COLUMNS)} "
            f"({', '.join(_COLUMNS)}; decimals take a point)."
        )
    number = _whole(fields[0], "number", where)
    kind = _whole(fields[1], "type", where)
    x = _place(fields[2], "x", where, nm_per_unit)
    y = _place(fields[3], "y", where, nm_per_unit)
    z = _place(fields[4], "z", where, nm_per_unit)
    radius = _decimal(fields[5], "radius", where) * nm_per_unit
    known = math.isfinite(radius) and radius > 0
    parent = _whole(fields[6], "parent", where)
    return SwcRow(number, kind, (x, y, z), radius if known else math.nan, parent)


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


def _check_numbers(
    lines: Sequence[int], numbers: Sequence[int], parents: Sequence[int], name: str
) -> None:
    """Each row has a number of its own, and hangs on one that there is."""
    known = _all_different(numbers)
    if known is None:
        _name_the_second(lines, numbers, name)
    else:
        for line, number, parent in zip(lines, numbers, parents, strict=True):
            if parent != NOTHING and parent not in known:
                raise SkeletonError(
                    f"{name}, line {line}: vertex {number} hangs on {parent}, which the file does "
                    "not hold."
                )


def _all_different(numbers: Sequence[int]) -> Container[int] | None:
    """The numbers, to look one up among them; None where one stands twice. Mostly they are counted
    through, and need no memory."""
    if all(number == at for at, number in enumerate(numbers, start=numbers[0])):
        return range(numbers[0], numbers[0] + len(numbers))
    known = set(numbers)
    return known if len(known) == len(numbers) else None


def _name_the_second(lines: Sequence[int], numbers: Sequence[int], name: str) -> NoReturn:
    line_of: dict[int, int] = {}
    for line, number in zip(lines, numbers, strict=True):
        if number in line_of:
            raise SkeletonError(
                f"{name}, line {line}: the number {number} stands in line {line_of[number]} as "
                "well."
            )
        line_of[number] = line
    raise AssertionError("no number stands twice")
