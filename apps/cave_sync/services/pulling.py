"""Read in which neurons delivered synapses lie, and mark those that lie in others than before.
Workers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.cave_sync.domain.annotations import RootIds
from apps.cave_sync.domain.cave_errors import CaveRefusedError, CaveUncertainError, Reason
from apps.cave_sync.domain.deliveries import Kind
from apps.cave_sync.domain.neurons import Side
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, RootChange, RootPull
from apps.cave_sync.services.inserting import update_rows
from apps.cave_sync.services.reopening import reopen_changed

A_PART = 2_000
Pair = tuple[int | None, int | None]
_KNOWN = ["pre_root_id", "post_root_id", "roots_version"]


def pull_roots(
    delivery: Delivery, service: AnnotationService, told: Callable[[int, int], None]
) -> RootPull | None:
    """Root ids of the newest version; None where there is nothing to read of it. What has changed
    is marked and, if the delivery wants it, opened again.

    Of verdicts and categories they are those of the lab's rows, and first compared with those of
    the campaign's table; rows that came after a version was read are read of it then. Of synapses
    they are those of our rows, and the first that are known are compared with nothing; a version
    has those rows alone that were there before it, so that it is read once.

    `told` hears how many rows are read, and of how many that are not read of this version yet.
    Killed, it goes on where it was. Raises CaveRefusedError where the version has no such table, or
    is there no more.
    """
    reopen_changed(delivery)  # what could not be before
    version = max(service.versions(), default=None)
    if version is None or delivery.pulls.filter(version__gt=version).exists():
        return None  # where the newest has expired, those that stay longer are older
    is_ours = delivery.kind == Kind.SYNAPSES
    pull, rows = delivery.pulls.filter(version=version).first(), _part(delivery, version, 0)
    is_read = pull is not None and pull.finished_at is not None
    if (is_read and is_ours) or (not rows and (is_read or pull is None)):
        return None
    if pull is None:
        _check_has_table(delivery, service, version)
        pull = RootPull.objects.create(delivery=delivery, version=version, begun_at=timezone.now())
    read, wanted = 0, _unread(delivery, version).count()
    told(read, wanted)
    while rows:
        _compare(pull, rows, _roots_of(pull, rows, service), is_ours=is_ours)
        read += len(rows)
        told(read, wanted)
        rows = _part(delivery, version, rows[-1].pk)
    RootPull.objects.filter(pk=pull.pk, finished_at__isnull=True).update(finished_at=timezone.now())
    reopen_changed(delivery)
    pull.refresh_from_db()
    return pull


def table_of(delivery: Delivery) -> str:
    """In whose rows the neurons are looked for."""
    return delivery.table if delivery.kind == Kind.SYNAPSES else delivery.reference_table


def _unread(delivery: Delivery, version: int) -> QuerySet[OutboxRow]:
    is_older = Q(roots_version__isnull=True) | Q(roots_version__lt=version)
    return delivery.rows.filter(is_older, state=OutboxRow.State.HELD)


def _part(delivery: Delivery, version: int, after: int) -> list[OutboxRow]:
    rows = _unread(delivery, version).filter(pk__gt=after)
    return list(rows.select_related("instance").order_by("pk")[:A_PART])


def _check_has_table(delivery: Delivery, service: AnnotationService, version: int) -> None:
    """A table that was made since is not in a version."""
    table = table_of(delivery)
    if table not in service.frozen_tables(version):
        raise CaveRefusedError(
            f"Version {version} of CAVE, the newest, does not have {table} yet; the next one that "
            "has it is read.",
            reason=Reason.NO_TABLE,
            words="",
        )


def _roots_of(
    pull: RootPull, rows: Sequence[OutboxRow], service: AnnotationService
) -> dict[int, RootIds]:
    """By row; those that the version does not have are left out."""
    delivery = pull.delivery
    is_ours = delivery.kind == Kind.SYNAPSES
    ids = {row.pk: row.pk if is_ours else int(row.payload["target_id"]) for row in rows}
    try:
        roots = service.root_ids(table_of(delivery), pull.version, set(ids.values()))
    except (CaveRefusedError, CaveUncertainError) as error:
        if pull.version in service.versions():
            raise
        raise CaveRefusedError(
            f"Version {pull.version} of CAVE has expired while it was read. The next sync goes on "
            "with the newest.",
            reason=Reason.NOT_FOUND,
            words=error.words,
        ) from None
    return {pk: roots[one] for pk, one in ids.items() if one in roots}


@transaction.atomic
def _compare(
    pull: RootPull, rows: Sequence[OutboxRow], found: Mapping[int, RootIds], *, is_ours: bool
) -> None:
    before = _known(pull, rows, is_ours=is_ours)
    fate = RootChange.Fate.WAITING if pull.delivery.reopens_changed else RootChange.Fate.MARKED
    marks, learnt = [], []
    for row in rows:
        if row.pk not in found:
            continue
        pre = Side(before[row.pk][0], found[row.pk].pre)
        post = Side(before[row.pk][1], found[row.pk].post)
        if pre.differs or post.differs:
            marks.append(
                RootChange(
                    pull=pull,
                    instance_id=row.instance_id,
                    pre_before=pre.before,
                    pre_now=pre.now,
                    post_before=post.before,
                    post_now=post.now,
                    fate=fate,
                )
            )
        now = _last(pre), _last(post)
        if (row.pre_root_id, row.post_root_id) != now:
            row.pre_root_id, row.post_root_id = now
            row.roots_version = pull.version
            learnt.append(row)
    update_rows(learnt, _KNOWN)
    every = OutboxRow.objects.filter(pk__in=[row.pk for row in rows])
    every.exclude(roots_version=pull.version).update(roots_version=pull.version)
    RootChange.objects.bulk_create(marks, ignore_conflicts=True)
    RootPull.objects.filter(pk=pull.pk).update(
        checked=F("checked") + len(found), changed=pull.changes.count()
    )


def _known(pull: RootPull, rows: Sequence[OutboxRow], *, is_ours: bool) -> dict[int, Pair]:
    """The neurons of before, by row: what was read last, of the lab's rows else what was read of
    the synapse for another row, as one that is gone, else what the campaign's table says."""
    known: dict[int, Pair] = {row.pk: (row.pre_root_id, row.post_root_id) for row in rows}
    new = [] if is_ours else [row for row in rows if row.roots_version is None]
    if not new:
        return known
    of_others: dict[int, Pair] = {}
    if pull.delivery.pulls.exclude(pk=pull.pk).exists() or pull.finished_at is not None:
        others = pull.delivery.rows.filter(
            instance_id__in=[row.instance_id for row in new], roots_version__isnull=False
        )
        values = others.order_by("roots_version", "pk")
        for instance, pre, post in values.values_list("instance_id", *_KNOWN[:2]):
            of_others[instance] = pre, post
    for row in new:
        read = of_others.get(row.instance_id, (None, None))
        of_table = row.instance.pre_root_id, row.instance.post_root_id
        known[row.pk] = _first(known[row.pk], read, of_table)
    return known


def _first(*pairs: Pair) -> Pair:
    """Of each side the first that is known."""
    pre = next((pair[0] for pair in pairs if pair[0] is not None), None)
    return pre, next((pair[1] for pair in pairs if pair[1] is not None), None)


def _last(side: Side) -> int | None:
    return side.before if side.now is None else side.now
