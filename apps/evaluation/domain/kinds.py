"""Kinds of error: how often each is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.evaluation.domain.votes import INCORRECT, SETTLED, Items, Votes, positions

NO_KIND = ""  # nobody named one


@dataclass(frozen=True)
class KindCount:
    """How many votes name a kind, and of how many items settled as incorrect at least half of
    those who called them incorrect name it."""

    kind: str
    votes: int
    items: int


def count_kinds(
    votes: Votes, items: Items, named: Mapping[int, Sequence[str]], kinds: Iterable[str]
) -> list[KindCount]:
    """The kinds of error in their order, then votes without a kind as NO_KIND.

    `named` are the kinds that a verdict names, by its id.
    """
    wrong = votes.chosen(votes.label == INCORRECT)
    settled = items.item[(items.state == SETTLED) & (items.label == INCORRECT)]
    is_settled = positions(wrong.item, settled) >= 0
    calling = Counter(wrong.item[is_settled].tolist())
    naming: Counter[tuple[int, str]] = Counter()
    in_votes: Counter[str] = Counter()
    rows = zip(wrong.verdict.tolist(), wrong.item.tolist(), is_settled.tolist(), strict=True)
    for verdict, item, counts in rows:
        for kind in named.get(verdict) or (NO_KIND,):
            in_votes[kind] += 1
            if counts:
                naming[item, kind] += 1
    in_items = Counter(kind for (item, kind), n in naming.items() if 2 * n >= calling[item])
    return [KindCount(kind, in_votes[kind], in_items[kind]) for kind in (*kinds, NO_KIND)]
