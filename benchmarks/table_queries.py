"""How long it takes to find about a thousand instances of a table, by place and by neuron."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from statistics import median, quantiles

from django.db import connection

from apps.datasets.domain.selection import Region, Selection
from apps.datasets.models import SynapseTable
from apps.datasets.selectors import count_instances, find_instances

HITS = 1_000
_MOST = 4 * HITS
_TRIES = 4  # to make a box hold about so many
_TRIES_OF_NEURONS = 20
_SEED = 11
Draw = Callable[[SynapseTable, Random], Selection]


def measure_queries(table_id: int, queries: int) -> dict[str, float]:
    """p50 and p95 in ms, and the usual number of hits, of each kind of query.

    The rows are read as they are used, as instances. Each query is a new one; what it reads may be
    in the database's memory, as that of a table at work is. "again / bare" is what the same query
    takes at once again, beside the least that its rows can cost: those rows by their primary key,
    as Postgres' own values.
    """
    table = SynapseTable.objects.get(pk=table_id)
    figures: dict[str, float] = {}
    kinds: tuple[tuple[str, Draw], ...] = (
        ("sub-volume", _box),
        ("pre ids", _pre_ids),
        ("either ids", _either_ids),
    )
    for name, draw in kinds:
        random = Random(_SEED)
        selections = [draw(table, random) for _ in range(queries)]
        timed = [_timed(table, selection) for selection in selections]
        taken = [one.first_ms for one in timed]
        figures[f"{name}, p50, ms"] = median(taken)
        figures[f"{name}, p95, ms"] = quantiles(taken, n=20)[-1]
        figures[f"{name}, again, p50, ms"] = median(one.again_ms for one in timed)
        figures[f"{name}, again / bare"] = median(one.again_ms / one.bare_ms for one in timed)
        figures[f"{name}, hits"] = median(one.hits for one in timed)
    return figures


@dataclass(frozen=True)
class _Timed:
    """One query: what it took, what the same took again, and its rows by their primary key."""

    first_ms: float
    again_ms: float
    bare_ms: float
    hits: int


def _timed(table: SynapseTable, selection: Selection) -> _Timed:
    times = [time.perf_counter()]
    found = find_instances(table, selection, _MOST)
    times.append(time.perf_counter())
    find_instances(table, selection, _MOST)
    times.append(time.perf_counter())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM datasets_instance WHERE id = ANY (%s)", [[one.pk for one in found]]
        )
        cursor.fetchall()
    times.append(time.perf_counter())
    first, again, bare = ((after - before) * 1000 for before, after in itertools.pairwise(times))
    return _Timed(first, again, bare, len(found))


def _box(table: SynapseTable, random: Random) -> Selection:
    """A box around one of the instances, of the shape of them all, with about `_wanted` of them."""
    lo, hi, center = _extent(table.pk), _extent(table.pk, "max"), _center(table, random)
    wanted = _wanted(table)
    share = (wanted / table.row_count) ** (1 / 3)
    for _ in range(_TRIES):
        half = [max(1, round((high - low) * share / 2)) for low, high in zip(lo, hi, strict=True)]
        (x1, x2), (y1, y2), (z1, z2) = (
            (at - side, at + side) for at, side in zip(center, half, strict=True)
        )
        selection = Selection(box=Region((x1, y1, z1), (x2, y2, z2)))
        hits = count_instances(table, selection).number
        if 0.8 * wanted <= hits <= 1.25 * wanted:
            break
        share *= (wanted / max(hits, 1)) ** (1 / 3)
    return selection


def _pre_ids(table: SynapseTable, random: Random) -> Selection:
    return _neurons(table, random, lambda ids: Selection(pre_ids=ids))


def _either_ids(table: SynapseTable, random: Random) -> Selection:
    return _neurons(table, random, lambda ids: Selection(either_ids=ids))


def _neurons(
    table: SynapseTable, random: Random, select: Callable[[tuple[int, ...]], Selection]
) -> Selection:
    """As many neurons as have about `_wanted` instances; those that have many more are left out."""
    wanted = _wanted(table)
    while True:
        ids: set[int] = set()
        hits = 0
        for _ in range(_TRIES_OF_NEURONS):  # what is missing may be less than any neuron has
            one = _some_neuron(table, random)
            its = count_instances(table, select((one,))).number
            if one not in ids and hits + its <= 1.25 * wanted:
                ids.add(one)
                hits += its
            if hits >= 0.8 * wanted:
                return select(tuple(sorted(ids)))


def _some_neuron(table: SynapseTable, random: Random) -> int:
    (root,) = _row(
        "SELECT pre_root_id FROM datasets_instance WHERE table_id = %s AND id >= %s "
        "AND pre_root_id IS NOT NULL ORDER BY id LIMIT 1",
        [table.pk, _some_id(table, random)],
    )
    return int(root) if root >= 0 else int(root) + 2**64


def _wanted(table: SynapseTable) -> int:
    return min(HITS, table.row_count // 10)


_extents: dict[tuple[int, str], tuple[int, ...]] = {}


def _extent(table_id: int, end: str = "min") -> tuple[int, ...]:
    """The least or the greatest coordinates of a table's instances."""
    if (table_id, end) not in _extents:
        columns = ", ".join(f"{end}(center_{axis})" for axis in "xyz")
        statement = f"SELECT {columns} FROM datasets_instance WHERE table_id = %s"  # noqa: S608 - our own words
        _extents[table_id, end] = _row(statement, [table_id])
    return _extents[table_id, end]


def _center(table: SynapseTable, random: Random) -> tuple[int, ...]:
    return _row(
        "SELECT center_x, center_y, center_z FROM datasets_instance "
        "WHERE table_id = %s AND id >= %s ORDER BY id LIMIT 1",
        [table.pk, _some_id(table, random)],
    )


_ids: dict[int, tuple[int, ...]] = {}


def _some_id(table: SynapseTable, random: Random) -> int:
    if table.pk not in _ids:
        statement = "SELECT min(id), max(id) FROM datasets_instance WHERE table_id = %s"
        _ids[table.pk] = _row(statement, [table.pk])
    first, last = _ids[table.pk]
    return random.randint(first, last)


def _row(statement: str, values: list[int]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(cursor.fetchone())
