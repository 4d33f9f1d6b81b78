"""Look at rows of which an older change may have arrived after a newer one, or after they were
deleted: when no call can be under way any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from apps.cave_sync.domain.rows import are_same
from apps.cave_sync.models import OutboxRow
from apps.cave_sync.services.batches import Batches
from apps.cave_sync.services.outbox import change, goes_another_way, is_both, is_there, no_doubt

State = OutboxRow.State


def _look_at_held(batches: Batches, rows: Sequence[OutboxRow]) -> None:
    """Those that are not as they should be wait again, or are gone."""
    held = batches.read(rows)
    for row in rows:
        one = held.get(row.pk)
        if goes_another_way(row, one):
            continue
        if one is not None and not are_same(row.payload, one.values):
            change(row, state=State.WANTED)
    no_doubt(rows)


def _look_at_gone(batches: Batches, rows: Sequence[OutboxRow]) -> None:
    """An older change shows a row of a reference table as valid, though it is deleted: that is
    deleted once more."""
    held = batches.read(rows)
    for row in rows:
        one = held.get(row.pk)
        if one is not None and row.sent_at is not None and (is_there(one) or is_both(one)):
            change(row, state=State.LEAVING)
    no_doubt(rows)


LOOKS: Mapping[OutboxRow.State, Callable[[Batches, Sequence[OutboxRow]], None]] = {
    State.HELD: _look_at_held,
    State.GONE: _look_at_gone,
}
