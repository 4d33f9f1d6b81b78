"""Rows sent to CAVE beside plain posts, and what is lost or doubled where a third of them fails.

Verdicts of a campaign go to the tests' stand-in for CAVE's annotation engine, once by caveclient
alone, in batches of 500 rows that are ready, and once by a delivery: outcomes are read, rows mapped
and noted in the outbox, sent with ids of their own, and noted again. It is done at the pace of the
real engine, which takes 2 ms a row, and as fast as the stand-in can. Then 30 % of all calls go
wrong: an error before, a reply that is lost, a connection that is reset before or after, a delay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.own_database import own_database, work_in
from benchmarks.result import BenchResult, Goal
from benchmarks.table_files import write_synapses, write_volumes
from synanno_server.env import CAVE_BATCH
from tests.support.cave_annotations.running import running_cave

GOAL = 1.2
BATCH = 500
ROW_S = 0.002  # of the real engine: 500 rows in a second
FAULTY = 0.3
Figures = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """Rows at the real pace, and rows as fast as can be and with faults: these by so many calls."""

    paced: int
    many: int
    calls: int


QUICK, FULL = Sizes(2_000, 1_000, calls=20), Sizes(20_000, 100_000, calls=200)


def run(*, quick: bool) -> BenchResult:
    """Measure with a database and a stand-in of its own."""
    return measure(QUICK if quick else FULL)


def measure(sizes: Sizes) -> BenchResult:
    """The bench with so many rows."""
    with own_database() as (settings, folder), running_cave(folder) as cave:
        paths = [
            str(write_synapses(folder / f"{rows}.csv", rows)) for rows in (sizes.paced, sizes.many)
        ]

        def work(what: str, *, batch: int = BATCH, **more: Any) -> Figures:
            own = settings | {CAVE_BATCH.name: str(batch)}
            return work_in("benchmarks.cave_work", own, what, address=cave.address, **more)

        volumes = write_volumes(folder / "volumes")
        few, many = work("prepare", paths=paths, volumes=volumes)["campaigns"]
        cave.take_time(ROW_S)
        paced = _both(work, few, "paced")
        cave.take_time(0.0)
        fast = _both(work, many, "fast")
        cave.disturb(FAULTY, seed=3)
        batch = min(BATCH, sizes.many // sizes.calls)
        faulty = work("deliver", batch=batch, campaign=many, table="faulty")
        happened = cave.told()["happened"]
    return as_result(paced, fast, faulty | {"faults": sum(happened.values())})


def _both(work: Callable[..., Figures], campaign: int, table: str) -> Figures:
    plain = work("post_plainly", campaign=campaign, table=f"plain_{table}")
    ours = work("deliver", campaign=campaign, table=table)
    return {"plain": plain, "ours": ours, "ratio": ours["seconds"] / plain["seconds"]}


def as_result(
    paced: Mapping[str, Any], fast: Mapping[str, Any], faulty: Mapping[str, Any]
) -> BenchResult:
    """The result; the goal is held at the pace of the real engine."""
    ways = {"at CAVE's pace": paced, "stand-in alone": fast}
    figures: Figures = {
        name: {
            "rows": way["ours"]["rows"],
            "plain, rows/s": way["plain"]["rows"] / way["plain"]["seconds"],
            "ours, rows/s": way["ours"]["rows"] / way["ours"]["seconds"],
            "ours, own CPU, s": way["ours"]["cpu, s"],
            "ours / plain": way["ratio"],
        }
        for name, way in ways.items()
    }
    figures[f"{FAULTY:.0%} faults"] = {
        "rows": faulty["rows"],
        "rows/s": faulty["rows"] / faulty["seconds"],
        "faults": faulty["faults"],
        "read back": faulty["read back"],
        "runs": faulty["runs"],
        "lost": faulty["lost"],
        "doubled": faulty["doubled"],
    }
    ratio = paced["ratio"]
    goals = [Goal("ours / plain at CAVE's pace", f"<= {GOAL:g}", ratio, ratio <= GOAL)]
    for what in ("lost", "doubled"):
        count = faulty[what]
        goals.append(Goal(f"rows {what} with {FAULTY:.0%} faults", "<= 0", count, count <= 0))
    return BenchResult("cave", figures, goals)
