"""Exports as campaigns grow: how many instances a second each format takes, and the memory of it.

A PostgreSQL of its own takes campaigns whose instances are all judged; one in a hundred has a mask
that somebody drew in three slices. Rows are made by SQL. Each campaign is written as the command
does it, in a process of its own: all formats in one go but the segmentation, which has a go of
its own with one of them, since it reads a volume for each drawn mask. The volume has no voxels
here: how long it takes to read some is not among the figures.

Outcomes are read once for all formats, so a format's own figure is of its writer alone. CPU is that
of the writing process, without the database's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.own_database import own_database, work_in
from benchmarks.result import BenchResult, Goal
from benchmarks.table_files import write_synapses, write_volumes

QUICK = (1_000, 10_000)
FULL = (1_000, 10_000, 100_000, 1_000_000)
SEGMENTED_QUICK, SEGMENTED_FULL = 1_000, 100_000
MEMORY_GOAL_MB = 500.0
GROWTH_GOAL = 1.5
TOGETHER = ("synanno", "csv", "parquet", "masks", "annotations")
SEGMENTATION = "segmentation"
Figures = dict[str, Any]


def run(*, quick: bool) -> BenchResult:
    """Measure with a database that is started for it."""
    return measure(QUICK, SEGMENTED_QUICK) if quick else measure(FULL, SEGMENTED_FULL)


def measure(sizes: Sequence[int], segmented: int) -> BenchResult:
    """The bench with campaigns of these sizes, the smallest first; of that of `segmented` instances
    masks are made a segmentation."""
    measured: dict[int, Figures] = {}
    with own_database() as (settings, folder):
        volumes = write_volumes(folder / "volumes")
        tables = [str(write_synapses(folder / f"{size}.csv", size)) for size in sizes]
        campaigns = _work(settings, "fill", volumes=volumes, tables=tables)["campaigns"]
        for size, campaign in zip(sizes, campaigns, strict=True):
            target = str(folder / f"export-{size}")
            measured[size] = _export(settings, campaign, target, TOGETHER)
            if size == segmented:
                alone = _export(settings, campaign, f"{target}-segmentation", [SEGMENTATION])
                measured[size] |= {"segmentation": alone}
    return as_result(measured)


def _export(
    settings: Mapping[str, str], campaign: int, folder: str, formats: Sequence[str]
) -> Figures:
    return _work(settings, "export", campaign=campaign, folder=folder, formats=[*formats])


def as_result(measured: Mapping[int, Figures]) -> BenchResult:
    """The result of figures by size; goals are held against the largest."""
    smallest, largest = min(measured), max(measured)
    peak = measured[largest]["peak memory, MB"]
    # The smallest begins with what every process has to load; the next one tells more.
    usual = sorted(measured)[1] if len(measured) > 2 else smallest
    growth = measured[usual]["instances/s"] / measured[largest]["instances/s"]
    figures = {f"{size:,} instances": one for size, one in measured.items()}
    goals = [
        Goal(
            f"peak memory of the writing process, MB, {largest:,} instances",
            f"<= {MEMORY_GOAL_MB:g}",
            peak,
            peak <= MEMORY_GOAL_MB,
        ),
        Goal(
            f"time an instance, {largest:,} / {usual:,} instances",
            f"<= {GROWTH_GOAL:g}",
            growth,
            growth <= GROWTH_GOAL,
        ),
    ]
    return BenchResult("exports", figures, goals)


def _work(settings: Mapping[str, str], what: str, **arguments: Any) -> Figures:
    """Have a process do a piece of `exports_work`."""
    return work_in("benchmarks.exports_work", settings, what, **arguments)
