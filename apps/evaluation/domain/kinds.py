"""Kinds of error: how often each is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.evaluation.domain.votes import INCORRECT, SETTLED, Items, Votes, positions
from apps.proofreading.domain import NO_KIND, kinds_of


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
    item.
    """
    wrong = votes.chosen(votes.label == INCORRECT)
    is_wrong = (items.state == SETTLED) & (items.label == INCORRECT)
    settled = items.item[is_wrong]
    is_settled = positions(wrong.item, settled) >= 0
    in_votes: Counter[str] = Counter()
    of_items: dict[int, list[Sequence[str]]] = {}
    rows = zip(wrong.verdict.tolist(), wrong.item.tolist(), is_settled.tolist(), strict=True)
    for verdict, item, counts in rows:
        said = named.get(verdict, ())
        in_votes.update(said or (NO_KIND,))
        if counts and said:
            of_items.setdefault(item, []).append(said)
    in_items: Counter[str] = Counter()
    for item, by_expert in zip(settled.tolist(), items.by_expert[is_wrong].tolist(), strict=True):
        decision = named.get(decisions.get(item, 0), ()) if by_expert else None
        agreeing = of_items.get(item, ())
        found = kinds_of(agreeing, decision)
        in_items.update(found or ([] if agreeing and decision is None else [NO_KIND]))
    return [KindCount(kind, in_votes[kind], in_items[kind]) for kind in (*kinds, NO_KIND)]
