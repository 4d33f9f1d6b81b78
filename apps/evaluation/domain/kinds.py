"""Kinds of error: how often each is named, and how often experts decide otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.evaluation.domain.votes import (
    INCORRECT,
    SETTLED,
    UNSURE,
    Ints,
    Items,
    Votes,
    counts_by_label,
    positions,
)

NO_KIND = ""  # nobody named one


@dataclass(frozen=True)
class KindCount:
    """How many votes name a kind, and of how many items settled as incorrect at least half of
    those who called them incorrect name it."""

    kind: str
    votes: int
    items: int


@dataclass(frozen=True)
class Overturn:
    """Of the items of a kind that an expert decided: how many otherwise than most annotators had
    said, how many likewise, and on how many the annotators stood even."""

    kind: str
    overturned: int
    upheld: int
    even: int


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


def count_overturns(
    votes: Votes, decided: Mapping[int, int], named: Mapping[int, Sequence[str]]
) -> list[Overturn]:
    """By kind of error, as most of those who called an item incorrect named it.

    `decided` is the expert's label by item. Only items that annotators voted on are counted.
    """
    found: dict[str, Counter[str]] = {}
    chosen = votes.chosen(np.isin(votes.item, np.array(sorted(decided), dtype=np.int64)))
    kinds = _kind_of_items(chosen, named)
    items, counts = counts_by_label(chosen)
    for item, row in zip(items.tolist(), counts, strict=True):
        outcome = _outcome(row, decided[item])
        found.setdefault(kinds.get(item, NO_KIND), Counter())[outcome] += 1
    return [
        Overturn(kind, count["overturned"], count["upheld"], count["even"])
        for kind, count in sorted(found.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    ]


def _outcome(row: Ints, expert: int) -> str:
    correct, incorrect = int(row[0]), int(row[1])
    if correct == incorrect or expert == UNSURE:
        return "even"
    return "upheld" if expert == (INCORRECT if incorrect > correct else 0) else "overturned"


def _kind_of_items(votes: Votes, named: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """The kind that most votes name, of items where one is named; the first of equals."""
    naming: dict[int, Counter[str]] = {}
    for verdict, item in zip(votes.verdict.tolist(), votes.item.tolist(), strict=True):
        for kind in named.get(verdict, ()):
            naming.setdefault(item, Counter())[kind] += 1
    return {
        item: min(count, key=lambda kind: (-count[kind], kind)) for item, count in naming.items()
    }
