"""Bring a delivery up to date: one worker at a time, and whatever stops it, another goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.cave_sync.domain.cave_errors import (
    CaveRefusedError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
    with_words,
)
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import ASIDE, Delivery, OutboxRow, SyncRun
from apps.cave_sync.selectors import plan_of, sent_count
from apps.cave_sync.services.batches import LATE, MOST_BAD, Batches
from apps.cave_sync.services.claims import unsure_count
from apps.cave_sync.services.comparing import compare_all, rows_to_compare
from apps.cave_sync.services.connecting import PAUSES_S, service_for
from apps.cave_sync.services.gathering import refresh_outbox
from apps.cave_sync.services.late import LOOKS
from apps.cave_sync.services.outbox import to_take_out
from apps.cave_sync.services.pulling import pull_roots
from apps.cave_sync.services.tables import StoppedError, have_table, why_not_alone
from apps.core.errors import SynAnnoError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.core.turns import turn_has_ended, turn_to_last
from apps.proofreading.selectors.quality import policy_of
from apps.proofreading.services.policies import describe_policy

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 5  # begun so often without moving on, it is given up
TRY_AGAIN_AFTER = timedelta(minutes=5)
_MOST_ASIDE = 1_000  # rows that are tried one by one in a run
_MOST_SENT = 20  # jobs that look for a turn when one has ended
Connect = Callable[[Delivery], AnnotationService]
State, Stage = OutboxRow.State, SyncRun.Stage


def sync(delivery_id: int, connect: Connect = service_for) -> None:
    """Do what the unfinished run of a delivery is for; nothing where there is none, or another
    worker is at it.

    A run that fails says why in CAVE's own words. Where CAVE refuses for good the delivery has
    failed until somebody changes or starts it again; else it is tried again later.
    """
    with ExitStack() as afterwards, ExitStack() as held:
        if not held.enter_context(alone(f"cave delivery {delivery_id}", pauses_s=PAUSES_S)):
            return
        if not held.enter_context(turn_to_last()):
            return  # it is sent again when a turn has ended
        afterwards.callback(turn_has_ended, Job.SYNC_DELIVERY)
        run = _begin(delivery_id)
        if run is None:
            return
        try:
            _check_goes_on(run)
            service = connect(run.delivery)
            batches = _sync(run, service)
            words = f"{_told_of_aside(run.delivery)} {_read_roots(run, service)}".strip()
            is_new = len(batches.aside) > batches.aside_again
            _end(run, Stage.DONE, words, soon=is_new or batches.are_left)
        except StoppedError:
            _end(run, Stage.STOPPED)
        except CaveRefusedError as error:
            _fail_for_good(run, error.sentence, error.words)
        except (CaveUnavailableError, CaveUncertainError) as error:
            _end(run, Stage.FAILED, with_words(error.sentence, error.words), again=True)
        except SynAnnoError as error:
            _fail_for_good(run, error.sentence, "")


def send_waiting_syncs(after_s: float = 0.0) -> int:
    """Have those tried again that found no turn, or whose worker was stopped; those that wait
    longest first. How many."""
    waiting = SyncRun.objects.filter(stage=Stage.WAITING).order_by("asked_at", "pk")
    found = list(waiting.values_list("delivery_id", flat=True)[:_MOST_SENT])
    for delivery_id in found:
        enqueue(Job.SYNC_DELIVERY, after_s=after_s, delivery_id=delivery_id)
    return len(found)


def _begin(delivery_id: int) -> SyncRun | None:
    unfinished = SyncRun.objects.filter(delivery=delivery_id, finished_at__isnull=True)
    run = unfinished.select_related(
        "delivery__campaign__table__dataset", "delivery__secret"
    ).first()
    if run is None:
        return None
    if run.attempts >= MOST_ATTEMPTS:
        _end(run, Stage.FAILED, "Its worker was stopped again and again.", again=True)
        return None
    unfinished.update(stage=Stage.READING, attempts=F("attempts") + 1, moved_at=timezone.now())
    return run


def _sync(run: SyncRun, service: AnnotationService) -> Batches:
    delivery, batches = run.delivery, Batches(service, run, lambda: _check_goes_on(run))
    _move(run, Stage.READING)
    have_table(delivery, service)
    if delivery.mends:
        _move(run, Stage.READING, total=rows_to_compare(delivery).count())
        compare_all(run, batches, lambda read: _tell(run, read))
        _move(run, Stage.READING)
    _check_alone(delivery, service, unsure_count(delivery))
    under_way = delivery.rows.filter(state=State.SENDING)
    _by_parts(run, under_way.exclude(error=""), batches.look_for)
    _send_all(run, batches, under_way.filter(error=""), is_doubtful=True)
    _check_alone(delivery, service, unsure_count(delivery))
    _move(run, Stage.GATHERING, total=delivery.campaign.items.count())
    policy = describe_policy(policy_of(delivery.campaign_id).policy)
    SyncRun.objects.filter(pk=run.pk).update(policy=policy)
    plan = plan_of(delivery, service.schema(delivery.schema))
    refresh_outbox(run, plan, lambda read: _tell(run, read), timezone.now())
    to_do = Q(state__in=[State.WANTED, State.LEAVING])
    _move(run, Stage.SENDING, total=delivery.rows.filter(to_do).count())
    wanted = delivery.rows.filter(state=State.WANTED, error="")
    _send_all(run, batches, wanted)
    _take_out_all(run, batches)
    _try_refused_again(run, batches)
    _look_at_late_ones(run, batches)
    _send_all(run, batches, wanted)  # what that has found
    _take_out_all(run, batches)
    _try_aside_again(run, batches)
    _send_all(run, batches, wanted)  # what that has found
    _take_out_all(run, batches)
    batches.give_up_untaken()
    return batches


def _told_of_aside(delivery: Delivery) -> str:
    """How many rows were set aside."""
    if not (count := delivery.rows.filter(ASIDE).count()):
        return ""
    rows, they = ("1 row is", "it is") if count == 1 else (f"{count:,} rows are", "they are")
    return f"{rows} not in CAVE yet as wanted; {they} tried again at each run."


def _read_roots(run: SyncRun, service: AnnotationService) -> str:
    """If that is wanted; why it was not done. All that was to be sent is there by then."""
    if not run.delivery.reads_roots:
        return ""
    _move(run, Stage.ROOTS)
    try:
        pull_roots(run.delivery, service, lambda read, of: _tell(run, read, total=of))
    except (CaveRefusedError, CaveUnavailableError, CaveUncertainError) as error:
        return f"Root ids were not read. {with_words(error.sentence, error.words)}"
    return ""


def _send_all(
    run: SyncRun, batches: Batches, found: QuerySet[OutboxRow], *, is_doubtful: bool = False
) -> None:
    """Fresh rows first, each call in the order of ids. A row of which it turns out that it goes
    another way waits again, and comes once more."""
    for is_fresh in (True, False, True):
        rows = found.filter(sent_at__isnull=is_fresh).order_by("pk")
        while batch := list(rows[: settings.ENVIRONMENT.cave_batch]):
            _check_goes_on(run)
            _send(batches, batch, is_doubtful=is_doubtful)


def _by_parts(
    run: SyncRun, rows: QuerySet[OutboxRow], act: Callable[[Sequence[OutboxRow]], None]
) -> None:
    """Do it to all, each once, in the order of ids."""
    last = 0
    while part := list(rows.filter(pk__gt=last).order_by("pk")[: settings.ENVIRONMENT.cave_batch]):
        _check_goes_on(run)
        act(part)
        last = part[-1].pk


def _send(
    batches: Batches, batch: Sequence[OutboxRow], *, is_doubtful: bool = False, **noted: Any
) -> None:
    taken = OutboxRow.objects.filter(pk__in=[row.pk for row in batch])
    taken.update(state=State.SENDING, **noted)
    batches.send(batch, is_doubtful=is_doubtful)


def _try_refused_again(run: SyncRun, batches: Batches) -> None:
    """Rows that CAVE refused in an earlier run, and somebody wants sent once more; where many of
    them are refused again, the others are left as they were."""
    refused = run.delivery.rows.filter(state=State.WANTED).exclude(error="").order_by("pk")
    while batch := list(refused[: settings.ENVIRONMENT.cave_batch]):
        _check_goes_on(run)
        if batches.refused_again > MOST_BAD:
            refused.update(state=State.FAILED)
            return
        # Should this worker be killed meanwhile, they are taken for rows that were set aside.
        _send(batches, batch, doubted_at=timezone.now())


def _try_aside_again(run: SyncRun, batches: Batches) -> None:
    """Rows at which CAVE stumbled in an earlier run, one by one; where it does so at many again,
    or there are very many, the others are left for another run. One that may still arrive waits
    until that is known."""
    waits = Q(state=State.SENDING, sent_at__isnull=True, doubted_at__isnull=False)
    aside = run.delivery.rows.filter(ASIDE).exclude(waits).exclude(pk__in=batches.aside)
    some = list(aside.order_by("?")[: _MOST_ASIDE + 1])  # that each has its turn
    for row in some[:_MOST_ASIDE]:
        _check_goes_on(run)
        if batches.aside_again > MOST_BAD:
            return
        batches.try_again(row)
    batches.are_left = len(some) > _MOST_ASIDE


def _take_out_all(run: SyncRun, batches: Batches) -> None:
    _by_parts(run, to_take_out().filter(delivery=run.delivery_id), batches.delete)


def _look_at_late_ones(run: SyncRun, batches: Batches) -> None:
    """Changes that an older call may have overtaken, when none is under way any more."""
    doubted = run.delivery.rows.filter(doubted_at__lt=timezone.now() - LATE)
    for state, look in LOOKS.items():
        _by_parts(run, doubted.filter(state=state), partial(look, batches))


def _check_goes_on(run: SyncRun) -> None:
    """Raises StoppedError where somebody has paused or changed the delivery meanwhile."""
    same = Delivery.objects.filter(
        pk=run.delivery_id, state=Delivery.State.ACTIVE, revision=run.delivery.revision
    )
    if not same.exists():
        raise StoppedError


def _check_alone(delivery: Delivery, service: AnnotationService, unsure: int = 0) -> None:
    """Our ids are safe only in a table that nobody else writes. Raises CaveRefusedError."""
    count, sent = service.count(delivery.table), sent_count(delivery)
    if (missing := max(0, sent - count)) != delivery.missing:
        Delivery.objects.filter(pk=delivery.pk).update(missing=missing)
        delivery.missing = missing
    reason = why_not_alone(delivery.table, count, sent, unsure)
    if reason is not None:
        raise CaveRefusedError(f"table: {reason}", reason=Reason.OTHER, words="", field="table")


def _tell(run: SyncRun, read: int, **total: int) -> None:
    _check_goes_on(run)
    SyncRun.objects.filter(pk=run.pk).update(done=read, moved_at=timezone.now(), **total)


def _move(run: SyncRun, stage: SyncRun.Stage, total: int = 0) -> None:
    SyncRun.objects.filter(pk=run.pk).update(
        stage=stage, done=0, total=total, moved_at=timezone.now()
    )


@transaction.atomic
def _end(
    run: SyncRun,
    stage: SyncRun.Stage,
    words: str = "",
    *,
    again: bool = False,
    soon: bool = False,
) -> None:
    """again: after a few minutes. soon: when no call of it can be under way any more."""
    now = timezone.now()
    # As it is now: somebody may have paused it, or said another pause, since the run began.
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=run.delivery_id)
    failed = delivery.rows.filter(state=State.FAILED).count()
    held = delivery.rows.filter(state=State.HELD).count()
    SyncRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(
        stage=stage, words=words, failed=failed, moved_at=now, finished_at=now
    )
    is_overtaken = stage is Stage.STOPPED or delivery.revision != run.delivery.revision
    due_at = _due(delivery, now, again=again, soon=soon, is_overtaken=is_overtaken)
    Delivery.objects.filter(pk=delivery.pk).update(due_at=due_at, held=held)
    log.info("cave_sync_ended", delivery=delivery.pk, stage=stage.value, words=words)


def _due(
    delivery: Delivery, now: datetime, *, again: bool, soon: bool, is_overtaken: bool
) -> datetime | None:
    """When it is brought up to date next, as it is now. A run is overtaken where somebody has
    paused or changed the delivery; started again since, they were told of this very run."""
    if delivery.state != Delivery.State.ACTIVE:
        return None
    if is_overtaken or (delivery.mends and not again):
        return now  # what was said after the run had begun
    times = []
    if delivery.every_minutes is not None:
        times.append(now + timedelta(minutes=delivery.every_minutes))
    if again:
        times.append(now + TRY_AGAIN_AFTER)
    is_to_look_at = Q(state__in=[State.HELD, State.GONE]) | Q(
        state=State.SENDING, sent_at__isnull=True
    )
    if soon or delivery.rows.filter(is_to_look_at, doubted_at__isnull=False).exists():
        times.append(now + LATE + TRY_AGAIN_AFTER)
    return min(times, default=None)


def _fail_for_good(run: SyncRun, sentence: str, words: str) -> None:
    said = with_words(sentence, words)
    with transaction.atomic():
        _end(run, Stage.FAILED, said)
        active = Delivery.objects.filter(pk=run.delivery_id, state=Delivery.State.ACTIVE)
        same = active.filter(revision=run.delivery.revision)
        same.update(state=Delivery.State.FAILED, failure=said, due_at=None)
