"""Say what is delivered where, try it, start it, pause it. The web process uses this: CAVE is asked
by workers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.services.audit import record
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.claims import may_have_rows, why_taken
from apps.cave_sync.services.given import DeliverySettings, checked
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone

State, Stage = Delivery.State, SyncRun.Stage
STUCK_AFTER = timedelta(seconds=90)
# Of which table: once rows are in one, it is the delivery's for good.
_OF_THE_TABLE = (
    *("kind", "server", "datastack", "table", "schema", "reference_table"),
    *("resolution_x", "resolution_y", "resolution_z"),
)
_OF_THE_ROWS = ("taken", "mended_as", "fillings", "words")


@transaction.atomic
def create_delivery(
    campaign: Campaign, given: DeliverySettings, by: User, now: datetime
) -> Delivery:
    """A delivery of the campaign, to be tried; nothing is sent yet.

    Raises InvalidInputError naming the field.
    """
    values = checked(given, by, campaign)
    delivery = Delivery(campaign=campaign, created_by=by, **values)
    _save(delivery)
    record(campaign, by, "delivery_created", _about(delivery), now)
    return delivery


@transaction.atomic
def change_delivery(
    delivery: Delivery, given: DeliverySettings, by: User, now: datetime
) -> Delivery:
    """Put other settings in the place of what it has. What decides over rows has to be tried again
    before anything is sent; how often it is brought up to date has not.

    Raises InvalidInputError naming the field, and ConflictError where another table is named after
    rows were sent, or a worker is about to.
    """
    delivery = _locked(delivery)
    values = checked(given, by, delivery.campaign, kept=delivery)
    changed = {name for name, value in values.items() if getattr(delivery, name) != value}
    in_table = sorted(changed.intersection(_OF_THE_TABLE))
    if in_table:
        _check_may_leave_table(delivery, in_table[0])
        delivery.made_at, delivery.aligned_volume = None, ""
    for name in changed:
        setattr(delivery, name, values[name])
    if changed - {"every_minutes", "reads_roots", "reopens_changed"}:
        delivery.revision += 1
        delivery.state, delivery.failure, delivery.found = State.DRAFT, "", {}
        delivery.due_at = None
    elif delivery.state == State.ACTIVE and "every_minutes" in changed:
        delivery.due_at = _due(delivery, now)
    _save(delivery)
    if changed:
        details = _about(delivery) | {"changed": sorted(changed)}
        record(delivery.campaign, by, "delivery_changed", details, now)
    return delivery


@transaction.atomic
def remove_delivery(delivery: Delivery, by: User, now: datetime) -> None:
    """Forget a delivery of which nothing was sent; its table, where it was made, stays in CAVE,
    empty. Raises ConflictError for others."""
    delivery = _locked(delivery)
    if may_have_rows(delivery):
        raise ConflictError(
            f"delivery: {delivery.table} is in CAVE already, and this server knows what is in it. "
            "Pause the delivery instead.",
            field="delivery",
        )
    if _is_under_way(delivery):
        raise ConflictError(
            f"delivery: a worker is still at {delivery.table}. Pause the delivery, and remove it "
            "when the worker has stopped.",
            field="delivery",
        )
    record(delivery.campaign, by, "delivery_removed", _about(delivery), now)
    OutboxRow.objects.filter(delivery=delivery).delete()
    delivery.delete()


@transaction.atomic
def ask_dry_run(delivery: Delivery, by: User, now: datetime) -> Delivery:
    """Have a worker look whether it can be so, without writing anything in CAVE. What runs is
    paused until it is started again. Raises ConflictError."""
    delivery = _locked(delivery)
    if delivery.state == State.ACTIVE:
        raise ConflictError(
            "delivery: it is running. Pause it before you try it again.", field="delivery"
        )
    delivery.state, delivery.check_asked_at, delivery.check_attempts = State.CHECKING, now, 0
    delivery.found, delivery.failure, delivery.checked_revision = {}, "", 0
    delivery.save()
    enqueue(Job.TRY_DELIVERY, delivery_id=delivery.pk)
    record(delivery.campaign, by, "delivery_tried", _about(delivery), now)
    return delivery


@transaction.atomic
def start_delivery(delivery: Delivery, by: User, now: datetime) -> SyncRun:
    """Send from now on, for the first time or again after a pause or a failure; at once and, if it
    says so, every so many minutes. Raises ConflictError where no dry run has found it good, or
    another delivery has its table by now."""
    delivery = _locked_with_those_beside(delivery)
    if not delivery.is_checked or delivery.state == State.CHECKING:
        raise ConflictError(
            "delivery: try it first. It is started when a dry run has found no problem.",
            field="delivery",
        )
    if delivery.state != State.ACTIVE:
        if (reason := why_taken(delivery)) is not None:
            raise ConflictError(f"table: {reason}", field="table")
        delivery.state, delivery.failure = State.ACTIVE, ""
        delivery.save()
        record(delivery.campaign, by, "delivery_started", _about(delivery), now)
    return _begin(delivery, by, now)


@transaction.atomic
def pause_delivery(delivery: Delivery, by: User, now: datetime) -> Delivery:
    """Send nothing more until it is started again; what is being sent ends with its batch. Doing so
    again does nothing. Raises ConflictError where there is nothing to pause."""
    delivery = _locked(delivery)
    if delivery.state == State.PAUSED:
        return delivery
    if delivery.state not in (State.ACTIVE, State.FAILED):
        raise ConflictError("delivery: it has not been started.", field="delivery")
    delivery.state, delivery.due_at, delivery.failure = State.PAUSED, None, ""
    delivery.save()
    record(delivery.campaign, by, "delivery_paused", _about(delivery), now)
    return delivery


@transaction.atomic
def ask_sync(delivery: Delivery, by: User, now: datetime) -> SyncRun:
    """Bring it up to date now; the run that is under way, if one is. Rows that CAVE has refused are
    sent once more. Raises ConflictError where it is not running."""
    delivery = _locked(delivery)
    if delivery.state != State.ACTIVE:
        raise ConflictError("delivery: it is not running. Start it first.", field="delivery")
    return _begin(delivery, by, now)


def _begin(delivery: Delivery, by: User | None, now: datetime) -> SyncRun:
    """The run that is under way, or a new one."""
    if by is not None:
        refused = delivery.rows.filter(state=OutboxRow.State.FAILED).exclude(digest="")
        refused.update(state=OutboxRow.State.WANTED)
    unfinished = SyncRun.objects.filter(delivery=delivery, finished_at__isnull=True).first()
    if unfinished is not None:
        return unfinished
    run = SyncRun.objects.create(delivery=delivery, asked_by=by, asked_at=now, moved_at=now)
    Delivery.objects.filter(pk=delivery.pk).update(due_at=None)
    enqueue(Job.SYNC_DELIVERY, delivery_id=delivery.pk)
    return run


def sync_due(now: datetime) -> int:
    """Have those deliveries brought up to date whose time it is, and those runs and dry runs taken
    up whose worker was stopped; how many. A delivery has one worker: nothing is done twice."""
    due = Delivery.objects.filter(state=State.ACTIVE, due_at__lte=now).order_by("due_at", "pk")
    ids = list(due.values_list("pk", flat=True))
    for delivery_id in ids:
        with transaction.atomic():
            locked = due.select_for_update(no_key=True, skip_locked=True, of=("self",))
            delivery = locked.filter(pk=delivery_id).first()
            if delivery is not None:
                _begin(delivery, None, now)
    return len(ids) + _take_up(now)


def _take_up(now: datetime) -> int:
    stuck = SyncRun.objects.filter(finished_at__isnull=True, moved_at__lt=now - STUCK_AFTER)
    runs = list(stuck.values_list("pk", "delivery_id"))
    stuck.filter(pk__in=[pk for pk, _ in runs]).update(moved_at=now)
    for run_id, delivery_id in runs:
        # A worker may be there yet, as in a call that lasts. Another run waits for a turn anew.
        with alone(f"cave delivery {delivery_id}") as is_stopped:
            if is_stopped:
                unfinished = SyncRun.objects.filter(pk=run_id, finished_at__isnull=True)
                unfinished.update(stage=Stage.WAITING, done=0, total=0)
        enqueue(Job.SYNC_DELIVERY, delivery_id=delivery_id)
    asked = Q(state=State.CHECKING, check_asked_at__lt=now - STUCK_AFTER)
    tries = list(Delivery.objects.filter(asked).values_list("pk", flat=True))
    Delivery.objects.filter(asked, pk__in=tries).update(check_asked_at=now)
    for delivery_id in tries:
        enqueue(Job.TRY_DELIVERY, delivery_id=delivery_id)
    return len(runs) + len(tries)


def _locked(delivery: Delivery) -> Delivery:
    locked = Delivery.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("campaign", "secret").get(pk=delivery.pk)


def _locked_with_those_beside(delivery: Delivery) -> Delivery:
    """It, and all whose table has the same name: of two that are started at once the second sees
    the first. They are locked in the order of ids; everything else locks one alone."""
    beside = Delivery.objects.filter(server=delivery.server, table=delivery.table)
    list(beside.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return _locked(delivery)


def _check_may_leave_table(delivery: Delivery, column: str) -> None:
    """Raises ConflictError where rows are, or may be, in the table that it would no longer have."""
    field_name = column.removesuffix("_x").removesuffix("_y").removesuffix("_z")
    if may_have_rows(delivery):
        raise ConflictError(
            f"{field_name}: rows are in {delivery.table} already. Make another delivery for "
            "another table.",
            field=field_name,
        )
    if _is_under_way(delivery):
        raise ConflictError(
            f"{field_name}: a worker is still at {delivery.table}. Pause the delivery, and change "
            "this when the worker has stopped.",
            field=field_name,
        )


def _is_under_way(delivery: Delivery) -> bool:
    return delivery.runs.filter(finished_at__isnull=True).exists()


def _due(delivery: Delivery, now: datetime) -> datetime | None:
    if delivery.every_minutes is None:
        return None
    return now + timedelta(minutes=delivery.every_minutes)


def _save(delivery: Delivery) -> None:
    try:
        with transaction.atomic():
            delivery.save()
    except IntegrityError as error:
        if "a_table_has_one_delivery" not in str(error):
            raise
        raise InvalidInputError(
            f"table: a campaign delivers to {delivery.table} of {delivery.datastack} already; a "
            "table belongs to one delivery.",
            field="table",
        ) from error


def _about(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery": delivery.pk,
        "kind": delivery.kind,
        "datastack": delivery.datastack,
        "table": delivery.table,
    }
