"""Tell a row that CAVE cannot take from a CAVE that is out of order: of both it says 500, in words
that nobody knows.

Rows at which CAVE stumbles are halved until one is alone (batches.py). That one is refused only
where another goes through by the same call, and it does not after that, so often in turn. While
CAVE is out of order nothing goes through, and no row is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.domain.cave_errors import (
    CaveRefusedError,
    CaveStumbledError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
)
from apps.cave_sync.models import OutboxRow
from apps.cave_sync.services.outbox import annotation_of, change

Call = Callable[[str, Sequence[AnnotationRow]], object]
State = OutboxRow.State
TRIES = 2  # at which rows that stand still are halved
TURNS = 3  # of another row and the one that is suspected
_SOME = 3  # of the rows that are under way, should one of them be bad as well
_OF_A_ROW = frozenset({Reason.DATA, Reason.NO_TARGET, Reason.SUPERSEDED})


class StandsStillError(Exception):
    """CAVE stumbles at these rows whenever they are sent. answer: what it says."""

    def __init__(self, answer: CaveStumbledError) -> None:
        super().__init__(answer.sentence)
        self.answer = answer


def turns_of(row: OutboxRow) -> int:
    """After how many turns a row is refused: of one that was refused before it is no news."""
    return 1 if row.error else TURNS


def others_than(row: OutboxRow) -> list[OutboxRow]:
    """Rows that can show whether CAVE takes any by the call by which this one is sent: some that
    are to be sent by it now, and one that CAVE has."""
    rows = OutboxRow.objects.filter(delivery=row.delivery_id).exclude(pk=row.pk).order_by("-pk")
    by_the_same = rows.filter(state=State.SENDING, sent_at__isnull=row.sent_at is None)
    return [*by_the_same[:_SOME], *rows.filter(state=State.HELD)[:1]]


def goes_through(table: str, row: OutboxRow, call: Call, *, is_change: bool) -> bool:
    """Whether CAVE takes a row. One that is under way is there then, and found when it is read
    back. Of one that it has already nothing changes: to post it is refused, as its id is taken,
    which is seen where rows are written; to put it says what it says.

    Raises CaveRefusedError where CAVE refuses for good, and not only a row.
    """
    if is_change and row.state == State.HELD:
        change(row, doubted_at=timezone.now())  # it may overtake a change that follows
    try:
        call(table, [annotation_of(row)])
    except CaveRefusedError as error:
        if error.reason is Reason.ID_TAKEN:
            return True
        if error.reason in _OF_A_ROW:
            return False
        raise
    except (CaveUncertainError, CaveUnavailableError):
        return False
    return True


def refusal_of(answer: CaveStumbledError) -> CaveRefusedError:
    """Why a row is refused at which CAVE stumbles."""
    return CaveRefusedError(
        f"CAVE takes other rows, and stumbles at this one: {answer.sentence}",
        reason=Reason.DATA,
        words=answer.words,
    )
