"""Find the rows at which CAVE stumbles: it says 500, in words that nobody knows, of a row that it
cannot take as well as where it is out of order.

Such rows are halved until each is alone (batches.py). One that is alone is set aside, with CAVE's
words: nothing is refused or deleted because of it, and the others go on. Where CAVE stumbles at
single rows in turn, and no part of the others goes through, it is out of order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.cave_sync.domain.cave_errors import CaveStumbledError
from apps.cave_sync.models import OutboxRow

TRIES = 2  # at which rows that stand still are halved
IN_TURN = 3  # single rows at which CAVE stumbles before others are looked at, or it is given up


class StandsStillError(Exception):
    """CAVE stumbles at these rows whenever they are sent. answer: what it says."""

    def __init__(self, rows: Sequence[OutboxRow], answer: CaveStumbledError) -> None:
        super().__init__(answer.sentence)
        self.rows, self.answer = rows, answer


@dataclass(eq=False)
class Way:
    """A kind of call.

    call: makes it, for these rows. still: asks CAVE which rows are still to be sent so, of some of
    which nobody knows whether they were, and notes what is known of the others. done: notes that
    the call went through. in_turn: at how many single rows CAVE has stumbled since one did.
    """

    call: Callable[[Sequence[OutboxRow]], object]
    still: Callable[[Sequence[OutboxRow]], list[OutboxRow]]
    done: Callable[[Sequence[OutboxRow]], None]
    in_turn: int = 0


class Halves:
    """The parts of some rows that are sent, one after the other: the first ones first.

    is_out: so many single rows have stumbled in turn, and nothing has gone through. Then the other
    parts are tried as they are, and halved only when one of them goes through.
    """

    def __init__(self, rows: Sequence[OutboxRow]) -> None:
        self._parts = [rows] if rows else []  # the next one last
        self._later: list[Sequence[OutboxRow]] = []
        self._some_went = self.is_out = False

    def take(self) -> Sequence[OutboxRow] | None:
        """The next part; None where there is no other."""
        return self._parts.pop() if self._parts else None

    def went_through(self) -> None:
        """A part did."""
        self._some_went, self.is_out = True, False
        self._parts += reversed(self._later)
        self._later.clear()

    def stand_still(self, rows: Sequence[OutboxRow]) -> None:
        """CAVE stumbles at this part, of more than one row."""
        if self.is_out:
            self._later.append(rows)
            return
        middle = len(rows) // 2
        self._parts += [rows[middle:], rows[:middle]]

    def stumbled_alone(self, in_turn: int) -> None:
        """CAVE stumbles at a single row, the last of so many."""
        self.is_out = self.is_out or (in_turn >= IN_TURN and not self._some_went)
