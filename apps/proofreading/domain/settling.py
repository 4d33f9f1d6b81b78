"""How the votes on an instance become one answer, and whether it needs more of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from apps.proofreading.domain.labels import Label

# What an instance can truly be; "unsure" is an answer, never the truth.
CLASSES: tuple[Label, ...] = (Label.CORRECT, Label.INCORRECT)
LOWEST_RATE = 1e-3  # one vote alone must not make an answer certain
MOST_VOTES = 15


class PolicyError(ValueError):
    """A policy that contradicts itself; says which field and why."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(f"{field_name}: {sentence}")
        self.field = field_name


class Redundancy(StrEnum):
    """How many people judge an instance."""

    FIXED = "fixed"
    ADAPTIVE = "adaptive"


class Rule(StrEnum):
    """How votes are weighed."""

    MAJORITY = "majority"
    WEIGHTED = "weighted"
    DAWID_SKENE = "dawid_skene"


class State(StrEnum):
    """Where an instance stands."""

    UNJUDGED = "unjudged"
    WAITING = "waiting"  # for more votes
    SETTLED = "settled"
    DISPUTED = "disputed"  # every vote is in and they do not agree enough


@dataclass(frozen=True)
class Vote:
    """One person's answer on one instance."""

    annotator: Hashable
    label: Label


@dataclass(frozen=True)
class Policy:
    """When an instance is settled.

    `votes` are the votes that each instance gets, and under adaptive redundancy the fewest;
    `most_votes` the limit there. `thresholds` are the posterior probabilities from which an answer
    counts as certain, by class: a manager who fears lost synapses more than false ones asks
    for more certainty before "incorrect".

    Raises PolicyError.
    """

    rule: Rule = Rule.MAJORITY
    redundancy: Redundancy = Redundancy.FIXED
    votes: int = 1
    most_votes: int = 1
    thresholds: Mapping[Label, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.5))

    def __post_init__(self) -> None:
        if not 1 <= self.votes <= MOST_VOTES:
            raise PolicyError("votes", f"give between 1 and {MOST_VOTES}, not {self.votes}.")
        if not self.votes <= self.most_votes <= MOST_VOTES:
            raise PolicyError(
                "most_votes", f"give between {self.votes} and {MOST_VOTES}, not {self.most_votes}."
            )
        if self.redundancy is Redundancy.FIXED and self.most_votes != self.votes:
            raise PolicyError("most_votes", "under fixed redundancy it is the number of votes.")
        for label in CLASSES:
            if not 0.5 <= self.thresholds.get(label, 0.0) < 1:
                raise PolicyError("thresholds", f"{label}: give at least 0.5 and less than 1.")


@dataclass(frozen=True)
class Quality:
    """What is known of a campaign's annotators: how often each class occurs, and how each of
    them answers where a class is true, `rates[annotator][class][answer]`. Somebody of whom
    nothing is known has the `usual` rates, `usual[class][answer]`."""

    prior: Mapping[Label, float]
    usual: Mapping[Label, Mapping[Label, float]]
    rates: Mapping[Hashable, Mapping[Label, Mapping[Label, float]]] = field(default_factory=dict)

    def rate(self, annotator: Hashable, truth: Label, answer: Label) -> float:
        known = self.rates.get(annotator, self.usual)
        return max(known[truth].get(answer, 0.0), LOWEST_RATE)


# The default for campaigns that ask adaptively; `./synanno bench settle` says what it costs and
# brings. More certainty is asked for "correct": its prior is high, so it is soon believed.
ADAPTIVE_THRESHOLDS: Mapping[Label, float] = {Label.CORRECT: 0.96, Label.INCORRECT: 0.90}
ADAPTIVE_VOTES, ADAPTIVE_MOST_VOTES = 2, 9

# Before anything is measured: nine of ten answers are right, one in twenty is "unsure".
UNMEASURED = Quality(
    prior=dict.fromkeys(CLASSES, 0.5),
    usual={
        Label.CORRECT: {Label.CORRECT: 0.85, Label.INCORRECT: 0.10, Label.UNSURE: 0.05},
        Label.INCORRECT: {Label.CORRECT: 0.10, Label.INCORRECT: 0.85, Label.UNSURE: 0.05},
    },
)


@dataclass(frozen=True)
class Settlement:
    """An instance's answer so far. `posterior` is over `CLASSES` and adds up to 1; the label is
    "unsure" where the votes stand even."""

    state: State
    label: Label | None
    posterior: Mapping[Label, float]
    votes: int


def settle(
    votes: Sequence[Vote],
    policy: Policy,
    quality: Quality = UNMEASURED,
    late: Sequence[Vote] = (),
) -> Settlement:
    """The answer of the votes on one instance. Their order does not matter.

    A person's vote counts once: give their latest. Late votes are extra ones: they are counted
    where those in time do not settle the instance, and never overturn what these agree on.
    """
    in_time = _settle(votes, policy, quality)
    if not late or in_time.state is State.SETTLED:
        return in_time
    return _settle([*votes, *late], policy, quality)


def _settle(votes: Sequence[Vote], policy: Policy, quality: Quality) -> Settlement:
    if not votes:
        return Settlement(State.UNJUDGED, None, dict(quality.prior), 0)
    posterior = _posterior(votes, policy.rule, quality)
    label = _label(votes, policy.rule, posterior)
    return Settlement(_state(len(votes), label, posterior, policy), label, posterior, len(votes))


def _state(votes: int, label: Label, posterior: Mapping[Label, float], policy: Policy) -> State:
    if votes < policy.votes:
        return State.WAITING
    if label in policy.thresholds and posterior[label] >= policy.thresholds[label]:
        return State.SETTLED
    return State.WAITING if votes < policy.most_votes else State.DISPUTED


def _label(votes: Sequence[Vote], rule: Rule, posterior: Mapping[Label, float]) -> Label:
    """The likelier class; "unsure" where both are equal or, by majority, most said so."""
    if rule is Rule.MAJORITY:
        counts = Counter(vote.label for vote in votes).most_common()
        is_even = len(counts) > 1 and counts[0][1] == counts[1][1]
        return Label.UNSURE if is_even else counts[0][0]
    correct, incorrect = (posterior[label] for label in CLASSES)
    if math.isclose(correct, incorrect):
        return Label.UNSURE
    return Label.CORRECT if correct > incorrect else Label.INCORRECT


def _posterior(votes: Sequence[Vote], rule: Rule, quality: Quality) -> dict[Label, float]:
    if rule is Rule.MAJORITY:
        return _shares(votes)
    log = {truth: math.log(max(quality.prior[truth], LOWEST_RATE)) for truth in CLASSES}
    for vote in votes:
        for truth in CLASSES:
            log[truth] += math.log(_rate(vote, truth, rule, quality))
    peak = max(log.values())
    weights = {truth: math.exp(value - peak) for truth, value in log.items()}
    total = sum(weights.values())
    return {truth: weight / total for truth, weight in weights.items()}


def _rate(vote: Vote, truth: Label, rule: Rule, quality: Quality) -> float:
    """How likely this vote is where `truth` holds. Weighted votes know one accuracy a person,
    the same for both classes, so "unsure" says nothing; Dawid-Skene knows the whole matrix."""
    if rule is Rule.DAWID_SKENE:
        return quality.rate(vote.annotator, truth, vote.label)
    if vote.label is Label.UNSURE:
        return 1.0
    right = sum(quality.rate(vote.annotator, c, c) * quality.prior[c] for c in CLASSES)
    unsure = sum(quality.rate(vote.annotator, c, Label.UNSURE) * quality.prior[c] for c in CLASSES)
    accuracy = min(max(right / max(1 - unsure, LOWEST_RATE), LOWEST_RATE), 1 - LOWEST_RATE)
    return accuracy if vote.label is truth else 1 - accuracy


def _shares(votes: Sequence[Vote]) -> dict[Label, float]:
    """The share of each class in the votes; an "unsure" counts half for each."""
    unsure = sum(vote.label is Label.UNSURE for vote in votes) / 2
    return {
        truth: (sum(vote.label is truth for vote in votes) + unsure) / len(votes)
        for truth in CLASSES
    }
