"""What it costs to render an instance, beside the original's way and the least possible.

Three ways draw the same instances, page by page in turn:

* ours: `render_cutout`, as Celery workers call it, over successive pages. "kept" leaves decoded
  chunks in the process from page to page, as production does; "cold" begins each page with
  nothing: volumes are opened anew and no chunk is kept;
* the original's way, re-implemented in `benchmarks.original_way`, for some instances of each
  page: its instances share nothing, so a share of them tells the cost of all;
* the floor: every chunk that a page touches is decoded once, every atlas that it sends is encoded
  once (`benchmarks.floor`).

The work waits for nothing, so its CPU time is what it takes on a core of its own; wall times are
given beside it and show how busy the machine was.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from apps.datasets.domain import CutoutRequest
from apps.datasets.gateways.volumes import forget_readers
from apps.datasets.services.rendering import render_cutout
from apps.voxels.frames import RenderedCutout
from apps.voxels.geometry import Point
from benchmarks.cutout_pages import TableOrder, pages_of, spread
from benchmarks.floor import FloorWork, floor_work
from benchmarks.original_way import OriginalReaders, draw_instance
from benchmarks.result import BenchResult, Goal
from benchmarks.volumes import FULL, QUICK, BenchVolume, Block, ImageEncoding, write_bench_volume

Result = TypeVar("Result")

IMAGE_MIPS = {"4/8 nm": 0, "8/8 nm": 1}  # image and target; the mip of the image
FASTER_GOAL, FLOOR_GOAL = 10.0, 2.0


@dataclass(frozen=True)
class Effort:
    """How much is measured: pages a case, and how many of their instances the original draws."""

    block: Block
    pages: int
    originals_a_page: int
    others: bool  # cases beside the main ones


@dataclass(frozen=True)
class Case:
    """One row of the result."""

    resolutions: str
    depth: int
    order: TableOrder = TableOrder.BY_PLACE
    encoding: ImageEncoding = "jpeg"

    @property
    def name(self) -> str:
        more: list[str] = [] if self.encoding == "jpeg" else [self.encoding]
        if self.order is not TableOrder.BY_PLACE:
            more.append(self.order.value)
        return ", ".join([f"{self.resolutions}, 256×256×{self.depth}", *more])


MAIN_CASES = [Case(resolutions, depth) for resolutions in ("8/8 nm", "4/8 nm") for depth in (6, 16)]
SHUFFLED_CASES = [Case(name, 6, TableOrder.SHUFFLED) for name in ("8/8 nm", "4/8 nm")]
RAW_CASES = [Case("8/8 nm", 6, encoding="raw")]


@dataclass
class Samples:
    """Milliseconds an instance, one sample a page (or an instance, in the original's way)."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def time(self, action: Callable[[], Result], instances: int) -> Result:
        """Do it and note how long it took; `instances` share the time."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = action()
        self.cpu.append((time.process_time() - cpu) * 1e3 / instances)
        self.wall.append((time.perf_counter() - wall) * 1e3 / instances)
        return result

    @property
    def cpu_ms(self) -> float:
        return median(self.cpu)

    @property
    def wall_ms(self) -> float:
        return median(self.wall)


def run(*, quick: bool) -> BenchResult:
    """Measure all cases on a volume made for it."""
    if quick:
        effort = Effort(QUICK, pages=3, originals_a_page=1, others=False)
    else:
        effort = Effort(FULL, pages=24, originals_a_page=2, others=True)
    return measure(effort)


def measure(effort: Effort) -> BenchResult:
    """The bench with a given effort."""
    with tempfile.TemporaryDirectory(prefix="synanno-bench-") as folder:
        volume = write_bench_volume(Path(folder) / "jpeg", effort.block)
        cases = {case: measure_case(case, volume, effort) for case in MAIN_CASES}
        if effort.others:
            cases |= {case: measure_case(case, volume, effort) for case in SHUFFLED_CASES}
            raw = write_bench_volume(Path(folder) / "raw", QUICK, "raw")
            cases |= {case: measure_case(case, raw, effort) for case in RAW_CASES}
    figures: dict[str, Any] = {case.name: row for case, row in cases.items()}
    figures["unit"] = "ms of CPU time and KB an instance; medians over pages of 12 instances"
    return BenchResult("render", figures, _goals([cases[case] for case in MAIN_CASES]))


def measure_case(case: Case, volume: BenchVolume, effort: Effort) -> dict[str, float]:
    """The figures of one row: first with chunks kept between pages, then cold."""
    pages = spread(
        pages_of(
            volume,
            image_mip=IMAGE_MIPS[case.resolutions],
            crop=Point(256, 256, case.depth),
            order=case.order,
        ),
        effort.pages + 1,
    )
    warm_up, measured = pages[0], pages[1:]
    kept, cold, floor, original = Samples(), Samples(), Samples(), Samples()
    cutouts: list[RenderedCutout] = []
    pictures: list[list[bytes]] = []
    works: list[FloorWork] = []
    readers = OriginalReaders.open(warm_up[0])
    render_page(warm_up, forget=True)
    for page in measured:
        rendered = kept.time(partial(render_page, page), len(page))
        cutouts += rendered
        works.append(floor_work(page, rendered))
        floor.time(works[-1].do, len(page))
        for request in page[:: len(page) // effort.originals_a_page]:
            pictures.append(original.time(partial(draw_instance, request, readers), 1))
    for page, work in zip(measured, works, strict=True):
        cold.time(partial(render_page, page, forget=True), len(page))
        floor.time(work.do, len(page))
    return {
        "ours, kept, ms": kept.cpu_ms,
        "ours, cold, ms": cold.cpu_ms,
        "original's way, ms": original.cpu_ms,
        "floor, ms": floor.cpu_ms,
        "ours, KB": median(cutout.size for cutout in cutouts) / 1e3,
        "original's way, KB": median(sum(map(len, slices)) for slices in pictures) / 1e3,
        "original / ours kept": original.cpu_ms / kept.cpu_ms,
        "original / ours cold": original.cpu_ms / cold.cpu_ms,
        "ours kept / floor": kept.cpu_ms / floor.cpu_ms,
        "ours cold / floor": cold.cpu_ms / floor.cpu_ms,
        "original / ours kept, wall time": original.wall_ms / kept.wall_ms,
        "wall / CPU time": floor.wall_ms / floor.cpu_ms,
    }


def render_page(page: Sequence[CutoutRequest], *, forget: bool = False) -> list[RenderedCutout]:
    """Render the cutouts of a page in their order; `forget` begins as a new process would."""
    if forget:
        forget_readers()
    return [render_cutout(request) for request in page]


def _goals(rows: Sequence[dict[str, float]]) -> list[Goal]:
    """The goals, each held against the worst of the rows."""
    goals = []
    for name in ("original / ours kept", "original / ours cold"):
        least = min(row[name] for row in rows)
        goals.append(
            Goal(f"{name}, least of {len(rows)} cases", ">= 10", least, least >= FASTER_GOAL)
        )
    for name in ("ours kept / floor", "ours cold / floor"):
        most = max(row[name] for row in rows)
        goals.append(Goal(f"{name}, most of {len(rows)} cases", "<= 2", most, most <= FLOOR_GOAL))
    return goals
