"""Look what a file holds, and make its campaign. Workers call this.

A campaign is made in one transaction: a process that is killed leaves nothing, and another begins
anew. Nobody else works on a file meanwhile. What lasts waits for its turn (`restores_turns`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any, Self

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import InvalidInputError, NotFoundError, SynAnnoError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.core.turns import turn_has_ended
from apps.datasets.models import SynapseTable
from apps.exports.domain.holdings import holdings_of
from apps.exports.domain.polarity import IS_ARTIFACT
from apps.exports.domain.reading import SynAnnoFile, read_document
from apps.exports.models import Restore, RestorePart
from apps.exports.services.listing import NewTable
from apps.exports.services.restores import UNFINISHED, State, chosen_table, people_of
from apps.exports.services.restores_turns import (
    LOST_AFTER,
    lasts,
    send_waiting_restores,
    that_wait,
    turn_to_restore,
)
from apps.exports.services.restoring import RestoreChoices, restore_campaign

KEPT_FOR = timedelta(days=7)
MOST_ATTEMPTS = 3
_BEAT_S = 1.0
_PAUSES_S = (0.0, 0.2, 1.0)  # the lock of a process that was killed goes moments later
_BACK_S = (0.0, 1.0, 4.0)
# The session has ended, or another transaction stood in the way. Other faults are met again: a full
# disk, too little memory, a statement that takes longer than it may.
_PASSING = ("08", "57P01", "57P02", "57P03", "40P01", "40001")
_ENDED = (
    f"This was tried {MOST_ATTEMPTS} times, and each time its process was stopped or met a fault; "
    "the log of the workers says which."
)

log = structlog.get_logger(__name__)


def work_on(restore_id: int) -> None:
    """Do what is to be done with a file, if anything is; what keeps it from being done is told with
    it."""
    restore = Restore.objects.filter(pk=restore_id, state__in=UNFINISHED).first()
    if restore is None:
        return
    with ExitStack() as afterwards, ExitStack() as held:
        # First: of a process that was killed this is waited for, and the locks of its turn go with
        # it.
        is_alone = held.enter_context(alone(f"restore {restore_id}", pauses_s=_PAUSES_S))
        if not is_alone or not held.enter_context(turn_to_restore(restore)):
            return
        if lasts(restore):
            afterwards.callback(turn_has_ended, Job.RESTORE)
        if _begin(restore):
            _do(restore)


def _begin(restore: Restore) -> bool:
    """Whether it is as it was found, and is to be done; that it was begun is counted."""
    same = Restore.objects.filter(pk=restore.pk, state=restore.state)
    if restore.attempts >= MOST_ATTEMPTS:
        if same.exists():
            _end(restore, _ENDED, "")
        return False
    step = State.READING if restore.state == State.READING else State.MAKING
    now = timezone.now()
    had_turn_at = now if lasts(restore) else restore.had_turn_at
    if not same.update(
        state=step, attempts=F("attempts") + 1, moved_at=now, had_turn_at=had_turn_at
    ):
        return False
    restore.refresh_from_db()
    return True


def _do(restore: Restore) -> None:
    try:
        with _Telling(restore.pk) as telling:
            if restore.state == State.READING:
                _read(restore)
            else:
                _make(restore, telling)
    except SynAnnoError as error:
        field = getattr(error, "field", None)
        _end(restore, error.sentence, field if isinstance(field, str) else "")
    except (InterfaceError, OperationalError) as error:
        if _passes(error):
            _uncount(restore)
        raise


def _passes(error: InterfaceError | OperationalError) -> bool:
    """Whether it is an outage of Postgres; psycopg tells no code where the connection is gone."""
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(_PASSING)


def _uncount(restore: Restore) -> None:
    """An outage of Postgres is no attempt, if it is back within seconds, as when it was started
    anew; the sweep sends the file again."""
    same = Restore.objects.filter(pk=restore.pk, state=restore.state, attempts=restore.attempts)
    for pause_s in _BACK_S:
        time.sleep(pause_s)
        connection.close_if_unusable_or_obsolete()
        try:
            same.update(attempts=F("attempts") - 1)
        except (InterfaceError, OperationalError) as error:
            log.warning("postgres_away", restore=restore.pk, reason=str(error))
        else:
            return


def _end(restore: Restore, failure: str, field: str) -> None:
    state = State.REFUSED if restore.state == State.READING else State.READ
    Restore.objects.filter(pk=restore.pk).update(
        state=state, failure=failure, field=field, attempts=0, moved_at=timezone.now()
    )
    if state == State.REFUSED:
        RestorePart.objects.filter(restore=restore).delete()
    log.info("not_restored", restore=restore.pk, reason=failure)


def _file(restore: Restore) -> SynAnnoFile:
    parts = RestorePart.objects.filter(restore=restore).order_by("number")
    content = b"".join(bytes(one) for one in parts.values_list("content", flat=True).iterator())
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"file: {restore.name} is not text in UTF-8.", field="file"
        ) from error
    return read_document(text, restore.name)


def _read(restore: Restore) -> None:
    found = holdings_of(_file(restore))
    if not found["records"]:
        raise InvalidInputError(f"file: {restore.name} holds missed synapses only.", field="file")
    Restore.objects.filter(pk=restore.pk).update(
        state=State.READ, found=found, attempts=0, moved_at=timezone.now()
    )


def _make(restore: Restore, telling: _Telling) -> None:
    choices: Mapping[str, Any] = restore.choices
    annotator, managers = people_of(choices, restore.asked_by)
    with transaction.atomic():
        table = chosen_table(choices)
        made = restore_campaign(
            choices["name"],
            table if isinstance(table, SynapseTable) else NewTable(table, choices["new_table"]),
            _file(restore),
            annotator,
            now=timezone.now(),
            managers=managers,
            choices=RestoreChoices(
                polarity_is_artifact=IS_ARTIFACT.get(choices["polarity_switch"]),
                without_missed=not choices["missed"],
                without_labels=not choices["labels"],
            ),
            tell=telling.tell,
        )
        # Before its parts, as who removes it does: in the other order both would wait.
        kept = Restore.objects.filter(pk=restore.pk).update(
            state=State.MADE,
            campaign=made.campaign,
            notices=list(made.notices),
            done=F("total"),
            moved_at=timezone.now(),
        )
        if not kept:  # it was taken for one whose process was killed, and removed
            raise NotFoundError("file: it was removed.", field="file")
        RestorePart.objects.filter(restore=restore).delete()


class _Telling:
    """While a block runs, notes every second how far it is. It has a connection of its own: what
    the block writes is seen at its end only."""

    def __init__(self, restore_id: int) -> None:
        self._restore = Restore.objects.filter(pk=restore_id)
        self._is_over = Event()
        self._done = 0
        self._thread = Thread(target=self._run, name="restore-telling", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def tell(self, done: int) -> None:
        self._done = done

    def _run(self) -> None:
        try:
            while not self._is_over.wait(_BEAT_S):
                self._restore.update(done=self._done, moved_at=timezone.now())
        finally:
            connection.close()


def resume_restores(now: datetime) -> int:
    """Have files taken up whose job was lost, or whose process was, and those that wait for a turn;
    how many. Then forget those that are old."""
    lost = Restore.objects.filter(state__in=UNFINISHED, moved_at__lte=now - LOST_AFTER)
    lost.filter(state=State.MAKING).update(state=State.WAITING, done=0)
    waiting = that_wait(now)
    sent = send_waiting_restores(now=now) if lost.filter(waiting).exists() else 0
    found = list(lost.exclude(waiting).order_by("moved_at").values_list("pk", flat=True)[:100])
    for restore_id in found:
        enqueue(Job.RESTORE, restore_id=restore_id)
    old = Restore.objects.filter(moved_at__lte=now - KEPT_FOR).exclude(state__in=UNFINISHED)
    old.delete()
    return sent + len(found)
