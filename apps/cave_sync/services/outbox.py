"""What is noted of single rows of the outbox, and how one is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow, HeldRow
from apps.cave_sync.domain.cave_errors import CaveRefusedError, Reason
from apps.cave_sync.models import OutboxRow

State = OutboxRow.State


def annotation_of(row: OutboxRow) -> AnnotationRow:
    """A row as it is sent."""
    values: Mapping[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.payload.items()
    }
    return AnnotationRow(row.pk, values)


def is_there(held: HeldRow) -> bool:
    """Whether CAVE has a row as one that holds."""
    return held.deleted is None and held.superseded_by is None


def is_both(held: HeldRow) -> bool:
    """Deleted, and changed after that, which shows it as valid."""
    return held.is_valid and held.deleted is not None


def may_arrive(row: OutboxRow) -> bool:
    """Whether a call that posts it may still be under way, whatever became of who made it: what it
    says is not changed before that is known, as nobody could tell it from a row of others."""
    is_new = row.state == State.SENDING and row.sent_at is None
    return is_new and row.doubted_at is not None


def to_take_out() -> QuerySet[OutboxRow]:
    """Rows that are to be deleted together. One whose heir may not be there yet is not: it stays
    until that is."""
    heirs = OutboxRow.objects.filter(replaces=OuterRef("pk"), state=State.SENDING)
    return OutboxRow.objects.filter(~Exists(heirs), state=State.LEAVING, error="")


def change(row: OutboxRow, **values: Any) -> None:
    """These columns, of this row alone."""
    OutboxRow.objects.filter(pk=row.pk).update(**values)


def no_doubt(rows: Sequence[OutboxRow]) -> None:
    """No older change of them can arrive any more."""
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(doubted_at=None)


def foreign(table: str, row: OutboxRow) -> CaveRefusedError:
    """Why a row that CAVE never said to have of us, and that is there with other values, can only
    be somebody else's.

    Ours with an older payload it cannot be, also after a kill: a row is `sending` from before its
    first call until it was read, and is given another payload only where it was not there, and no
    call of it is under way.
    """
    return CaveRefusedError(
        f"table: {table} has a row {row.pk} that this delivery has not sent: somebody else writes "
        "in it. A delivery needs a table of its own.",
        reason=Reason.OTHER,
        words="",
        field="table",
    )


def goes_another_way(row: OutboxRow, held: HeldRow | None) -> bool:
    """Whether a row has to go another way than it was sent, by what CAVE has of it, which is then
    noted."""
    if held is None:
        if row.sent_at is None:
            return False
        change(row, state=State.WANTED, sent_at=None, error="")  # to be put, but it is not there
    elif not is_there(held):
        replace_deleted(row, held)
    else:
        return False
    return True


def replace_deleted(row: OutboxRow, held: HeldRow) -> None:
    """Another takes the place of a row that somebody has deleted. Where CAVE shows it as valid all
    the same, it is deleted once more."""
    now = timezone.now()
    sent_at = row.sent_at or now
    if is_both(held):
        replace(row, state=State.LEAVING, sent_at=sent_at)
    else:
        replace(row, state=State.GONE, sent_at=sent_at, gone_at=now)


def replace(row: OutboxRow, heir: Mapping[str, Any] | None = None, **values: Any) -> None:
    """Give up a row, whose id is used up, for another that says the same."""
    change(row, error="", **values)
    new = copy(row)
    new.pk, new.replaces_id, new.sent_at, new.doubted_at = None, row.pk, None, None
    given = heir or {"state": State.WANTED, "error": ""}
    new.state, new.error = given["state"], given["error"]
    new._state.adding = True
    new.save(force_insert=True)
