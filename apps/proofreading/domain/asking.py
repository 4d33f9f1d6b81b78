"""Which instances are asked about together, so that there is somebody to ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

# A page leaves the choice of so many people, where each of its instances does: who is away keeps
# nobody waiting then.
CHOICE = 3

T = TypeVar("T")


def put_together(
    sheets: Sequence[tuple[T, int]],
    visitors: Mapping[int, Collection[int]],
    people: Iterable[int],
    size: int,
) -> list[list[T]]:
    """Instances in pages of at most `size`, each of which somebody of `people` may take.

    `sheets` are instances with their sheet, and `visitors` who has visited a sheet: they may take
    no page with instances of it. An instance that nobody may be asked about is left out.
    """
    everybody = set(people)
    free = {sheet: everybody.difference(visitors.get(sheet, ())) for _, sheet in sheets}
    alike = {sheet: sorted(visitors.get(sheet, ())) for sheet in free}
    pages: list[list[T]] = []
    takers: set[int] = set()  # who may take the last page
    for instance, sheet in sorted(sheets, key=lambda one: alike[one[1]]):
        if not free[sheet]:
            continue
        both = takers & free[sheet]
        if not pages or len(pages[-1]) == size or len(both) < _least(takers, free[sheet]):
            pages.append([])
            both = free[sheet]
        pages[-1].append(instance)
        takers = both
    return pages


def _least(some: Collection[int], others: Collection[int]) -> int:
    """How many must be able to take two together."""
    return min(CHOICE, len(some), len(others))
