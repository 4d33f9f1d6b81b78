"""What is found out about volumes and a table before a dataset is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.tables import Column, RawRows, Rows
from apps.voxels.geometry import Point, Resolution

LOOKED_AT = 1_000  # rows of a table, from its beginning
SHOWN = 5  # instances of a preview
_DRAWN = 8 * SHOWN


@dataclass(frozen=True)
class Scale:
    """One mip of a volume as its info tells it: nm and voxels, in x, y, z."""

    mip: int
    resolution_nm: tuple[float, float, float]
    size: tuple[float, float, float]
    offset: tuple[float, float, float]
    chunk: tuple[float, float, float]
    encoding: str


@dataclass(frozen=True)
class Meaning:
    """What the coordinates of a table may be: voxels of this resolution, or nm (then the
    resolution is that of the voxels which they become)."""

    unit: Unit
    resolution: Resolution


def possible_meanings(
    unit: Unit | None,
    resolution: Resolution | None,
    cleft: Resolution,
    others: Iterable[Resolution],
) -> list[Meaning]:
    """What the coordinates may mean, the usual first; what was said is taken as it was said.

    `others` are resolutions at which somebody may have counted: of the image, of other mips.
    """
    units = [unit] if unit is not None else [Unit.VOXELS, Unit.NM]
    found = []
    for one in units:
        if resolution is not None:
            sizes = [resolution]
        else:
            sizes = [cleft, *(others if one is Unit.VOXELS else ())]
        found += [Meaning(one, size) for size in sizes]
    return list(dict.fromkeys(found))


def most_usable(usable: Sequence[int]) -> int:
    """The place of the meaning under which the most rows can be used; the first of the best."""
    return max(range(len(usable)), key=lambda place: (usable[place], -place))


def first_rows(raw: RawRows, most: int) -> RawRows:
    """The first rows of a batch."""
    if raw.count <= most:
        return raw
    columns = {
        name: tuple(_first_of(column, most) for column in group)
        for name, group in raw.columns.items()
    }
    unread = {row: why for row, why in raw.unread.items() if row < most}
    return RawRows(raw.first, most, columns, unread)


def _first_of(column: Column, most: int) -> Column:
    faults = {row: why for row, why in column.faults.items() if row < most}
    return Column(column.values[:most], column.missing[:most], faults)


@dataclass(frozen=True)
class Drawn:
    """A row of a table that was drawn; `number` from 0, points in voxels of the table."""

    number: int
    source_id: int
    center: Point
    pre_pt: Point | None
    post_pt: Point | None


class Draw:
    """Draws rows of a table whose length nobody knows, each with the same chance.

    Which rows are drawn depends on the seed and on the rows' numbers alone, not on how the table
    comes in pieces.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._best: list[tuple[int, Drawn]] = []

    def may_take(self, first: int, count: int) -> bool:
        """Whether any of these rows would be drawn, if it can be used."""
        if len(self._best) < _DRAWN or count == 0:
            return count > 0
        numbers = np.arange(first, first + count, dtype=np.uint64)
        return bool(_lots(numbers, self._seed).min() < self._best[-1][0])

    def offer(self, rows: Rows) -> None:
        """Take of these rows those whose lot is small enough."""
        lots = _lots(rows.numbers.astype(np.uint64), self._seed)
        for place in np.argsort(lots, kind="stable")[:_DRAWN].tolist():
            self._best.append((int(lots[place]), _drawn(rows, place)))
        self._best.sort(key=_lot_and_number)
        del self._best[_DRAWN:]

    def chosen(self, most: int = SHOWN) -> list[Drawn]:
        """Some of what was drawn, one from each part of the table, in its order."""
        drawn = sorted(self._best, key=lambda one: one[1].number)
        parts = min(most, len(drawn))
        edges = [k * len(drawn) // parts for k in range(parts)] + [len(drawn)]
        return [min(drawn[lo:hi], key=_lot_and_number)[1] for lo, hi in pairwise(edges)]


def _lot_and_number(one: tuple[int, Drawn]) -> tuple[int, int]:
    return one[0], one[1].number


def _drawn(rows: Rows, place: int) -> Drawn:
    points = dict(_points(rows, place))
    return Drawn(
        number=int(rows.numbers[place]),
        source_id=int(rows.source_ids[place]),
        center=Point(*rows.center[place].tolist()),
        pre_pt=points.get("pre_pt"),
        post_pt=points.get("post_pt"),
    )


def _points(rows: Rows, place: int) -> Iterator[tuple[str, Point]]:
    if rows.has_pre_pt[place]:
        yield "pre_pt", Point(*rows.pre_pt[place].tolist())
    if rows.has_post_pt[place]:
        yield "post_pt", Point(*rows.post_pt[place].tolist())


def _lots(numbers: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """A lot for each row, (n,) uint64: the numbers mixed with the seed, as splitmix64 does."""
    mixed = numbers + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
