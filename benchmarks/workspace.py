"""An annotator in a real browser: key to the next page drawn, slice steps, memory of the tab.

A whole copy runs as in production, and Chromium (Playwright, software drawing) in front of it;
both share the cores. Pages hold 12 instances of 256×256×16 voxels at 8/8 nm.

"turns": the volume lies behind HTTP where each read takes 500 ms, nothing is rendered beforehand
but what the opening of a campaign renders; a steady annotator labels, steps slices and turns the
page every so many seconds. A turn is from the key that submits (the time of the input event) until
the frame is painted in which every tile of the next page shows its middle slice. The same along a
neuron, with its map beside the tiles: some turns lead to a page without tiles, on which one looks
for missed synapses, and end when its own controls are there, without Neuroglancer. The parts are
medians of: the key to the request, that to the first byte of its answer (the page is submitted), to
the last (the next page is here), and to the painted frame.

"slice steps": pages that were rendered beforehand; the page's own work for a step, from the event
until its slice is drawn, and the frame in which it is shown; without the wait for the screen.
"first" is the first step on a tile.

"memory": pages turned without a pause, with labels and steps; after a collection of garbage now
and then. Growth is the slope of a straight line through the samples after a warm-up, in which the
browser fills its caches of pictures and compiled code. A busy machine turns fewer pages in the time
that there is; the slope through at least two hundred counts. A quick run is too short, and holds
none of it against a goal.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median, quantiles
from typing import Any

from benchmarks.bench_stack import BenchStack, CampaignOrder, bench_stack
from benchmarks.result import BenchResult, Goal
from benchmarks.volumes import FULL, Block
from benchmarks.workspace_window import How, Memory, Step, Turn, Window, open_browser

SLOW_READ_S = 0.5
SMALL = Block(piece=192, repeats=(6, 6, 2), synapses=1)
FAR, NEAR, ALONG = "500 ms a read", "rendered beforehand", "along a neuron"
DEPTH = 16
TURN_GOAL_MS = 150.0
FRAME_GOAL_MS = 16.7
PAGES_OF_A_DAY = 500
WARM_UP_PAGES = 100  # the browser's caches are full after 60
FEWEST_PAGES = 200  # the slope through fewer says nothing of 500
MEMORY_GOALS = {"nodes": 200.0, "script heap, MB": 2.0, "process, MB": 40.0}
Figures = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """How many pages are turned, one every so many seconds."""

    pages: int
    every_s: float

    @property
    def name(self) -> str:
        return f"turns, a page each {self.every_s:g} s"


@dataclass(frozen=True)
class Effort:
    """The paces on slow storage, the first one with the goal; tiles stepped; pages for memory."""

    block: Block
    paces: Sequence[Pace]
    step_tiles: int
    memory_pages: int
    memory_within_s: float  # a machine that is busy turns fewer pages
    sample_every: int
    warm_up: int  # pages whose memory does not count
    along: Pace  # along a neuron, on slow storage

    @property
    def campaigns(self) -> list[CampaignOrder]:
        far = sum(pace.pages + 1 for pace in self.paces) + 4
        near = self.memory_pages + 4
        return [
            CampaignOrder(FAR, 1, far, depth=DEPTH, far=True, rendered=False),
            CampaignOrder(NEAR, 1, near, depth=DEPTH, alike=True),
            CampaignOrder(
                ALONG, 1, self.along.pages, depth=DEPTH, far=True, rendered=False, along=True
            ),
        ]


def run(*, quick: bool) -> BenchResult:
    """Measure with a copy that is started for it."""
    if quick:
        few = Effort(SMALL, [Pace(2, 2.0)], 2, 3, 20.0, 1, warm_up=0, along=Pace(2, 1.5))
        return measure(few)
    paces = [Pace(36, 5.0), Pace(16, 2.5)]
    pages = WARM_UP_PAGES + PAGES_OF_A_DAY
    many = Effort(FULL, paces, 12, pages, 300.0, 25, warm_up=WARM_UP_PAGES, along=Pace(15, 5.0))
    return measure(many)


def measure(effort: Effort) -> BenchResult:
    """The bench with a given effort."""
    with open_browser() as browser, bench_stack(effort.block, effort.campaigns, SLOW_READ_S) as run:
        address, session = run.stack.address, run.sessions[0]
        window = Window(browser, address, run.campaigns[FAR], session)
        turns = {pace.name: _turn_pages(run, window, pace) for pace in effort.paces}
        window.close()
        window = Window(browser, address, run.campaigns[ALONG], session)
        turns[f"{ALONG}, {effort.along.name}"] = _turn_pages(run, window, effort.along)
        window.close()
        run.await_quiet()
        window = Window(browser, address, run.campaigns[NEAR], session)
        steps = _step_slices(window, effort.step_tiles)
        samples = [one for one in _turn_many(window, effort) if one[0] >= effort.warm_up]
        long_tasks = window.long_tasks()
        window.close()
    return as_result(turns, steps, samples, long_tasks)


def as_result(
    turns: Figures, steps: Figures, samples: Sequence[tuple[int, Memory]], long_tasks: int
) -> BenchResult:
    """The result of turns by pace, of steps by what they were done with, and of memory."""
    steady, paced = next(iter(turns.items()))
    growth = memory_growth(samples)
    goals = [_at_most(f"key to next page p95, ms, {steady}", TURN_GOAL_MS, paced["p95, ms"])]
    goals += [
        _at_most(f"slice step by {how}, page's work p95, ms", FRAME_GOAL_MS, row["p95, ms"])
        for how, row in steps.items()
    ]
    if growth["of pages"] >= FEWEST_PAGES:
        goals += [
            _at_most(f"growth over 500 pages, {what}", goal, growth[what])
            for what, goal in MEMORY_GOALS.items()
        ]
    figures = {
        **turns,
        "slice steps": steps,
        "memory": {
            f"after {page} pages: heap MB, nodes, listeners, process MB": [
                round(memory.heap_mb, 2),
                memory.nodes,
                memory.listeners,
                round(memory.process_mb, 1),
            ]
            for page, memory in samples
        },
        "growth over 500 pages": growth,
        "tasks of more than 50 ms, steps and memory": long_tasks,
    }
    return BenchResult("workspace", figures, goals)


def _at_most(what: str, limit: float, figure: float) -> Goal:
    return Goal(what, f"<= {limit:g}", figure, figure <= limit)


def _turn_pages(run: BenchStack, window: Window, pace: Pace) -> Figures:
    """Turn pages at a pace, with some work on each."""
    before, reads = len(window.turns()), len(run.far_reads)
    others, began = run.cpu_of_others_s(), time.monotonic()
    for page in range(pace.pages):
        _work_on_page(window, page)
        time.sleep(max(0.0, began + (page + 1) * pace.every_s - time.monotonic()))
        window.turn_page()
    seconds = time.monotonic() - began
    others = run.cpu_of_others_s() - others  # the browser is a child of this process: it is ours
    return {
        **turn_figures(window.turns()[before:]),
        "reads of the storage, a page": (len(run.far_reads) - reads) / pace.pages,
        "cores taken by other programs": max(0.0, others / seconds),
    }


def _work_on_page(window: Window, page: int) -> None:
    """Look around, and label two tiles; where there are none, nothing."""
    if window.tiles == 0:
        return
    for tile in (page % window.tiles, (page + 5) % window.tiles):
        window.point_at(tile)
        window.page.locator(".tile__face").nth(tile).click()
        window.press(".", ".", ",")


def turn_figures(turns: Sequence[Turn]) -> Figures:
    """p50 and p95 in ms, and the medians of the parts, of turns to pages with tiles; beside them
    the median of those to pages without."""
    searches = [turn.painted for turn in turns if turn.is_search]
    turns = [turn for turn in turns if not turn.is_search]
    to_searches = {"to a page without tiles, ms": median(searches)} if searches else {}
    return {
        **_p50_p95([turn.painted for turn in turns]),
        "key to request, ms": median(turn.sent for turn in turns),
        "submitted, ms": median(turn.accepted - turn.sent for turn in turns),
        "next page handed out, ms": median(turn.brought - turn.accepted for turn in turns),
        "decode and paint, ms": median(turn.painted - turn.brought for turn in turns),
        "slowest, ms": max(turn.painted for turn in turns),
        "pages": len(turns),
        **to_searches,
    }


def _step_slices(window: Window, tiles: int) -> Figures:
    """Step through the stacks of some tiles by wheel, then through those of others by keys."""
    hows: tuple[How, ...] = ("wheel", "key")
    found: dict[str, list[list[Step]]] = {how: [] for how in hows}
    for how in hows:
        window.await_all_slices()
        for tile in range(min(tiles, window.tiles)):
            if how == "wheel":
                window.point_at(tile)
            elif tile > 0:
                window.press("ArrowRight")
            before = len(window.steps())
            for by in (1, 1, 1, -1, -1, 1, 1, 1):
                window.step(how, by)
            found[how].append(window.steps()[before:])
        window.turn_page()
    return {how: step_figures(each) for how, each in found.items()}


def step_figures(by_tile: Sequence[Sequence[Step]]) -> Figures:
    """The page's work in ms, and frames, of the steps on each of some tiles."""
    steps = [step for tile in by_tile for step in tile]
    return {
        **_p50_p95([step.work for step in steps]),
        "first step on a tile, slowest, ms": max(tile[0].work for tile in by_tile),
        "frames until it is drawn, most": max(step.frames for step in steps),
        "steps": len(steps),
    }


def _turn_many(window: Window, effort: Effort) -> list[tuple[int, Memory]]:
    """Turn pages without a pause; the memory now and then, by how many were turned."""
    samples: list[tuple[int, Memory]] = []
    ends_at = time.monotonic() + effort.memory_within_s
    for page in range(1, effort.memory_pages + 1):
        if time.monotonic() > ends_at and len(samples) > 1:
            break
        _work_on_page(window, page)
        window.turn_page()
        if page % effort.sample_every == 0:
            samples.append((page, window.memory()))
    return samples


def memory_growth(samples: Sequence[tuple[int, Memory]]) -> Figures:
    """What 500 pages would add, by the slope of the samples."""
    pages = [float(page) for page, _ in samples]

    def grown(values: Sequence[float]) -> float:
        return float(linear_regression(pages, values).slope * PAGES_OF_A_DAY)

    memories = [memory for _, memory in samples]
    return {
        "script heap, MB": grown([memory.heap_mb for memory in memories]),
        "nodes": grown([memory.nodes for memory in memories]),
        "listeners": grown([memory.listeners for memory in memories]),
        "process, MB": grown([memory.process_mb for memory in memories]),
        "of pages": pages[-1] - pages[0],
    }


def _p50_p95(values: Sequence[float]) -> Figures:
    cuts = quantiles(values, n=20, method="inclusive") if len(values) > 1 else [*values] * 19
    return {"p50, ms": median(values), "p95, ms": cuts[-1]}
