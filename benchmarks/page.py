"""How long a page takes from the request to its last byte, with 1 and 16 annotators at once.

A whole copy runs as in production: gunicorn with its default processes and threads, Celery, its
own PostgreSQL and Redis. Pages hold 12 instances of 256×256×6 voxels. Every annotator has a
session and a page of their own; for each page they send `POST lease`, whose response is all that
the first paint needs, then `GET stacks` for all other slices, then `POST submit`.

"prefetched" pages were rendered before they are asked for. "cold" pages were not: Redis holds no
cutout, Celery's processes are new, no chunk is decoded, and Celery renders the pages to come at
the same time, as it does in production. The load comes from threads of the bench itself, which
shares the cores with the server.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from benchmarks.annotators import PageTimes, Server, work_together
from benchmarks.bench_stack import BenchStack, StackOrder, bench_stack
from benchmarks.result import BenchResult, Goal
from benchmarks.volumes import FULL, QUICK, Block

MANY = 16
P95_GOAL_MS, FASTER_GOAL = 50.0, 40.0


@dataclass(frozen=True)
class Effort:
    """How many pages each person does in each run."""

    block: Block
    alone: int
    together: int
    paced: int
    cold: int
    page_every_s: float = 2.0

    @property
    def pages(self) -> int:
        """Enough for all runs, and for the pages that are rendered ahead."""
        return 8 + self.alone + MANY * (self.together + self.paced) + 4 * self.cold


def run(*, quick: bool) -> BenchResult:
    """Measure with a copy that is started for it."""
    if quick:
        return measure(Effort(QUICK, alone=12, together=3, paced=3, cold=2))
    return measure(Effort(FULL, alone=40, together=8, paced=8, cold=8))


def measure(effort: Effort) -> BenchResult:
    """The bench with a given effort."""
    order = StackOrder(effort.block, pages=effort.pages, people=MANY)
    with bench_stack(order) as running:
        server = Server(*running.host, running.campaign)
        work_together(server, running.sessions[:1], 3)  # connections, templates, caches
        running.await_quiet()
        alone = _measured(running, 1, effort.alone)
        together = _measured(running, MANY, effort.together)
        paced = _measured(running, MANY, effort.paced, effort.page_every_s)
        cold = PageTimes()
        for _ in range(effort.cold):
            running.forget_pictures()
            running.await_quiet()
            cold.add(work_together(server, running.sessions[:1], 1))
            running.await_quiet()
    figures: dict[str, Any] = {
        "1 annotator": alone,
        f"{MANY} annotators, a page each {effort.page_every_s:g} s": paced,
        f"{MANY} annotators, no pause": together,
        "1 annotator, cold page": _summary(cold),
    }
    return BenchResult("page", figures, _goals(figures, paced, alone, _summary(cold)))


def _measured(
    running: BenchStack, people: int, pages_each: int, page_every_s: float = 0.0
) -> dict[str, float]:
    """One run with its figures, and what it cost the web server."""
    server = Server(*running.host, running.campaign)
    before, began = _cpu_s(running), time.perf_counter()
    times = work_together(server, running.sessions[:people], pages_each, page_every_s)
    seconds, cpu = time.perf_counter() - began, _cpu_s(running) - before
    pages = len(times.whole)
    running.await_quiet()
    return {
        **_summary(times),
        "pages/s": pages / seconds,
        "web CPU, ms a page": cpu * 1e3 / pages,
    }


def _cpu_s(running: BenchStack) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in running.processes_of("web"))


def _summary(times: PageTimes) -> dict[str, float]:
    """p50 and p95 of what was measured, in ms; KB a page; pictures that were not there."""
    return {
        "first paint p50, ms": median(times.first_paint),
        "first paint p95, ms": _p95(times.first_paint),
        "whole page p50, ms": median(times.whole),
        "whole page p95, ms": _p95(times.whole),
        "submit p50, ms": median(times.submit),
        "first paint, KB": median(times.first_paint_bytes) / 1e3,
        "whole page, KB": median(times.whole_bytes) / 1e3,
        "pages": len(times.whole),
        "pictures that were not there": times.pending,
    }


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _goals(
    figures: dict[str, Any],
    paced: dict[str, float],
    alone: dict[str, float],
    cold: dict[str, float],
) -> list[Goal]:
    ratio = cold["whole page p50, ms"] / alone["whole page p50, ms"]
    first_ratio = cold["first paint p50, ms"] / alone["first paint p50, ms"]
    goals = [
        Goal(f"{what}, {who}", "<= 50", row[what], row[what] <= P95_GOAL_MS)
        for who, row in figures.items()
        if "cold" not in who
        for what in ("first paint p95, ms", "whole page p95, ms")
    ]
    goals.append(Goal("cold / prefetched, first paint", ">= 40", first_ratio, first_ratio >= 40))
    goals.append(Goal("cold / prefetched, whole page", ">= 40", ratio, ratio >= FASTER_GOAL))
    return goals
