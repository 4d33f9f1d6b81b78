"""Memory of the web processes after 200 pages each, and of Celery's after 500 cutouts each.

With --quick they do less: the figures say how much.

A whole copy runs with its default settings on volumes at 4/8 nm; 16 annotators lease, look at and
submit pages none of which is rendered before it is asked for, so that Celery renders them all.
RSS counts what a process shares with others, PSS shares that out, USS leaves it away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

from benchmarks.annotators import work_together
from benchmarks.bench_stack import CampaignOrder, bench_stack
from benchmarks.result import BenchResult, Goal
from benchmarks.volumes import FULL, QUICK, Block

MANY = 16
NAME = "bench"
WEB_GOAL_MB, CELERY_GOAL_MB = 120.0, 350.0


@dataclass(frozen=True)
class Effort:
    """`looked_at`: pages looked at by each person; `submitted`: pages handed in by each."""

    block: Block
    submitted: int
    looked_at: int


def run(*, quick: bool) -> BenchResult:
    """Measure with a copy that is started for it."""
    if quick:
        return measure(Effort(QUICK, submitted=1, looked_at=4))
    return measure(Effort(FULL, submitted=5, looked_at=20))


def measure(effort: Effort) -> BenchResult:
    """The bench with a given effort."""
    order = CampaignOrder(NAME, MANY, MANY * (effort.submitted + 1), image_mip=0, rendered=False)
    with bench_stack(effort.block, [order]) as running:
        server = running.server(NAME)
        times = work_together(server, running.sessions, effort.submitted)
        times.add(work_together(server, running.sessions, effort.looked_at, submit=False))
        running.await_quiet()
        rendered = running.rendered_cutouts()
        web_parent, *web = running.processes_of("web")
        celery_parent, *celery = running.processes_of("worker")
        processes = {
            "web process": _largest(web),
            "gunicorn's parent": _largest([web_parent]),
            "Celery process": _largest(celery),
            "Celery's parent": _largest([celery_parent]),
        }
    return as_result(processes, pages=len(times.whole) / len(web), cutouts=rendered / len(celery))


def as_result(
    processes: Mapping[str, Mapping[str, float]], *, pages: float, cutouts: float
) -> BenchResult:
    """The result of what processes take, and of how much they had done."""
    figures = {
        **processes,
        "pages a web process": pages,
        "cutouts a Celery process": cutouts,
    }
    goals = [
        Goal(f"largest {who}, RSS in MB", f"<= {most:g}", figure, figure <= most)
        for who, most in (("web process", WEB_GOAL_MB), ("Celery process", CELERY_GOAL_MB))
        for figure in [processes[who]["RSS, MB"]]
    ]
    return BenchResult("memory", figures, goals)


def _largest(processes: Sequence[psutil.Process]) -> dict[str, float]:
    """The memory of the process with the largest RSS."""
    memory = max((process.memory_full_info() for process in processes), key=lambda m: m.rss)
    return {"RSS, MB": memory.rss / 1e6, "PSS, MB": memory.pss / 1e6, "USS, MB": memory.uss / 1e6}
