"""Votes and errors of adaptive settling, beside three and five votes for each instance.

Simulated people judge simulated instances over 20 seeds (4 with --quick). People differ in how
well they know either class; one instance in seven is so hard that everybody errs more often on
it, which the model behind the settling does not know. Everything else is the code of campaigns.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from apps.proofreading.domain import (
    ADAPTIVE_MOST_VOTES,
    ADAPTIVE_THRESHOLDS,
    ADAPTIVE_VOTES,
    Label,
    Policy,
    Redundancy,
    Rule,
    State,
    Vote,
    settle,
)
from apps.proofreading.domain.quality import measure_quality
from benchmarks.result import BenchResult, Goal

SEEDS, QUICK_SEEDS = 20, 4
INSTANCES, PEOPLE = 1_000, 20
TRUE_SHARE = 0.75  # of the instances are synapses
HARD_SHARE, HARDNESS = 0.15, 0.8  # a hard one takes most of what is better than guessing
FEWER_VOTES_GOAL = 0.35

ADAPTIVE = Policy(
    rule=Rule.DAWID_SKENE,
    redundancy=Redundancy.ADAPTIVE,
    votes=ADAPTIVE_VOTES,
    most_votes=ADAPTIVE_MOST_VOTES,
    thresholds=ADAPTIVE_THRESHOLDS,
)


@dataclass(frozen=True)
class Crowd:
    """What would be said: for each instance the truth, and the vote of each in a random order."""

    truth: Sequence[Label]
    votes: Sequence[Sequence[Vote]]


@dataclass(frozen=True)
class Score:
    """`error` is the share of instances with a wrong answer or none; `false_positives` the share
    of those that are no synapse and were called correct."""

    votes: float
    error: float
    false_positives: float


def run(*, quick: bool) -> BenchResult:
    """Simulate, and compare over all seeds."""
    ways: Mapping[str, Callable[[Crowd], Score]] = {
        "three votes, majority": lambda crowd: _fixed(crowd, 3, Rule.MAJORITY),
        "three votes, Dawid-Skene": lambda crowd: _fixed(crowd, 3, Rule.DAWID_SKENE),
        "five votes, majority": lambda crowd: _fixed(crowd, 5, Rule.MAJORITY),
        "five votes, Dawid-Skene": lambda crowd: _fixed(crowd, 5, Rule.DAWID_SKENE),
        "adaptive": _adaptive,
    }
    crowds = [make_crowd(seed) for seed in range(QUICK_SEEDS if quick else SEEDS)]
    scores = {name: [way(crowd) for crowd in crowds] for name, way in ways.items()}
    means = {name: _mean(some) for name, some in scores.items()}
    figures = {
        "seeds": len(crowds),
        **{name: _figures(means[name], scores[name]) for name in ways},
    }
    return BenchResult("settle", figures, _goals(means))


def make_crowd(seed: int) -> Crowd:
    """The instances and people of one seed."""
    rng = random.Random(seed)
    people = [
        {
            Label.CORRECT: _between(0.55, rng.gauss(0.88, 0.06), 0.99),
            Label.INCORRECT: _between(0.50, rng.gauss(0.82, 0.09), 0.99),
            Label.UNSURE: rng.uniform(0.0, 0.08),
        }
        for _ in range(PEOPLE)
    ]
    truth, votes = [], []
    for _ in range(INSTANCES):
        answer = Label.CORRECT if rng.random() < TRUE_SHARE else Label.INCORRECT
        hardness = HARDNESS if rng.random() < HARD_SHARE else 0.0
        order = rng.sample(range(PEOPLE), PEOPLE)
        truth.append(answer)
        votes.append([Vote(who, _said(rng, people[who], answer, hardness)) for who in order])
    return Crowd(truth, votes)


def _between(low: float, value: float, high: float) -> float:
    return min(max(value, low), high)


def _said(rng: random.Random, person: Mapping[Label, float], truth: Label, hard: float) -> Label:
    if rng.random() < person[Label.UNSURE] * (1 + 3 * hard):
        return Label.UNSURE
    accuracy = person[truth] - hard * (person[truth] - 0.5)
    if rng.random() < accuracy:
        return truth
    return Label.INCORRECT if truth is Label.CORRECT else Label.CORRECT


def _fixed(crowd: Crowd, votes: int, rule: Rule) -> Score:
    policy = Policy(rule=rule, votes=votes, most_votes=votes)
    return _score(crowd, [votes] * len(crowd.truth), _labels(crowd, policy)[0])


def _adaptive(crowd: Crowd) -> Score:
    """Ask again for what is not certain, with the quality of people measured anew each round."""
    counts = [ADAPTIVE.votes] * len(crowd.truth)
    while True:
        labels, waiting = _labels(crowd, ADAPTIVE, counts)
        if not waiting:
            return _score(crowd, counts, labels)
        for instance in waiting:
            counts[instance] += 1


def _labels(
    crowd: Crowd, policy: Policy, counts: Sequence[int] | None = None
) -> tuple[list[Label | None], list[int]]:
    """The label of each instance after so many votes, and which wait for more."""
    counts = counts or [policy.votes] * len(crowd.truth)
    given = [votes[:count] for votes, count in zip(crowd.votes, counts, strict=True)]
    quality = measure_quality(
        [(i, vote.annotator, vote.label) for i, votes in enumerate(given) for vote in votes]
    )
    settled = [settle(votes, policy, quality) for votes in given]
    waiting = [i for i, one in enumerate(settled) if one.state is State.WAITING]
    return [one.label for one in settled], waiting


def _score(crowd: Crowd, counts: Sequence[int], labels: Sequence[Label | None]) -> Score:
    pairs = list(zip(crowd.truth, labels, strict=True))
    false = [label for truth, label in pairs if truth is Label.INCORRECT]
    return Score(
        votes=mean(counts),
        error=mean(truth is not label for truth, label in pairs),
        false_positives=mean(label is Label.CORRECT for label in false),
    )


def _mean(scores: Sequence[Score]) -> Score:
    return Score(
        votes=mean(one.votes for one in scores),
        error=mean(one.error for one in scores),
        false_positives=mean(one.false_positives for one in scores),
    )


def _figures(score: Score, scores: Sequence[Score]) -> dict[str, float]:
    return {
        "votes an instance": score.votes,
        "error, %": 100 * score.error,
        "error of the best seed, %": 100 * min(one.error for one in scores),
        "error of the worst seed, %": 100 * max(one.error for one in scores),
        "called correct but is not, %": 100 * score.false_positives,
    }


def _goals(means: Mapping[str, Score]) -> list[Goal]:
    adaptive = means["adaptive"]
    fewer = 1 - adaptive.votes / 5
    goals = [
        Goal(
            "fewer votes than five each, %",
            f">= {100 * FEWER_VOTES_GOAL:g}",
            100 * fewer,
            fewer >= FEWER_VOTES_GOAL,
        )
    ]
    for rule in ("majority", "Dawid-Skene"):
        five = means[f"five votes, {rule}"]
        goals += [
            _not_above(f"error beside five by {rule}, %", adaptive.error, five.error),
            _not_above(
                f"called correct but is not, beside five by {rule}, %",
                adaptive.false_positives,
                five.false_positives,
            ),
        ]
    return goals


def _not_above(what: str, figure: float, most: float) -> Goal:
    return Goal(what, f"<= {100 * most:.2f}", 100 * figure, figure <= most)
