"""Kinds of error: how often each is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.evaluation.domain.votes import (
    DISPUTED,
    INCORRECT,
    SETTLED,
    UNSURE,
    Flags,
    Items,
    Votes,
    positions,
)
from apps.proofreading.domain import CANNOT_JUDGE, NO_KIND, kinds_of


@dataclass(frozen=True)
class KindCount:
    """How many votes of annotators name a kind; and how many items settled as incorrect are of it,
    as exports say (`kinds_of`): where an expert decided, what the expert named."""

    kind: str
    votes: int
    items: int


def count_kinds(
    votes: Votes,
    items: Items,
    named: Mapping[int, Sequence[str]],
    kinds: Iterable[str],
    decisions: Mapping[int, int],
) -> list[KindCount]:
    """The kinds of error in their order, then NO_KIND: votes without a kind, and items of none.

    `named` are the kinds that a verdict names, by its id; `decisions` the verdicts of experts, by
    item. CANNOT_JUDGE goes with "unsure": its items are those that were left so.
    """
    is_wrong = (items.state == SETTLED) & (items.label == INCORRECT)
    is_unsure = np.isin(items.state, (SETTLED, DISPUTED)) & (items.label == UNSURE)
    unseen = {key: (CANNOT_JUDGE,) for key, said in named.items() if CANNOT_JUDGE in said}
    wrong = _count(votes.chosen(votes.label == INCORRECT), items, is_wrong, named, decisions)
    unsure = _count(votes.chosen(votes.label == UNSURE), items, is_unsure, unseen, decisions)
    return [
        KindCount(kind, in_votes[kind], in_items[kind])
        for kind in (*kinds, NO_KIND)
        for in_votes, in_items in [unsure if kind == CANNOT_JUDGE else wrong]
    ]


def _count(
    votes: Votes,
    items: Items,
    which: Flags,
    named: Mapping[int, Sequence[str]],
    decisions: Mapping[int, int],
) -> tuple[Counter[str], Counter[str]]:
    """How often each kind is named in votes of one label, and of how many of the items that were
    settled as that, `which`, it is."""
    settled = items.item[which]
    is_settled = positions(votes.item, settled) >= 0
    in_votes: Counter[str] = Counter()
    of_items: dict[int, list[Sequence[str]]] = {}
    rows = zip(votes.verdict.tolist(), votes.item.tolist(), is_settled.tolist(), strict=True)
    for verdict, item, counts in rows:
        said = named.get(verdict, ())
        in_votes.update(said or (NO_KIND,))
        if counts and said:
            of_items.setdefault(item, []).append(said)
    in_items: Counter[str] = Counter()
    for item, by_expert in zip(settled.tolist(), items.by_expert[which].tolist(), strict=True):
        decision = named.get(decisions.get(item, 0), ()) if by_expert else None
        agreeing = of_items.get(item, ())
        found = kinds_of(agreeing, decision)
        in_items.update(found or ([] if agreeing and decision is None else [NO_KIND]))
    return in_votes, in_items
