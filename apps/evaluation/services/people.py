"""What the panels of people say: how fast and how well each of them judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.evaluation.domain.accuracy import (
    Drift,
    accuracy_by_step,
    confusion,
    drift_of,
    share_right,
)
from apps.evaluation.domain.pace import (
    HOUR_S,
    Pace,
    Stretches,
    pace_by_person,
    pace_by_step,
    pace_of,
)
from apps.evaluation.domain.steps import Steps
from apps.evaluation.domain.votes import (
    INCORRECT,
    LABELS,
    SETTLED,
    Flags,
    Ints,
    Items,
    Votes,
    positions,
)
from apps.evaluation.services.bodies import NO_VOTES, Body, share_body
from apps.evaluation.services.reading import GoldVotes

Person = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """What is known of everybody's work; dictionaries by person."""

    votes: Votes
    items: Items
    gold: GoldVotes
    stretches: Stretches
    pages: Counter[int]
    skipped: Counter[int]
    rates: Mapping[int, Mapping[str, Mapping[str, float]]]


def pace_body(people: Sequence[Person], stretches: Stretches, steps: Steps | None) -> Body:
    """Decisions in an hour of active time: of each person, of all, and as time went on."""
    by_person = pace_by_person(stretches)
    together = pace_of(stretches)
    series = pace_by_step(stretches, steps.edges) if steps is not None else []
    return {
        "sentence": "" if together.decisions else NO_VOTES,
        "all": _pace(together),
        "people": [
            {"user": person["user"], "name": person["name"], **_pace(by_person[person["user"]])}
            for person in people
            if person["user"] in by_person
        ],
        "series": {
            "step": steps.name if steps is not None else "day",
            "starts": steps.edges[:-1].astype(int).tolist() if steps is not None else [],
            "per_hour": [pace.per_hour for pace in series],
            "active_hours": [pace.active_s / HOUR_S for pace in series],
        },
    }


def _pace(pace: Pace) -> Body:
    return {
        "decisions": round(pace.decisions),
        "active_hours": pace.active_s / HOUR_S,
        "per_hour": pace.per_hour,
    }


def annotators_body(people: Sequence[Person], work: Work, steps: Steps | None) -> Body:
    """Each person: how much, how fast, how often right, and whether that changes.

    They are compared with items settled by at least two votes or an expert. Their own vote is
    one of those, so with few votes an item these figures are kinder than those against gold.
    """
    truth = _truth(work.votes, work.items)
    paces = pace_by_person(work.stretches)
    voters = set(work.votes.person.tolist())
    rows = [
        _row(person, work, truth, paces.get(person["user"], Pace(0, 0)), steps)
        for person in people
        if person["role"] != "viewer" or person["user"] in voters
    ]
    return {
        "sentence": "" if len(work.votes) else NO_VOTES,
        "compared_with": (
            "Instances settled by two or more votes or by an expert. A person's own vote is one "
            "of them."
        ),
        "labels": list(LABELS),
        "step": steps.name if steps is not None else "day",
        "starts": steps.edges[:-1].astype(int).tolist() if steps is not None else [],
        "people": rows,
    }


def _truth(votes: Votes, items: Items) -> Ints:
    """What the item of each vote was settled as; -1 where that says nothing of the vote."""
    counts = (items.state == SETTLED) & ((items.votes >= 2) | items.by_expert)
    known = np.where(counts & (items.label >= 0) & (items.label <= INCORRECT), items.label, -1)
    at = positions(votes.item, items.item)
    if not len(items):
        return at
    return np.where(at >= 0, known[at], -1).astype(np.int64)


def _row(person: Person, work: Work, truth: Ints, pace: Pace, steps: Steps | None) -> Body:
    user = person["user"]
    mine = work.votes.person == user
    known = mine & (truth >= 0)
    at, is_true, said = work.votes.at[known], truth[known], work.votes.label[known]
    drift = drift_of(at, is_true, said)
    # How managers judge gold says nothing of them: they can look the answers up.
    gold = (work.gold.person == user) & (person["role"] != "manager")
    by_step = accuracy_by_step(at, is_true, said, steps.edges) if steps is not None else []
    return {
        **person,
        **_pace(pace),
        "pages": work.pages[user],
        "skipped": work.skipped[user],
        "votes": int(mine.sum()),
        "said": _said(work.votes.label, mine),
        "settled": _compared(is_true, said),
        "gold": _compared(work.gold.truth[gold], work.gold.said[gold]),
        "rates": work.rates.get(user),
        "drift": None if drift is None else _drift(drift),
        "series": [[share.value, share.n] for share in by_step],
    }


def _said(label: Ints, mine: Flags) -> Body:
    counts = np.bincount(label[mine], minlength=len(LABELS))
    return {name: int(n) for name, n in zip(LABELS, counts, strict=True)}


def _compared(truth: Ints, said: Ints) -> Body:
    matrix = confusion(truth, said)
    return {"matrix": matrix.tolist(), **share_body(share_right(matrix))}


def _drift(drift: Drift) -> Body:
    return {
        "before": share_body(drift.before),
        "latest": share_body(drift.latest),
        "changed": drift.changed,
    }
