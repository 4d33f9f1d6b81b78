"""Of which kinds of error an instance is that was settled as incorrect: one rule, for exports and
for the dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from typing import TypeVar

Kind = TypeVar("Kind", bound=Hashable)


def kinds_of(
    agreeing: Iterable[Collection[Kind]], decision: Collection[Kind] | None = None
) -> set[Kind]:
    """The kinds that an expert named, where an expert decided; else those that more than half of
    those named who agree with the answer and name any, for who names none says nothing against
    one."""
    if decision is not None:
        return set(decision)
    naming = [kinds for kinds in agreeing if kinds]
    counts = Counter(kind for kinds in naming for kind in set(kinds))
    return {kind for kind, count in counts.items() if 2 * count > len(naming)}
