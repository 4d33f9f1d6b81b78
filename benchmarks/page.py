"""How long a page takes from the request to its last byte, with 1 and 16 annotators at once.

A whole copy runs as in production: gunicorn with its default processes and threads, Celery, its
own PostgreSQL and Redis. Pages hold 12 instances of 256×256×6 voxels at 8/8 nm. Every annotator
has a login and a page of their own; for each page they send `POST lease`, whose response is all
that the first paint needs, then `GET stacks` for all other slices, then `POST submit`.

All pages were rendered before the run, except in two kinds of run. In "rendered ahead" Celery
renders the pages to come while people work, as in production, from a first page each. "cold" pages
are not rendered at all: Redis holds no cutout, Celery's processes are new, and no chunk is decoded;
the volume lies on the local disk, or behind HTTP where each answer comes after 40 ms. The load
comes from threads of the bench itself, which shares the cores with the server.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.annotators import PageTimes, work_together
from benchmarks.bench_stack import BenchStack, CampaignOrder, bench_stack
from benchmarks.result import BenchResult, Goal
from benchmarks.volumes import FULL, Block

MANY = 16
PAGE_EVERY_S, PAGE_AHEAD_EVERY_S = 2.0, 10.0  # a person needs about a minute
P95_GOAL_MS, FASTER_GOAL = 50.0, 40.0
NEAR, AHEAD, FAR = "local disk", "rendered ahead", "40 ms away"
ABSENT = "pictures that were not there"
SMALL = Block(piece=192, repeats=(4, 4, 2), synapses=1)  # most of a quick run goes into setting up
Figures = dict[str, float]


@dataclass(frozen=True)
class Effort:
    """How many pages each person does in each run; 0 leaves `ahead` away.

    `alike` shows the synapses of the volume again and again: the server does the same for each
    page, and few cutouts are to be rendered beforehand.
    """

    block: Block
    alone: int
    together: int
    paced: int
    ahead: int
    cold: int
    cold_far: int
    alike: bool = False

    @property
    def campaigns(self) -> list[CampaignOrder]:
        """Enough pages for all runs, and for those that are rendered ahead."""
        prefetched = self.alone + MANY * (1 + self.together + self.paced)
        orders = [
            CampaignOrder(NEAR, MANY, pages=prefetched + self.cold + 4, alike=self.alike),
            CampaignOrder(FAR, 1, pages=self.cold_far + 4, far=True, rendered=False),
        ]
        if self.ahead:
            orders.append(CampaignOrder(AHEAD, MANY, MANY * (self.ahead + 4), rendered=False))
        return orders


def run(*, quick: bool) -> BenchResult:
    """Measure with a copy that is started for it."""
    if quick:
        pages = {"alone": 8, "together": 1, "paced": 2, "ahead": 0, "cold": 1, "cold_far": 1}
        return measure(Effort(SMALL, **pages, alike=True))
    return measure(Effort(FULL, alone=40, together=8, paced=8, ahead=4, cold=8, cold_far=8))


def measure(effort: Effort) -> BenchResult:
    """The bench with a given effort."""
    with bench_stack(effort.block, effort.campaigns) as running:
        # Every thread has its connections, as in a server that has run for a while.
        work_together(running.server(NEAR), running.sessions, 1)
        running.await_quiet()
        paced = f"{MANY} annotators, a page each {PAGE_EVERY_S:g} s"
        prefetched = {
            "1 annotator": _measured(running, NEAR, 1, effort.alone),
            paced: _measured(running, NEAR, MANY, effort.paced, PAGE_EVERY_S),
            f"{MANY} annotators without a pause": _measured(running, NEAR, MANY, effort.together),
        }
        if effort.ahead:
            name = f"{MANY} annotators, a page each {PAGE_AHEAD_EVERY_S:g} s, rendered ahead"
            work_together(running.server(AHEAD), running.sessions, 1)
            running.await_quiet()
            prefetched[name] = _measured(running, AHEAD, MANY, effort.ahead, PAGE_AHEAD_EVERY_S)
        cold = {
            NEAR: _cold(running, NEAR, effort.cold),
            FAR: _cold(running, FAR, effort.cold_far),
        }
    return as_result(prefetched, cold)


def as_result(prefetched: Mapping[str, Figures], cold: Mapping[str, Figures]) -> BenchResult:
    """The result of runs by name, the first of them alone, and of cold pages by place."""
    goals = [
        Goal(f"{what}, {who}", "<= 50", row[what], row[what] <= P95_GOAL_MS)
        for who, row in prefetched.items()
        for what in ("first paint p95, ms", "whole page p95, ms")
    ]
    goals += [
        Goal(f"{ABSENT}, {who}", "<= 0", row[ABSENT], row[ABSENT] <= 0)
        for who, row in prefetched.items()
    ]
    alone = next(iter(prefetched.values()))
    for where, row in cold.items():
        for what in ("first paint", "whole page"):
            ratio = row[f"{what} p50, ms"] / alone[f"{what} p50, ms"]
            name = f"cold ({where}) / prefetched, {what}"
            goals.append(Goal(name, ">= 40", ratio, ratio >= FASTER_GOAL))
    cold_rows = {f"1 annotator, cold, {where}": row for where, row in cold.items()}
    return BenchResult("page", {**prefetched, **cold_rows}, goals)


def _measured(
    running: BenchStack, where: str, people: int, pages_each: int, page_every_s: float = 0.0
) -> Figures:
    """One run with its figures, and what it cost the web server."""
    before, began = _web_cpu_s(running), time.perf_counter()
    others = running.cpu_of_others_s()
    sessions = running.sessions[:people]
    times = work_together(running.server(where), sessions, pages_each, page_every_s)
    seconds, cpu_s = time.perf_counter() - began, _web_cpu_s(running) - before
    others = running.cpu_of_others_s() - others
    pages = len(times.whole)
    running.await_quiet()
    return {
        **summary(times),
        "pages/s": pages / seconds,
        "web CPU, ms a page": cpu_s * 1e3 / pages,
        "cores taken by other programs": max(0.0, others / seconds),
    }


def _cold(running: BenchStack, where: str, pages: int) -> Figures:
    """Pages of one person, each after everything was forgotten."""
    times = PageTimes()
    for _ in range(pages):
        running.forget_pictures()
        running.await_quiet()
        times.add(work_together(running.server(where), running.sessions[:1], 1))
        running.await_quiet()
    return summary(times)


def _web_cpu_s(running: BenchStack) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in running.processes_of("web"))


def summary(times: PageTimes) -> Figures:
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
        ABSENT: times.pending,
    }


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
