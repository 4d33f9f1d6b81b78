"""Synapse tables as they grow: loading beside a bare COPY, finding instances, making pages.

A PostgreSQL of its own, which writes to disk as in production, takes tables of SynAnno's columns,
from 10^5 rows on. Just before a table is loaded, COPY reads the same CSV text into a table that has
the text's columns and no index, key or check; just after, COPY reads all columns that an instance
has into such a table. Each load is a process of its own, whose peak memory is noted. What the
database itself takes is not among that: it is bounded by its settings. Then about a thousand
instances are looked for by place and by neuron, and one of the tables comes on pages as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.own_database import own_database, work_in
from benchmarks.result import BenchResult, Goal
from benchmarks.table_files import write_synapses, write_volumes

COPY_GOAL = 4.0
QUERY_GOAL_MS = 50.0
PAGES_GOAL_S = 60.0
PAGES_GOAL_ROWS = 1_000_000
# Of each kind. A few take long on a busy machine, so that p95 needs some.
QUERIES, QUERIES_WHEN_QUICK = 60, 20
Figures = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """A table of so many rows, loaded so many times; with `pages` its instances come on pages."""

    rows: int
    times: int
    pages: bool = False

    @property
    def name(self) -> str:
        return f"{self.rows:,} rows"


QUICK = (Size(100_000, 2, pages=True),)
FULL = (Size(100_000, 3), Size(1_000_000, 3, pages=True), Size(10_000_000, 1))


def run(*, quick: bool) -> BenchResult:
    """Measure with a database that is started for it."""
    return measure(QUICK, QUERIES_WHEN_QUICK) if quick else measure(FULL)


def measure(sizes: Sequence[Size], queries: int = QUERIES) -> BenchResult:
    """The bench with tables of given sizes, and so many queries of each kind."""
    with own_database() as (settings, folder):
        few = write_synapses(folder / "few.csv", 100)
        _work(settings, "prepare", path=str(few), volumes=write_volumes(folder / "volumes"))
        measured = {size: _measure(size, settings, folder, queries) for size in sizes}
    return as_result({size.name: figures for size, figures in measured.items()})


def _measure(
    size: Size, settings: Mapping[str, str], folder: Path, queries: int
) -> dict[str, Figures]:
    """Load a table of one size, use it, and delete it again."""
    path = write_synapses(folder / f"{size.rows}.csv", size.rows)
    loads, deleted = [], []
    for turn in range(size.times):
        loads.append(_work(settings, "load", path=str(path), name=path.stem))
        table = loads[-1]["table"]
        if turn < size.times - 1:
            deleted.append(_work(settings, "delete", table=table)["delete, s"])
    used = _work(
        settings, "use", table=table, folder=str(folder), queries=queries, pages=size.pages
    )
    load = _load_figures(size, loads) | {
        "load / bare COPY of all columns": loads[-1]["seconds"] / used["copy of all columns, s"],
        "CSV, MB": path.stat().st_size / 1e6,
        "delete, s": median([*deleted, used["delete, s"]]),
    }
    path.unlink()
    return {"load": load} | {what: used[what] for what in ("queries", "pages") if what in used}


def _load_figures(size: Size, loads: Sequence[Figures]) -> Figures:
    def usual(what: str) -> float:
        return float(median(one[what] for one in loads))

    return {
        "load, s": usual("seconds"),
        "bare COPY, s": usual("bare, s"),
        "load, rows/s": size.rows / usual("seconds"),
        "bare COPY, rows/s": size.rows / usual("bare, s"),
        "load / bare COPY": median(one["seconds"] / one["bare, s"] for one in loads),
        "peak memory, MB": max(one["peak memory, MB"] for one in loads),
        "of that before loading, MB": usual("memory before, MB"),
        "disk, MB": usual("disk, MB"),
        "disk, bytes a row": usual("disk, MB") * 1e6 / size.rows,
    }


def as_result(measured: Mapping[str, Mapping[str, Figures]]) -> BenchResult:
    """The result of figures by size and what was measured; goals are held against the largest."""
    figures: dict[str, Any] = {}
    for what in ("load", "queries", "pages"):
        its = {size: one[what] for size, one in measured.items() if what in one}
        figures |= {what: its} if its else {}
    largest = list(measured)[-1]
    ratio = figures["load"][largest]["load / bare COPY"]
    goals = [Goal(f"load / bare COPY, {largest}", "<= 4", ratio, ratio <= COPY_GOAL)]
    for name, value in figures["queries"][largest].items():
        if name.endswith("p95, ms"):
            holds = value <= QUERY_GOAL_MS
            goals.append(Goal(f"{name}, {largest}", f"<= {QUERY_GOAL_MS:g}", value, holds))
    for size, one in figures.get("pages", {}).items():
        if one["instances"] == PAGES_GOAL_ROWS:
            took = one["all, s"]
            holds = took <= PAGES_GOAL_S
            goals.append(Goal(f"pages, s, {size}", f"<= {PAGES_GOAL_S:g}", took, holds))
    return BenchResult("tables", figures, goals)


def _work(settings: Mapping[str, str], what: str, **arguments: Any) -> Figures:
    """Have a process do a piece of `table_work`."""
    return work_in("benchmarks.table_work", settings, what, **arguments)
