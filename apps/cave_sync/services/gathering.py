"""Bring the outbox up to date with the outcomes: what is to be in CAVE, and what no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from apps.cave_sync.domain.deliveries import Kind, Plan
from apps.cave_sync.domain.mapping import rows_of
from apps.cave_sync.domain.rows import UnfitError, digest_of
from apps.cave_sync.models import LIVE, Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.facts import Provenance, provenance_of, said_of
from apps.cave_sync.services.inserting import insert_rows, update_rows
from apps.cave_sync.services.outbox import may_arrive
from apps.revision.selectors import Outcome, outcomes
from apps.voxels.geometry import Resolution

A_PART = 2_000
State = OutboxRow.State
_PROVENANCE = ("outcome", "people", "said_at", "version", "wanted_in")
_ROOTS = ("pre_root_id", "post_root_id", "roots_version")
_CHANGED = ["payload", "digest", "state", "error", *_ROOTS, *_PROVENANCE]
_POINT_OF = {"pre_root_id": "pre_pt", "post_root_id": "post_pt"}
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True)
class Wanted:
    """What is to be in CAVE of a synapse; `error` says why it cannot be."""

    instance: int
    part: str
    payload: dict[str, Any]
    digest: str
    error: str
    provenance: Provenance


@dataclass
class Changes:
    """What a part of the outcomes changes in the outbox."""

    new: list[OutboxRow] = field(default_factory=list)
    changed: list[OutboxRow] = field(default_factory=list)
    said_anew: list[OutboxRow] = field(default_factory=list)  # the same, but by others or since
    leaving: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def wanted_of(outcome: Outcome, plan: Plan, resolution: Resolution) -> list[Wanted]:
    """The rows that an outcome wants to be there; one that cannot be has an error. `resolution` is
    that of the campaign's table."""
    said = said_of(outcome, resolution)
    provenance = provenance_of(outcome)
    try:
        rows = rows_of(said, plan)
    except UnfitError as error:
        sentence = f"Synapse {said.source_id}: {error}."
        return [Wanted(said.instance, "", _NOTHING, "", sentence, provenance)]
    return [
        Wanted(said.instance, row.part, row.values, digest_of(row.values), "", provenance)
        for row in rows
    ]


def refresh_outbox(run: SyncRun, plan: Plan, told: Callable[[int], None], now: datetime) -> None:
    """Read every outcome of the campaign and note what has changed since the last time: new rows,
    changed ones, and those that nothing says any more.

    Killed, it is simply done again: each part is one transaction. `told` hears how many outcomes
    were read. No worker may be sending; a row that may still arrive stays as it is.
    """
    delivery, read = run.delivery, 0
    seen: set[int] = set()
    found = outcomes(delivery.campaign, A_PART)
    while part := list(islice(found, A_PART)):
        seen.update(outcome.instance.pk for outcome in part)
        _keep(_changes(delivery, run, plan, part), now)
        read += len(part)
        told(read)
    for rows in _in_parts(_not_among(seen, delivery)):
        _keep(_taken_out(rows), now)


def _changes(delivery: Delivery, run: SyncRun, plan: Plan, part: Sequence[Outcome]) -> Changes:
    there: dict[tuple[int, str], OutboxRow] = {
        (row.instance_id, row.part): row
        for row in OutboxRow.objects.filter(
            delivery=delivery,
            instance_id__in=[outcome.instance.pk for outcome in part],
            state__in=LIVE,
        )
    }
    changes, resolution = Changes(), delivery.campaign.table.resolution
    for outcome in part:
        for wanted in wanted_of(outcome, plan, resolution):
            row = there.pop((wanted.instance, wanted.part), None)
            _compare(changes, wanted, row, run, plan)
    left = _taken_out(there.values())
    changes.leaving += left.leaving
    changes.gone += left.gone
    return changes


def _compare(
    changes: Changes, wanted: Wanted, row: OutboxRow | None, run: SyncRun, plan: Plan
) -> None:
    if row is None:
        changes.new.append(_filled(OutboxRow(delivery=run.delivery), wanted, run))
    elif may_arrive(row):
        return
    elif row.digest != wanted.digest or (wanted.error and row.error != wanted.error):
        if row.sent_at is not None and (plan.kind is Kind.SYNAPSES or wanted.error):
            changes.leaving.append(row.pk)
            changes.new.append(_filled(_heir_of(row), wanted, run))
        else:
            changes.changed.append(_filled(row, wanted, run))
    elif _is_said_anew(row, wanted.provenance):
        changes.said_anew.append(_said(row, wanted.provenance, run))


def _is_said_anew(row: OutboxRow, now: Provenance) -> bool:
    """Whether others say the same by now, or they said it again. Another version of the campaign
    alone says nothing anew: under which it was said is kept."""
    was = row.outcome, tuple(row.people), row.said_at
    return was != (now.outcome, now.people, now.said_at)


def _heir_of(row: OutboxRow) -> OutboxRow:
    """The row that takes the place of another; it lies in the same neurons until it is filled."""
    return OutboxRow(
        delivery_id=row.delivery_id,
        replaces=row,
        payload=row.payload,
        **{name: getattr(row, name) for name in _ROOTS},
    )


def _forget_moved(row: OutboxRow, payload: Mapping[str, Any]) -> None:
    """A point that moves may well lie in another neuron: nothing has changed in CAVE then."""
    is_of_another = bool(payload) and row.payload.get("target_id") != payload.get("target_id")
    for name, point in _POINT_OF.items():
        if is_of_another or _place(row.payload, point) != _place(payload, point):
            setattr(row, name, None)
            row.roots_version = None


def _place(payload: Mapping[str, Any], point: str) -> tuple[int, ...]:
    """What the database keeps is a list."""
    return tuple(payload.get(point) or ())


def _filled(row: OutboxRow, wanted: Wanted, run: SyncRun) -> OutboxRow:
    if row.payload:
        _forget_moved(row, wanted.payload)
    row.instance_id, row.part = wanted.instance, wanted.part
    row.payload, row.digest, row.error = wanted.payload, wanted.digest, wanted.error
    row.state = State.FAILED if wanted.error else State.WANTED
    return _said(row, wanted.provenance, run)


def _said(row: OutboxRow, provenance: Provenance, run: SyncRun) -> OutboxRow:
    row.outcome, row.people = provenance.outcome, list(provenance.people)
    row.said_at, row.version = provenance.said_at, provenance.version
    row.wanted_in = run
    return row


def _taken_out(rows: Iterable[OutboxRow]) -> Changes:
    """What nothing says any more; what was never sent is simply not sent."""
    changes = Changes()
    for row in rows:
        if may_arrive(row):
            continue
        (changes.gone if row.sent_at is None else changes.leaving).append(row.pk)
    return changes


def _not_among(seen: set[int], delivery: Delivery) -> Iterator[OutboxRow]:
    """Live rows of synapses that are no outcome any more, as one that was added and withdrawn."""
    found = OutboxRow.objects.filter(delivery=delivery, state__in=LIVE)
    live = found.only("instance_id", "state", "sent_at", "doubted_at")
    return (row for row in live.iterator(chunk_size=A_PART) if row.instance_id not in seen)


def _in_parts(rows: Iterator[OutboxRow]) -> Iterator[list[OutboxRow]]:
    while part := list(islice(rows, A_PART)):
        yield part


@transaction.atomic
def _keep(changes: Changes, now: datetime) -> None:
    """What leaves comes first: of a synapse there is one live row."""
    if changes.leaving:
        OutboxRow.objects.filter(pk__in=changes.leaving).update(state=State.LEAVING, error="")
    if changes.gone:
        gone = OutboxRow.objects.filter(pk__in=changes.gone)
        gone.update(state=State.GONE, error="", gone_at=now)
    update_rows(changes.changed, _CHANGED)
    update_rows(changes.said_anew, _PROVENANCE)
    if changes.new:
        insert_rows(changes.new)
