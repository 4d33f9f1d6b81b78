"""Decides which candidates are wrong and how, and spoils their masks and points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.sites import Site
from apps.voxels.phantom.spec import PhantomSpec, TruthKind


@dataclass(frozen=True, eq=False)
class Plan:
    """One site with its fate. `row` is None for a missed synapse.

    synapse_id is the label in the true masks (None for a false positive), `mask_shift_nm`
    (z, y, x) and `mask_cut` (a unit normal: only the half in front of it is kept) spoil the
    automatic mask.
    """

    site: Site
    kind: TruthKind
    detail: str
    row: int | None
    synapse_id: int | None
    mask_shift_nm: NDArray[np.float64] | None = None
    mask_cut: NDArray[np.float64] | None = None


def planned_counts(spec: PhantomSpec) -> dict[TruthKind, int]:
    """How many of each kind the spec asks for; a rate above zero gives at least one.

    The spoilt and the missed never exceed the true synapses: later kinds give way.
    """
    rates: dict[TruthKind, float] = {
        "missed": spec.missed_rate,
        "badFit": spec.bad_fit_rate,
        "polaritySwitch": spec.polarity_switch_rate,
    }
    counts: dict[TruthKind, int] = {}
    left = spec.synapses
    for kind, rate in rates.items():
        counts[kind] = min(left, max(1, round(rate * spec.synapses))) if rate else 0
        left -= counts[kind]
    counts["correct"] = left
    wrong = spec.false_positive_rate
    counts["falsePositive"] = max(1, round(wrong * spec.synapses)) if wrong else 0
    return counts


def _spoilt_fit(
    rng: np.random.Generator, site: Site, even: bool
) -> tuple[str, NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Either a shift away from the membrane or a cut that leaves a small part of the mask."""
    along = np.cross(site.normal, rng.standard_normal(3))
    along /= np.linalg.norm(along)
    if even:
        towards = site.normal * rng.choice([-1.0, 1.0])
        shift = towards * rng.uniform(90.0, 130.0) + along * rng.uniform(60.0, 140.0)
        shift[0] *= 0.5
        return "shifted", shift, None
    along[0] *= 0.3
    return "eroded", None, along / np.linalg.norm(along)


def plant(
    rng: np.random.Generator, spec: PhantomSpec, synapses: Sequence[Site], false: Sequence[Site]
) -> tuple[Plan, ...]:
    """Gives every site its fate: candidates in row order first, missed synapses last."""
    counts = planned_counts(spec)
    order = [synapses[i] for i in rng.permutation(len(synapses))]
    missed, order = order[: counts["missed"]], order[counts["missed"] :]
    fates: list[tuple[Site, TruthKind]] = [(site, "falsePositive") for site in false]
    for kind in ("badFit", "polaritySwitch", "correct"):
        fates += [(site, kind) for site in order[: counts[kind]]]
        order = order[counts[kind] :]
    plans = []
    bad_fits = 0
    for row, index in enumerate(rng.permutation(len(fates))):
        site, kind = fates[index]
        synapse = None if kind == "falsePositive" else row + 1
        detail, shift, cut = "", None, None
        if kind == "badFit":
            detail, shift, cut = _spoilt_fit(rng, site, bad_fits % 2 == 0)
            bad_fits += 1
        elif kind == "falsePositive":
            detail = "plain membrane" if site.mitochondrion is None else "mitochondrion edge"
        elif kind == "polaritySwitch":
            detail = "pre and post exchanged"
        plans.append(Plan(site, kind, detail, row, synapse, shift, cut))
    first = len(fates) + 1
    plans += [
        Plan(site, "missed", "no candidate", None, first + i) for i, site in enumerate(missed)
    ]
    return tuple(plans)
