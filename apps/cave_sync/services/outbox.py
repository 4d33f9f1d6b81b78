"""What is noted of single rows of the outbox, and how one is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from apps.cave_sync.domain.annotations import AnnotationRow, HeldRow
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


def change(row: OutboxRow, **values: Any) -> None:
    """These columns, of this row alone."""
    OutboxRow.objects.filter(pk=row.pk).update(**values)


def no_doubt(rows: Sequence[OutboxRow]) -> None:
    """No older change of them can arrive any more."""
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(doubted_at=None)


def replace(row: OutboxRow, heir: Mapping[str, Any] | None = None, **values: Any) -> None:
    """Give up a row, whose id is used up, for another that says the same."""
    change(row, error="", **values)
    new = copy(row)
    new.pk, new.replaces_id, new.sent_at, new.doubted_at = None, row.pk, None, None
    given = heir or {"state": State.WANTED, "error": ""}
    new.state, new.error = given["state"], given["error"]
    new._state.adding = True
    new.save(force_insert=True)
