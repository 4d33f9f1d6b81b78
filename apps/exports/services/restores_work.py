"""Look what a file holds, and make its campaign. Workers call this.

A campaign is made in one transaction: a process that is killed leaves nothing, and another begins
anew. Nobody else works on a file meanwhile. What lasts waits for its turn (`restores_turns`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any, Self

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import InvalidInputError, NotFoundError, SynAnnoError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.datasets.models import SynapseTable
from apps.exports.domain.holdings import holdings_of
from apps.exports.domain.polarity import IS_ARTIFACT
from apps.exports.domain.reading import SynAnnoFile, read_document
from apps.exports.models import Restore, RestorePart
from apps.exports.services.listing import NewTable
from apps.exports.services.restores import UNFINISHED, State, chosen_table, people_of
from apps.exports.services.restores_turns import (
    WAITS,
    lasts,
    send_waiting_restores,
    turn_to_restore,
)
from apps.exports.services.restoring import RestoreChoices, restore_campaign
from apps.exports.services.writing_exports import send_waiting_exports

LOST_AFTER = timedelta(seconds=45)
KEPT_FOR = timedelta(days=7)
MOST_ATTEMPTS = 3
_BEAT_S = 1.0
_PAUSES_S = (0.0, 0.2, 1.0)  # the lock of a process that was killed goes moments later
_ENDED = f"Working on this file ended its process {MOST_ATTEMPTS} times."

log = structlog.get_logger(__name__)


def work_on(restore_id: int) -> None:
    """Do what is to be done with a file, if anything is; what keeps it from being done is told with
    it."""
    restore = Restore.objects.filter(pk=restore_id, state__in=UNFINISHED).first()
    if restore is None:
        return
    with (
        turn_to_restore(restore) as has_turn,
        alone(f"restore {restore_id}", pauses_s=_PAUSES_S) as is_alone,
    ):
        if has_turn and is_alone and _begin(restore):
            _do(restore)
    if has_turn and lasts(restore):
        send_waiting_exports()  # first, as they send restores first: neither keeps the other back
        send_waiting_restores()


def _begin(restore: Restore) -> bool:
    """Whether it is as it was found, and is to be done; that it was begun is counted."""
    same = Restore.objects.filter(pk=restore.pk, state=restore.state)
    if restore.attempts >= MOST_ATTEMPTS:
        if same.exists():
            _end(restore, _ENDED, "")
        return False
    step = State.READING if restore.state == State.READING else State.MAKING
    if not same.update(state=step, attempts=F("attempts") + 1, moved_at=timezone.now()):
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
        RestorePart.objects.filter(restore=restore).delete()
        kept = Restore.objects.filter(pk=restore.pk).update(
            state=State.MADE,
            campaign=made.campaign,
            notices=list(made.notices),
            done=F("total"),
            moved_at=timezone.now(),
        )
        if not kept:  # it was taken for one whose process was killed, and removed
            raise NotFoundError("file: it was removed.", field="file")


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
    sent = send_waiting_restores() if lost.filter(WAITS).exists() else 0
    found = list(lost.exclude(WAITS).order_by("moved_at").values_list("pk", flat=True)[:100])
    for restore_id in found:
        enqueue(Job.RESTORE, restore_id=restore_id)
    old = Restore.objects.filter(moved_at__lte=now - KEPT_FOR).exclude(state__in=UNFINISHED)
    old.delete()
    return sent + len(found)
