"""Which instances are asked about together, so that there is somebody to ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

# A page leaves the choice of so many people, where each of its instances does: who is away keeps
# nobody waiting then.
CHOICE = 3

T = TypeVar("T")


def put_together(
    instances: Sequence[T],
    visitors: Sequence[Collection[int]],
    people: Iterable[int],
    size: int,
) -> list[list[T]]:
    """Instances in pages of at most `size`, each of which somebody of `people` may take.

    `visitors` are for each instance those who have seen it: they may take no page with it. An
    instance that nobody may be asked about is left out.
    """
    everybody = set(people)
    pages: list[list[T]] = []
    takers: set[int] = set()  # who may take the last page
    # those that the same people have seen lie side by side
    for place in sorted(range(len(instances)), key=lambda one: sorted(visitors[one])):
        free = everybody.difference(visitors[place])
        if not free:
            continue
        both = takers & free
        if not pages or len(pages[-1]) == size or len(both) < _least(takers, free):
            pages.append([])
            both = free
        pages[-1].append(instances[place])
        takers = both
    return pages


def _least(some: Collection[int], others: Collection[int]) -> int:
    """How many must be able to take two together."""
    return min(CHOICE, len(some), len(others))
