"""Agreement: against tables of textbooks, a second library, and figures worked out by hand."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations
from statistics import mean

import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask

from apps.evaluation.domain.agreement import (
    FEWEST_COMMON,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    measure_agreement,
    pair_tables,
)
from tests.evaluation.votes import Row, random_rows, votes_of

# J. L. Fleiss, Psychological Bulletin 76 (1971): the form of the example that is taught most,
# 14 raters on 10 subjects in 5 categories; kappa 0.210.
FLEISS = (
    *((0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1)),
    *((7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7)),
)
# K. Krippendorff, Content Analysis: four observers, twelve units, values missing; nominal alpha
# 0.743.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def test_fleiss_kappa_of_the_textbook() -> None:
    assert fleiss_kappa(np.array(FLEISS)) == pytest.approx(0.210, abs=5e-4)


def test_cohen_kappa_of_the_textbook() -> None:
    # 50 proposals, two readers: 20 twice yes, 15 twice no, 5 and 10 divided. By hand:
    # observed 0.7, by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5, so (0.7 - 0.5) / (1 - 0.5).
    kappa, low, high = cohen_kappa(np.array([[20, 5], [10, 15]]))
    assert kappa == pytest.approx(0.4)
    assert low is not None
    assert high is not None
    assert low < 0.4 < high


def test_krippendorff_alpha_of_the_textbook() -> None:
    units = [[row[unit] for row in OBSERVERS if row[unit] != "."] for unit in range(12)]
    counts = np.array([[unit.count(value) for value in "12345"] for unit in units])
    counts = counts[counts.sum(axis=1) >= 2]
    assert krippendorff_alpha(counts) == pytest.approx(0.743, abs=5e-4)


@pytest.mark.parametrize("seed", range(4))
def test_all_figures_are_those_of_a_second_library(seed: int) -> None:
    rows = random_rows(seed)
    agreement = measure_agreement(votes_of(rows))
    task = AnnotationTask(data=[(person, item, label) for item, person, label in rows])
    assert agreement.alpha == pytest.approx(task.alpha())
    assert agreement.pairs
    for pair in agreement.pairs:
        common = _common(rows, pair.first, pair.second)
        apart = AnnotationTask(data=[(p, i, label) for i, p, label in common])
        assert pair.items == len(common) / 2
        assert pair.kappa == pytest.approx(apart.kappa_pairwise(pair.first, pair.second))
        assert pair.agreed == round(apart.Ao(pair.first, pair.second) * pair.items)


def _common(rows: list[Row], one: int, other: int) -> list[Row]:
    seen = Counter(item for item, person, _ in rows if person in (one, other))
    return [row for row in rows if row[1] in (one, other) and seen[row[0]] == 2]


@pytest.mark.parametrize("seed", range(4))
def test_fleiss_kappa_is_over_the_items_with_the_usual_number_of_votes(seed: int) -> None:
    rows = random_rows(seed)
    agreement = measure_agreement(votes_of(rows))
    totals = Counter(item for item, _, _ in rows)
    how_often = Counter(totals.values())
    usual = max(how_often, key=lambda votes: (how_often[votes], votes))
    alike = [row for row in rows if totals[row[0]] == usual]
    assert (agreement.fleiss_votes, agreement.fleiss_items) == (usual, len(alike) / usual)
    assert agreement.fleiss == pytest.approx(_fleiss_by_hand(alike, usual))


def _fleiss_by_hand(rows: list[Row], votes: int) -> float:
    """The formula of the paper, in the words of probability."""
    by_item: dict[int, list[str]] = {}
    for item, _, label in rows:
        by_item.setdefault(item, []).append(label)
    observed = mean(
        sum(a == b for a, b in permutations(labels, 2)) / (votes * (votes - 1))
        for labels in by_item.values()
    )
    shares = Counter(label for _, _, label in rows)
    chance = sum((n / len(rows)) ** 2 for n in shares.values())
    return (observed - chance) / (1 - chance)


def test_the_observed_agreement_is_that_of_pairs_of_votes() -> None:
    rows = random_rows(9)
    by_item: dict[int, list[str]] = {}
    for item, _, label in rows:
        by_item.setdefault(item, []).append(label)
    by_hand = mean(mean(a == b for a, b in combinations(labels, 2)) for labels in by_item.values())
    assert measure_agreement(votes_of(rows)).observed == pytest.approx(by_hand)


def test_pair_tables_count_who_said_what() -> None:
    rows = random_rows(5)
    said = {(item, person): label for item, person, label in rows}
    for (one, other), table in pair_tables(votes_of(rows)).items():
        assert one < other
        for a, first in enumerate(("correct", "incorrect", "unsure")):
            for b, second in enumerate(("correct", "incorrect", "unsure")):
                expected = sum(
                    said.get((item, one)) == first and said.get((item, other)) == second
                    for item in range(120)
                )
                assert table[a, b] == expected


def test_nothing_is_measured_where_nothing_can_be() -> None:
    nothing = measure_agreement(votes_of([]))
    alone = measure_agreement(votes_of([(item, 1, "correct") for item in range(30)]))
    for agreement in (nothing, alone):
        assert (agreement.items, agreement.observed, agreement.alpha) == (0, None, None)
        assert (agreement.fleiss, agreement.pairs) == (None, ())
    alike = [(item, person, "correct") for item in range(30) for person in (1, 2)]
    agreement = measure_agreement(votes_of(alike))
    assert (agreement.observed, agreement.alpha, agreement.fleiss) == (1.0, None, None)
    assert [(pair.kappa, pair.low, pair.high) for pair in agreement.pairs] == [(None, None, None)]


def test_one_who_always_says_the_same_agrees_no_more_than_chance() -> None:
    rows = [(item, 1, "correct") for item in range(30)]
    rows += [(item, 2, "incorrect" if item % 3 == 0 else "correct") for item in range(30)]
    (pair,) = measure_agreement(votes_of(rows)).pairs
    assert (pair.kappa, pair.low, pair.high) == (0.0, None, None)


def test_few_common_items_are_no_pair() -> None:
    rows = [
        (item, person, "correct" if item % 2 else "incorrect")
        for item in range(FEWEST_COMMON - 1)
        for person in (1, 2)
    ]
    assert measure_agreement(votes_of(rows)).pairs == ()
