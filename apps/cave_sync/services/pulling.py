"""Read in which neurons delivered synapses lie, and mark those that lie in others than before.
Workers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from apps.cave_sync.domain.annotations import RootIds
from apps.cave_sync.domain.deliveries import Kind
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, RootChange, RootPull

A_PART = 2_000
_KNOWN = ["pre_root_id", "post_root_id"]


def pull_roots(
    delivery: Delivery, service: AnnotationService, told: Callable[[int], None]
) -> RootPull | None:
    """Root ids of the newest version; None where they were read already, or there is none.

    Of verdicts and categories they are those of the lab's rows, and first compared with those of
    the campaign's table. Of synapses they are those of our rows, and the first that are known are
    compared with nothing. Killed, it is done again: what was compared is not marked twice.
    """
    versions = service.versions()
    if not versions:
        return None
    pull, _ = RootPull.objects.get_or_create(
        delivery=delivery, version=versions[-1], defaults={"begun_at": timezone.now()}
    )
    if pull.finished_at is not None:
        return None
    is_ours = delivery.kind == Kind.SYNAPSES
    table = delivery.table if is_ours else delivery.reference_table
    after, checked = 0, 0
    while rows := _part(delivery, after):
        ids = {row.pk: row.pk if is_ours else int(row.payload["target_id"]) for row in rows}
        roots = service.root_ids(table, pull.version, set(ids.values()))
        found = {row.pk: roots[ids[row.pk]] for row in rows if ids[row.pk] in roots}
        _compare(pull, rows, found, is_ours=is_ours)
        after, checked = rows[-1].pk, checked + len(found)
        told(checked)
    pull.checked, pull.changed = checked, pull.changes.count()
    pull.finished_at = timezone.now()
    pull.save()
    return pull


def _part(delivery: Delivery, after: int) -> list[OutboxRow]:
    held = delivery.rows.filter(state=OutboxRow.State.HELD, pk__gt=after)
    return list(held.select_related("instance").order_by("pk")[:A_PART])


@transaction.atomic
def _compare(
    pull: RootPull, rows: Sequence[OutboxRow], found: Mapping[int, RootIds], *, is_ours: bool
) -> None:
    marks, learnt = [], []
    for row in rows:
        now = found.get(row.pk)
        if now is None:
            continue
        before = row.pre_root_id, row.post_root_id
        if not is_ours:  # what was read before, else what the table said
            before = (
                before[0] if before[0] is not None else row.instance.pre_root_id,
                before[1] if before[1] is not None else row.instance.post_root_id,
            )
        if _differs(before[0], now.pre) or _differs(before[1], now.post):
            marks.append(
                RootChange(
                    pull=pull,
                    instance_id=row.instance_id,
                    pre_before=before[0],
                    pre_now=now.pre,
                    post_before=before[1],
                    post_now=now.post,
                )
            )
        row.pre_root_id = before[0] if now.pre is None else now.pre
        row.post_root_id = before[1] if now.post is None else now.post
        learnt.append(row)
    OutboxRow.objects.bulk_update(learnt, _KNOWN, batch_size=500)
    RootChange.objects.bulk_create(marks, ignore_conflicts=True)


def _differs(before: int | None, now: int | None) -> bool:
    """Only what is known on both sides can differ: a freeze may leave some out."""
    return before is not None and now is not None and before != now
