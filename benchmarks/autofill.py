"""Masks filled through depth beside true ones, from one middle slice and from every third.

In the demonstration's volume, and in the prototype's synapses where shared/data is beside the
repository. Synapses with an even label served to make and fit the method; goals and figures are
of those with an odd one. Only slices that were not drawn are scored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import mean
from typing import Any

import numpy as np

from apps.voxels.depth_fill import Filled, Seeds, fill_depth
from benchmarks.autofill_cases import (
    Case,
    Volume,
    cases_of,
    demo_volume,
    every_second,
    every_third,
    middle_seed,
    overlaps,
    prototype_volume,
    repeat_nearest,
)
from benchmarks.autofill_unet import configured_network, fill_with
from benchmarks.result import BenchResult, Goal

Fill = Callable[[Case, Seeds], Filled]

LEAST_IOU, LEAST_GAIN = 0.80, 0.15
MOST_SECONDS = 2.0
QUICK_CASES = 12  # of a volume, scored


@dataclass
class Scores:
    """IoU of slices, in lists as long as there are slices of a kind."""

    ours: list[float] = field(default_factory=list)
    repeated: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)
    between_repeated: list[float] = field(default_factory=list)
    within: list[float] = field(default_factory=list)  # slices with a true mask only
    confidence: list[tuple[float, float]] = field(default_factory=list)  # beside IoU
    too_far: int = 0
    too_near: int = 0
    synapses: int = 0

    def add(self, case: Case, seeds: Sequence[int], filled: Filled) -> None:
        """Score one synapse."""
        self.synapses += 1
        ours = overlaps(case, seeds, filled.mask)
        repeated = overlaps(case, seeds, repeat_nearest(case, seeds))
        self.ours += ours.values()
        self.repeated += repeated.values()
        for z, score in ours.items():
            true, found = case.truth[z].any(), filled.mask[z].any()
            self.too_far += bool(found and not true)
            self.too_near += bool(true and not found)
            if true:
                self.within.append(score)
            if min(seeds) < z < max(seeds):
                self.between.append(score)
                self.between_repeated.append(repeated.get(z, 0.0))
            if found:
                self.confidence.append((filled.confidence[z], score))

    def figures(self) -> dict[str, Any]:
        """For the table."""
        figures: dict[str, Any] = {
            "synapses": self.synapses,
            "slices": len(self.ours),
            "IoU": mean(self.ours),
            "IoU, seed repeated": mean(self.repeated),
            "IoU, slices with truth": mean(self.within),
            "filled without truth, slices": self.too_far,
            "truth not filled, slices": self.too_near,
            "confidence and IoU, correlation": _correlation(self.confidence),
        }
        if self.between:
            figures["between drawn ones: IoU"] = mean(self.between)
            figures["between drawn ones: IoU, seed repeated"] = mean(self.between_repeated)
        return figures


def run(*, quick: bool) -> BenchResult:
    """Fill and score."""
    demo = demo_volume(quick=quick)
    figures: dict[str, Any] = {}
    goals: list[Goal] = []
    network = configured_network()
    if isinstance(network, str):
        figures["3-D U-Net"] = network
    for volume in (demo, prototype_volume()):
        if volume is None:
            figures["prototype"] = "not there: no shared/data/synanno_prototype"
            continue
        figures[volume.name], starts = _volume_figures(volume, quick=quick)
        goals += _goals(volume.name, starts)
        if not isinstance(network, str):
            fill = partial(fill_with, network)
            figures[f"{volume.name}, 3-D U-Net"] = _unet_figures(volume, fill, quick=quick)
    seconds = _seconds_of_a_box(demo)
    figures["32 × 256 × 256 voxels, s of CPU"] = seconds
    goals.append(_at_most("32 × 256 × 256 voxels, s of CPU", seconds, MOST_SECONDS))
    return BenchResult("autofill", figures, goals)


def _volume_figures(volume: Volume, *, quick: bool) -> tuple[dict[str, Any], list[Scores]]:
    """The figures of a volume, and the scores that goals are held against: of every third slice,
    from the first, the second and the third slice on; a quick run has the first only."""
    cases = list(cases_of(volume))
    tuned, kept = ([case for case in cases if case.label % 2 == half] for half in (0, 1))
    if quick:
        kept = kept[:QUICK_CASES]
    middle, third = _score(kept, middle_seed), _score(kept, every_third)
    starts = [third]
    figures: dict[str, Any] = {
        "fewer than 4 slices, left out": len(np.unique(volume.labels)) - 1 - len(cases),
        "one middle slice": middle.figures(),
        "every third slice": third.figures(),
    }
    if not quick:
        starts += [_score(kept, partial(every_third, start=start)) for start in (1, 2)]
        figures |= {
            "every third from the second on: IoU": mean(starts[1].ours),
            "every third from the third on: IoU": mean(starts[2].ours),
            "every second slice, between: IoU": mean(_score(kept, every_second).between),
            "tuned on, one middle slice: IoU": mean(_score(tuned, middle_seed).ours),
            "tuned on, every third slice: IoU": mean(_score(tuned, every_third).ours),
        }
    return figures, starts


def _unet_figures(volume: Volume, fill: Fill, *, quick: bool) -> dict[str, Any]:
    """The same synapses and seeds, by the network."""
    kept = [case for case in cases_of(volume) if case.label % 2]
    kept = kept[:QUICK_CASES] if quick else kept
    return {
        "one middle slice": _score(kept, middle_seed, fill).figures(),
        "every third slice": _score(kept, every_third, fill).figures(),
    }


def _classically(case: Case, seeds: Seeds) -> Filled:
    return fill_depth(case.image, seeds, case.voxel_nm, known=case.known)


def _score(
    cases: Iterable[Case], draw: Callable[[Case], list[int]], fill: Fill = _classically
) -> Scores:
    scores = Scores()
    for case in cases:
        seeds = draw(case)
        scores.add(case, seeds, fill(case, Seeds({z: case.truth[z] for z in seeds})))
    return scores


def _goals(name: str, starts: Sequence[Scores]) -> list[Goal]:
    """Against the mean of the starts: nobody who draws knows where the synapse begins."""
    ours = mean(mean(one.ours) for one in starts)
    gain = ours - mean(mean(one.repeated) for one in starts)
    return [
        _at_least(f"{name}: IoU, every third slice", ours, LEAST_IOU),
        _at_least(f"{name}: IoU above the seed repeated", gain, LEAST_GAIN),
    ]


def _at_least(what: str, figure: float, least: float) -> Goal:
    return Goal(what, f">= {least:.2f}", figure, figure >= least)


def _at_most(what: str, figure: float, most: float) -> Goal:
    return Goal(what, f"<= {most:.2f}", figure, figure <= most)


def _seconds_of_a_box(volume: Volume) -> float:
    """CPU time for 30 slices between the largest mask of a volume, drawn at both ends of a box."""
    case = max(cases_of(volume), key=lambda case: np.count_nonzero(case.truth, axis=(1, 2)).max())
    largest = case.truth[int(np.count_nonzero(case.truth, axis=(1, 2)).argmax())]
    image = np.resize(case.image, (32, *largest.shape))
    start = time.process_time()
    fill_depth(image, Seeds({0: largest, 31: largest}), case.voxel_nm)
    return time.process_time() - start


def _correlation(pairs: list[tuple[float, float]]) -> float:
    return float(np.corrcoef(np.array(pairs).T)[0, 1]) if len(pairs) > 2 else 0.0
