"""Look whether CAVE has all that was sent to it, and have what is missing sent again. Workers only.

What is there no more, as where CAVE was restored from a backup, is sent under the id that it had:
no other row can have that. Of a row that somebody has deleted in CAVE the id is used up, so that
another takes its place. What the backup has brought back is taken out again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.cave_sync.domain.annotations import HeldRow
from apps.cave_sync.domain.deliveries import Kind
from apps.cave_sync.domain.missing import Lack
from apps.cave_sync.domain.rows import are_same
from apps.cave_sync.models import LIVE, Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.batches import Batches
from apps.cave_sync.services.outbox import (
    change,
    is_both,
    is_there,
    replace,
    replace_deleted,
)

State = OutboxRow.State


def compare_all(run: SyncRun, batches: Batches, told: Callable[[int], None]) -> None:
    """Of every row, also of those that are gone, note what CAVE has of it; what is to be done then
    waits to be sent, changed or deleted as anything else does.

    Killed, it goes on behind the rows that were looked at: what was noted of them is as it should
    be, or waits. `told` hears how many there were.
    """
    delivery, last = run.delivery, run.compared_to
    rows = rows_to_compare(delivery).order_by("pk")
    read = rows.filter(pk__lte=last).count()
    while part := list(rows.filter(pk__gt=last)[: settings.ENVIRONMENT.cave_batch]):
        _note(run, part, batches.read(part))
        last, read = part[-1].pk, read + len(part)
        told(read)
    SyncRun.objects.filter(pk=run.pk, compared__isnull=True).update(compared={})
    held = delivery.rows.filter(state=State.HELD).count()
    Delivery.objects.filter(pk=delivery.pk).update(mends=False, missing=0, held=held)
    delivery.mends, delivery.missing = False, 0


def rows_to_compare(delivery: Delivery) -> QuerySet[OutboxRow]:
    """Also those that CAVE was found not to have: a newer backup may have brought them back. What
    cannot be sent has no values."""
    return delivery.rows.exclude(digest="")


@transaction.atomic
def _note(run: SyncRun, rows: Sequence[OutboxRow], held: Mapping[int, HeldRow]) -> None:
    found: Counter[str] = Counter()
    away = [row for row in rows if row.pk not in held and row.sent_at is not None]
    if again := _note_away(away):
        found[Lack.AWAY] = again
    for row in rows:
        if row.pk not in held or not _is_ours(row, held[row.pk]):
            continue
        if (lack := _lack_of(row, held[row.pk])) is not None:
            is_changed_in_place = run.delivery.kind != Kind.SYNAPSES
            _see_to(row, held[row.pk], lack, is_changed_in_place=is_changed_in_place)
            found[lack] += 1
    moved: dict[str, Any] = {"compared_to": rows[-1].pk, "attempts": 0}
    this = SyncRun.objects.filter(pk=run.pk)
    if found:
        moved["compared"] = found + Counter(this.values_list("compared", flat=True).get() or {})
    this.update(**moved)


def _note_away(rows: Sequence[OutboxRow]) -> int:
    """CAVE, as it is, never had them. Those that are gone need not be there again; gives how many
    of the others there are."""
    if not rows:
        return 0
    away = OutboxRow.objects.filter(pk__in=[row.pk for row in rows])
    now = timezone.now()
    if any(row.state == State.SENDING for row in rows):
        # An older change may be under way, and come when the row is there again.
        away.filter(state=State.SENDING).update(doubted_at=now)
    again = away.filter(state__in=LIVE).update(state=State.WANTED, sent_at=None, error="")
    left = away.filter(state__in=[State.LEAVING, State.GONE])
    gone_at = Coalesce("gone_at", Value(now))
    left.update(state=State.GONE, sent_at=None, gone_at=gone_at, error="")
    return again


def _is_ours(row: OutboxRow, held: HeldRow) -> bool:
    """Whether a row that is there was sent by us: else it is somebody else's, which the number of
    rows tells. What was sent, though we had thought that CAVE lost it, is noted so."""
    if row.sent_at is not None:
        return True
    if row.state == State.SENDING or not are_same(row.payload, held.values):
        return False  # those under way are read back by themselves
    row.sent_at = timezone.now()
    row.state = State.GONE if row.state == State.GONE else State.HELD
    change(row, sent_at=row.sent_at, state=row.state, error="")
    return True


def _lack_of(row: OutboxRow, held: HeldRow) -> Lack | None:
    """What is wrong with a row that is there; of those under way their own call tells."""
    is_to_be_put = row.state == State.WANTED and row.sent_at is not None
    if (row.state == State.HELD or is_to_be_put) and not is_there(held):
        return Lack.DELETED
    if row.state == State.HELD and not are_same(row.payload, held.values):
        return Lack.OLD
    if row.state == State.GONE and (is_there(held) or is_both(held)):
        return Lack.BACK
    return None


def _see_to(row: OutboxRow, held: HeldRow, lack: Lack, *, is_changed_in_place: bool) -> None:
    if lack is Lack.DELETED:
        replace_deleted(row, held)
    elif lack is Lack.BACK:
        change(row, state=State.LEAVING)
    elif is_changed_in_place:
        change(row, state=State.WANTED)
    else:
        replace(row, state=State.LEAVING)
