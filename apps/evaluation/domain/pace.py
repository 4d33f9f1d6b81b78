"""How fast people judge while they are at work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.evaluation.domain.votes import Flags, Floats, Ints

PAUSE_S = 60.0
HOUR_S = 3600.0


@dataclass(frozen=True)
class Events:
    """Every verdict, also those that a later one replaced; arrays of one length in any order.

    `at` and `leased_at` are seconds since 1970: when the person decided, and when they were given
    the page.
    """

    person: Ints
    lease: Ints
    item: Ints
    verdict: Ints
    at: Floats
    leased_at: Floats


@dataclass(frozen=True)
class Stretches:
    """Time before decisions, a row a moment at which something was decided.

    `seconds` passed before the moment `at`, and `decisions` were made in them. `is_work` is False
    for a pause.
    """

    person: Ints
    at: Floats
    seconds: Floats
    decisions: Floats
    is_work: Flags


@dataclass(frozen=True)
class Pace:
    """Decisions in active time; `per_hour` is None where there is no such time."""

    decisions: float
    active_s: float

    @property
    def per_hour(self) -> float | None:
        return self.decisions * HOUR_S / self.active_s if self.active_s > 0 else None


def stretches_of(events: Events) -> Stretches:
    """The stretches of work and pauses of everybody.

    The exact rule. A decision is the last verdict of a person on an item under a lease. A moment
    is a time at which verdicts of a lease were made. The stretch before a moment begins at the
    latest of: the moment at which its page was leased, and the person's previous moment on any
    page. So time between pages is nobody's, and pages held side by side are not counted twice.

    The labels that somebody leaves as they are get their verdicts together, when the page is
    submitted, though they were looked at all along. So where several decisions fall on the last
    moment of a lease, they are spread evenly over all stretches of that lease.

    A stretch is a pause, and is left out together with its decisions, if it is longer than 60 s
    for each decision in it (at least 60 s). So is one that took no time: labels that were restored
    from a file, or those of an annotator whose clock, which gives `at`, is behind the server's,
    which gives `leased_at`.
    """
    order = np.lexsort((events.verdict, events.lease, events.at, events.person))
    person, lease, at = events.person[order], events.lease[order], events.at[order]
    is_last = _is_last(lease, events.item[order])
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (person[1:] != person[:-1]) | (lease[1:] != lease[:-1]) | (at[1:] != at[:-1])
    moment, moments = np.cumsum(begins) - 1, int(begins.sum())
    decided = np.bincount(moment, weights=is_last.astype(float), minlength=moments)
    person, lease, at = person[begins], lease[begins], at[begins]
    decisions = _spread(lease, at, np.asarray(decided, dtype=np.float64))
    previous = np.full(len(at), -np.inf)
    previous[1:] = np.where(person[1:] == person[:-1], at[:-1], -np.inf)
    seconds = at - np.maximum(previous, events.leased_at[order][begins])
    is_work = (seconds > 0) & (seconds <= PAUSE_S * np.maximum(decisions, 1))
    return Stretches(person, at, seconds, decisions, is_work)


def _is_last(lease: Ints, item: Ints) -> Flags:
    """Which events are the last one of their lease and item; they are sorted by time."""
    by_item = np.lexsort((np.arange(len(lease)), item, lease))
    ends = np.ones(len(lease), dtype=bool)
    ends[:-1] = (lease[by_item][1:] != lease[by_item][:-1]) | (
        item[by_item][1:] != item[by_item][:-1]
    )
    last = np.zeros(len(lease), dtype=bool)
    last[by_item] = ends
    return last


def _spread(lease: Ints, at: Floats, decided: Floats) -> Floats:
    """The decisions of each moment, with those of the last one spread over their lease."""
    leases, which = np.unique(lease, return_inverse=True)
    order = np.lexsort((at, which))
    last = np.zeros(len(leases), dtype=np.int64)
    last[which[order]] = order  # the latest one of a lease is written last
    together = np.where(decided[last] > 1, decided[last], 0.0)
    moments = np.bincount(which, minlength=len(leases))
    spread = decided.copy()
    spread[last] -= together
    return np.asarray(spread + (together / np.maximum(moments, 1))[which])


def pace_of(stretches: Stretches, which: Flags | None = None) -> Pace:
    """The pace over all stretches of work, or some of them."""
    chosen = stretches.is_work if which is None else stretches.is_work & which
    return Pace(
        decisions=float(stretches.decisions[chosen].sum()),
        active_s=float(stretches.seconds[chosen].sum()),
    )


def pace_by_person(stretches: Stretches) -> dict[int, Pace]:
    """The pace of each person."""
    people, which = np.unique(stretches.person, return_inverse=True)
    work = stretches.is_work
    size = len(people)
    decisions = np.bincount(which[work], weights=stretches.decisions[work], minlength=size)
    seconds = np.bincount(which[work], weights=stretches.seconds[work], minlength=size)
    return {
        int(person): Pace(float(decisions[i]), float(seconds[i])) for i, person in enumerate(people)
    }


def pace_by_step(stretches: Stretches, edges: Floats) -> list[Pace]:
    """The pace of everybody together between each two of the `edges` (seconds since 1970)."""
    work = stretches.is_work
    decisions, _ = np.histogram(stretches.at[work], bins=edges, weights=stretches.decisions[work])
    seconds, _ = np.histogram(stretches.at[work], bins=edges, weights=stretches.seconds[work])
    return [Pace(float(d), float(s)) for d, s in zip(decisions, seconds, strict=True)]
