"""Kinds of error: how often each is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.evaluation.domain.votes import INCORRECT, SETTLED, Items, Votes, positions
from apps.proofreading.domain import NO_KIND


@dataclass(frozen=True)
class KindCount:
    """How many votes name a kind; and how many items settled as incorrect are of it: it is named
    by more than half of those who called the item incorrect and named any kind, as in exports."""

    kind: str
    votes: int
    items: int


def count_kinds(
    votes: Votes, items: Items, named: Mapping[int, Sequence[str]], kinds: Iterable[str]
) -> list[KindCount]:
    """The kinds of error in their order, then NO_KIND: votes without a kind, and items of which no
    vote names any.

    `named` are the kinds that a verdict names, by its id.
    """
    wrong = votes.chosen(votes.label == INCORRECT)
    settled = items.item[(items.state == SETTLED) & (items.label == INCORRECT)]
    is_settled = positions(wrong.item, settled) >= 0
    in_votes: Counter[str] = Counter()
    naming: Counter[int] = Counter()
    of_items: dict[int, Counter[str]] = {}
    rows = zip(wrong.verdict.tolist(), wrong.item.tolist(), is_settled.tolist(), strict=True)
    for verdict, item, counts in rows:
        said = named.get(verdict, ())
        in_votes.update(said or (NO_KIND,))
        if counts:
            naming[item] += bool(said)
            of_items.setdefault(item, Counter()).update(said)
    in_items = Counter(
        kind
        for item, by_kind in of_items.items()
        for kind in (_most_named(by_kind, naming[item]) if by_kind else [NO_KIND])
    )
    return [KindCount(kind, in_votes[kind], in_items[kind]) for kind in (*kinds, NO_KIND)]


def _most_named(by_kind: Mapping[str, int], naming: int) -> list[str]:
    return [kind for kind, n in by_kind.items() if 2 * n > naming]
