"""Votes become answers: Dawid-Skene on real votes, and the rules of settling."""

from __future__ import annotations

import csv
import random
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.proofreading.domain import (
    CLASSES,
    UNMEASURED,
    Label,
    Policy,
    PolicyError,
    Quality,
    Redundancy,
    Rule,
    State,
    Vote,
    settle,
)
from apps.proofreading.domain.dawid_skene import dawid_skene
from apps.proofreading.domain.quality import measure_quality
from tests.real_data import REAL_DATA, needs_real_data

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - as in the tables of the literature
BLUEBIRD = REAL_DATA / "crowd_bluebird"


def votes(*labels: Label) -> list[Vote]:
    return [Vote(who, label) for who, label in enumerate(labels)]


def accuracy(answers: dict[str, str], truth: dict[str, str]) -> float:
    return sum(answers[item] == truth[item] for item in truth) / len(truth)


@needs_real_data("crowd_bluebird")
def test_dawid_skene_finds_the_truth_behind_real_votes_where_the_majority_does_not() -> None:
    with (BLUEBIRD / "label.csv").open(encoding="utf-8") as file:
        given_votes = [(r["item"], r["worker"], r["label"]) for r in csv.DictReader(file)]
    with (BLUEBIRD / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["item"]: row["truth"] for row in csv.DictReader(file)}
    shares: dict[str, list[str]] = {}
    for item, _, label in given_votes:
        shares.setdefault(item, []).append(label)
    majority = {item: max(set(some), key=some.count) for item, some in shares.items()}

    posteriors, confusions = dawid_skene(given_votes)

    assert accuracy(majority, truth) == pytest.approx(0.759, abs=0.0006)
    found = {item: max(p, key=lambda label: p[label]) for item, p in posteriors.items()}
    assert accuracy(found, truth) >= 0.898
    assert all(sum(p.values()) == pytest.approx(1) for p in posteriors.values())
    rows = [row for matrix in confusions.values() for row in matrix.values()]
    assert len(rows) == 39 * 2
    assert all(sum(row.values()) == pytest.approx(1) for row in rows)


@needs_real_data("crowd_bluebird")
def test_the_order_of_the_votes_and_the_names_of_items_do_not_matter() -> None:
    with (BLUEBIRD / "label.csv").open(encoding="utf-8") as file:
        given_votes = [(r["item"], r["worker"], r["label"]) for r in csv.DictReader(file)]
    shuffled = random.Random(1).sample(given_votes, len(given_votes))
    first, _ = dawid_skene(given_votes)
    second, _ = dawid_skene([(f"x{item}", who, label) for item, who, label in shuffled])
    for item, posterior in first.items():
        assert second[f"x{item}"] == pytest.approx(posterior, abs=1e-6)


def test_dawid_skene_agrees_with_counting_where_the_truth_is_known() -> None:
    # With every item known the rates are plain counts, which can be written by hand.
    given_votes = [(1, "a", C), (2, "a", C), (3, "a", I), (4, "a", U)]
    known = {1: C, 2: I, 3: I, 4: C}
    _, confusions = dawid_skene(given_votes, classes=CLASSES, smoothing=1e-9, known=known)
    assert confusions["a"][C] == pytest.approx({C: 0.5, I: 0, U: 0.5}, abs=1e-6)
    assert confusions["a"][I] == pytest.approx({C: 0.5, I: 0.5, U: 0}, abs=1e-6)


def test_unsure_is_evidence_but_never_the_truth() -> None:
    posteriors, _ = dawid_skene([(1, "a", U), (1, "b", C), (2, "a", C)], classes=CLASSES)
    assert set(posteriors[1]) == set(CLASSES)


def test_somebody_always_wrong_is_seen_through() -> None:
    rng = random.Random(3)
    given_votes = []
    for item in range(200):
        truth = rng.choice(CLASSES)
        other = I if truth is C else C
        given_votes += [(item, name, truth if rng.random() < 0.9 else other) for name in "abc"]
        given_votes.append((item, "liar", other))
    quality = measure_quality(given_votes)
    assert quality.rate("liar", C, C) < 0.15
    assert quality.rate("a", C, C) > 0.8


def small_campaign(seed: int) -> list[tuple[int, int, Label]]:
    """Two votes each of four people on two dozen instances."""
    rng = random.Random(seed)
    skill = [rng.uniform(0.55, 0.95) for _ in range(4)]
    given_votes = []
    for item in range(24):
        truth = C if rng.random() < 0.75 else I
        other = I if truth is C else C
        for who in rng.sample(range(4), 2):
            given_votes.append((item, who, truth if rng.random() < skill[who] else other))
    return given_votes


def test_the_fit_goes_on_until_it_no_longer_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    # Under a strong belief the likelihood of the votes alone may fall on the way.
    belief = {truth: {C: 1.0, I: 1.0, U: 1.0} | {truth: 6.0} for truth in CLASSES}
    campaigns = [small_campaign(seed) for seed in range(20)]
    found = [dawid_skene(one, classes=CLASSES, smoothing=belief)[0] for one in campaigns]
    monkeypatch.setattr("apps.proofreading.domain.dawid_skene.TOLERANCE", -1.0)  # all its rounds
    for votes_, posteriors in zip(campaigns, found, strict=True):
        converged, _ = dawid_skene(votes_, classes=CLASSES, smoothing=belief)
        for item, posterior in posteriors.items():
            assert posterior == pytest.approx(converged[item], abs=0.02)


def test_nothing_given_nothing_found_and_nonsense_is_refused() -> None:
    assert dawid_skene([]) == ({}, {})
    assert measure_quality([]) is UNMEASURED
    with pytest.raises(ValueError, match="smoothing"):
        dawid_skene([(1, 2, C)], smoothing=0)
    with pytest.raises(ValueError, match="classes"):
        dawid_skene([(1, 2, C)], classes=[])
    with pytest.raises(ValueError, match="known"):
        dawid_skene([(1, 2, C)], classes=CLASSES, known={1: U})


@pytest.mark.parametrize(
    ("labels", "label", "state"),
    [
        ((), None, State.UNJUDGED),
        ((C,), C, State.WAITING),
        ((C, C, I), C, State.SETTLED),
        ((I, U, I), I, State.SETTLED),
        ((C, I, U), U, State.DISPUTED),
        ((U, U, C), U, State.DISPUTED),
    ],
)
def test_majority_of_three(labels: tuple[Label, ...], label: Label | None, state: State) -> None:
    settled = settle(votes(*labels), Policy(votes=3, most_votes=3))
    assert (settled.label, settled.state, settled.votes) == (label, state, len(labels))


def test_one_vote_is_enough_where_one_is_asked_for() -> None:
    for label in CLASSES:
        assert settle(votes(label), Policy()).state is State.SETTLED
    assert settle(votes(U), Policy()).state is State.DISPUTED


def adaptive(correct: float, incorrect: float, most: int = 5) -> Policy:
    return Policy(
        rule=Rule.DAWID_SKENE,
        redundancy=Redundancy.ADAPTIVE,
        votes=2,
        most_votes=most,
        thresholds={C: correct, I: incorrect},
    )


def test_adaptive_asks_on_only_while_it_is_not_certain() -> None:
    policy = adaptive(0.95, 0.95)
    assert settle(votes(C), policy).state is State.WAITING
    assert settle(votes(C, C), policy).state is State.SETTLED
    assert settle(votes(C, I), policy).state is State.WAITING
    assert settle(votes(C, I, C, I, U), policy).state is State.DISPUTED


def test_each_class_has_a_threshold_of_its_own() -> None:
    policy = adaptive(0.999, 0.6)
    assert settle(votes(C, C), policy).state is State.WAITING
    assert settle(votes(I, I), policy).state is State.SETTLED


def test_the_vote_of_a_good_annotator_weighs_more() -> None:
    good = {C: {C: 0.98, I: 0.01, U: 0.01}, I: {C: 0.01, I: 0.98, U: 0.01}}
    poor = {C: {C: 0.6, I: 0.35, U: 0.05}, I: {C: 0.35, I: 0.6, U: 0.05}}
    quality = Quality(prior=UNMEASURED.prior, usual=UNMEASURED.usual, rates={0: good, 1: poor})
    for rule in (Rule.WEIGHTED, Rule.DAWID_SKENE):
        policy = Policy(rule=rule, votes=2, most_votes=2)
        assert settle(votes(I, C), policy, quality).label is I
        assert settle(votes(C, I), policy, quality).label is C


def test_weighted_votes_of_equals_are_the_majority() -> None:
    policy = Policy(rule=Rule.WEIGHTED, votes=3, most_votes=3)
    assert settle(votes(C, I, C), policy).label is C
    assert settle(votes(C, I, U), policy).label is U


def test_a_careless_person_tells_nothing_under_dawid_skene() -> None:
    always = {truth: {C: 0.9, I: 0.05, U: 0.05} for truth in CLASSES}
    quality = Quality(prior={C: 0.3, I: 0.7}, usual=always)
    policy = Policy(rule=Rule.DAWID_SKENE, votes=3, most_votes=3)
    assert settle(votes(C, C, C), policy, quality).posterior[C] == pytest.approx(0.3)


@given(
    labels=st.lists(st.sampled_from(list(Label)), min_size=1, max_size=5),
    rule=st.sampled_from(list(Rule)),
)
def test_order_never_matters_and_posteriors_add_up(labels: list[Label], rule: Rule) -> None:
    policy = Policy(rule=rule, votes=len(labels), most_votes=len(labels))
    cast = votes(*labels)
    first = settle(cast, policy)
    assert sum(first.posterior.values()) == pytest.approx(1)
    for order in list(permutations(cast))[:6]:
        again = settle(order, policy)
        assert (again.label, again.state) == (first.label, first.state)


@given(count=st.integers(1, 8), rule=st.sampled_from(list(Rule)))
def test_more_votes_for_one_class_never_make_it_less_likely(count: int, rule: Rule) -> None:
    policy = Policy(rule=rule, votes=1, most_votes=1)
    likely = [settle(votes(*[I] * n, C), policy).posterior[I] for n in range(1, count + 1)]
    assert all(later >= earlier for earlier, later in pairwise(likely))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"votes": 0}, "votes"),
        ({"votes": 3, "most_votes": 2}, "most_votes"),
        ({"votes": 2, "most_votes": 3}, "most_votes"),
        ({"thresholds": {C: 0.4, I: 0.9}}, "thresholds"),
        ({"thresholds": {C: 0.9}}, "thresholds"),
        ({"thresholds": {C: 0.9, I: 1.0}}, "thresholds"),
    ],
)
def test_a_policy_that_contradicts_itself_names_the_field(wrong: dict, field: str) -> None:  # type: ignore[type-arg]  # fields of several types
    with pytest.raises(PolicyError) as caught:
        Policy(**wrong)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
