"""What came of comparing a table of CAVE with what was sent to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Lack(StrEnum):
    """What a row that was sent can be found to be."""

    AWAY = "away"  # not there at all: it is sent again under its id
    DELETED = "deleted"  # by somebody else, which uses up its id: another takes its place
    OLD = "old"  # with values that it had before, or that are not ours: it is changed
    BACK = "back"  # though it was deleted: it is deleted once more


_TOLD: Final = {
    Lack.AWAY: ("was not there and is sent again", "were not there and are sent again"),
    Lack.DELETED: (
        "was deleted there, so that its id is used up: it is sent with a new one",
        "were deleted there, so that their ids are used up: they are sent with new ones",
    ),
    Lack.OLD: ("said something else and is changed", "said something else and are changed"),
    Lack.BACK: (
        "was there again though it was deleted, and is taken out",
        "were there again though they were deleted, and are taken out",
    ),
}


def told_of(found: dict[str, int]) -> str:
    """A sentence about how many rows were what, for people."""
    parts = [f"{found[lack]:,} {_TOLD[lack][found[lack] != 1]}" for lack in Lack if found.get(lack)]
    if not parts:
        return "Each row that was sent is in CAVE as it should be."
    return f"Of the rows that were sent {'; '.join(parts)}."
