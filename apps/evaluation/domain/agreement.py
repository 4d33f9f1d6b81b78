"""How far people agree beyond chance.

Cohen's and Fleiss' kappa come from statsmodels, Krippendorff's alpha from krippendorff; what is
done here is to count who said what of the same items, and to leave out what is not defined.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.evaluation.domain.votes import LABELS, Ints, Votes, counts_by_label

FEWEST_COMMON = 10  # a kappa over fewer common items says nothing
MOST_PAIRS = 2_000  # of the pairs with the most common items
_CELLS = len(LABELS) ** 2
_NO_VARIANCE = 1e-12  # but for rounding


@dataclass(frozen=True)
class PairAgreement:
    """Two people on the items that both judged. `kappa` and its 95 % interval are None where
    both gave one and the same label throughout: chance alone would agree as well."""

    first: int
    second: int
    items: int
    agreed: int
    kappa: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Agreement:
    """The agreement of everybody. Figures are None where they are not defined.

    `items` have at least two votes; `observed` is the chance that two votes on one of them are
    equal. Fleiss' kappa asks for equally many votes on each item: it is over the `fleiss_items`
    that have `fleiss_votes`, the most usual number. Krippendorff's alpha is over all of them.
    """

    items: int
    votes: int
    observed: float | None
    alpha: float | None
    fleiss: float | None
    fleiss_items: int
    fleiss_votes: int
    pairs: tuple[PairAgreement, ...]
    pairs_in_all: int


def measure_agreement(votes: Votes) -> Agreement:
    """The agreement of the votes of a campaign, by label."""
    _, counts = counts_by_label(votes)
    counts = counts[counts.sum(axis=1) >= 2]
    usual, alike = _usual(counts)
    tables = pair_tables(votes)
    pairs = sorted(tables.items(), key=lambda pair: (-int(pair[1].sum()), pair[0]))[:MOST_PAIRS]
    return Agreement(
        items=len(counts),
        votes=int(counts.sum()),
        observed=_observed(counts),
        alpha=krippendorff_alpha(counts),
        fleiss=fleiss_kappa(alike),
        fleiss_items=len(alike),
        fleiss_votes=usual,
        pairs=tuple(_pair(people, table) for people, table in pairs),
        pairs_in_all=len(tables),
    )


def _usual(counts: Ints) -> tuple[int, Ints]:
    """The most usual number of votes, the larger of equals; and the items that have it."""
    if not len(counts):
        return 0, counts
    totals = counts.sum(axis=1)
    how_often = np.bincount(totals)
    usual = len(how_often) - 1 - int(np.argmax(how_often[::-1]))
    return usual, counts[totals == usual]


def _observed(counts: Ints) -> float | None:
    """The mean over items of the share of equal pairs among its pairs of votes."""
    if not len(counts):
        return None
    totals = counts.sum(axis=1)
    equal = (counts * (counts - 1)).sum(axis=1)
    return float((equal / (totals * (totals - 1))).mean())


def krippendorff_alpha(counts: Ints) -> float | None:
    """Alpha for labels without an order, over `(items, labels)` counts of two or more votes."""
    import krippendorff  # noqa: PLC0415 - as below

    if not len(counts) or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def fleiss_kappa(counts: Ints) -> float | None:
    """Fleiss' kappa over `(items, labels)` counts with equally many votes on each item."""
    if not len(counts) or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return float(_statsmodels().fleiss_kappa(counts))


def pair_tables(votes: Votes) -> dict[tuple[int, int], Ints]:
    """For each two people with enough items in common, what they said of them: `(3, 3)` counts,
    the labels of the person of the lower id in rows."""
    people, who = np.unique(votes.person, return_inverse=True)
    found: list[Ints] = []
    apart = 1
    while apart < len(votes):
        same = votes.item[apart:] == votes.item[:-apart]
        if not same.any():
            break
        pair = who[:-apart][same] * len(people) + who[apart:][same]
        cell = votes.label[:-apart][same] * len(LABELS) + votes.label[apart:][same]
        found.append(pair * _CELLS + cell)
        apart += 1
    if not found:
        return {}
    codes, counts = np.unique(np.concatenate(found), return_counts=True)
    pairs, where = np.unique(codes // _CELLS, return_inverse=True)
    tables = np.zeros((len(pairs), _CELLS), dtype=np.int64)
    tables[where, codes % _CELLS] = counts
    return {
        (int(people[pair // len(people)]), int(people[pair % len(people)])): table.reshape(3, 3)
        for pair, table in zip(pairs, tables, strict=True)
        if table.sum() >= FEWEST_COMMON
    }


def _pair(people: tuple[int, int], table: Ints) -> PairAgreement:
    kappa, low, high = cohen_kappa(table)
    return PairAgreement(*people, int(table.sum()), int(np.trace(table)), kappa, low, high)


def cohen_kappa(table: Ints) -> tuple[float | None, float | None, float | None]:
    """Cohen's kappa of a square table of counts, and its 95 % interval where it has one: none
    where one of the two gave a single label, or both agree throughout."""
    if not table.sum() or ((table.sum(axis=0) + table.sum(axis=1)) > 0).sum() < 2:
        return None, None, None
    with np.errstate(invalid="ignore", divide="ignore"):
        result = _statsmodels().cohens_kappa(table)
        variance = float(result.var_kappa)
    is_known = math.isfinite(variance) and variance > _NO_VARIANCE
    low, high = map(float, (result.kappa_low, result.kappa_upp)) if is_known else (None, None)
    return float(result.kappa), low, high


def _statsmodels() -> Any:
    """statsmodels loads pandas and scipy: workers that never make such a report do without."""
    from statsmodels.stats import inter_rater  # noqa: PLC0415 - see the docstring

    return inter_rater
