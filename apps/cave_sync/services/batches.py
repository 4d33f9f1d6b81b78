"""Rows that go to CAVE together: each ends as held, failed or gone, whatever becomes of a call.

What a call is about is written down before it: rows that are posted or put are `sending`, rows that
are deleted `leaving`. After anything but a plain answer they are read back, and only what is
missing is sent again. A row waits again only if CAVE has refused every call that it was in. Where
CAVE answers in words that nobody knows, rows are halved (stumbling.py), and one that is alone is
set aside: it stays `sending` or `leaving`, with those words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.cave_sync.domain.annotations import HeldRow
from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveStumbledError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
)
from apps.cave_sync.domain.rows import are_same
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import OutboxRow, SyncRun
from apps.cave_sync.services.outbox import (
    annotation_of,
    change,
    foreign,
    goes_another_way,
    is_both,
    is_there,
    no_doubt,
    replace,
    to_take_out,
)
from apps.cave_sync.services.stumbling import TRIES, Halves, StandsStillError, Way

State = OutboxRow.State
NAPS_S: Sequence[float] = (0.2, 1.0, 3.0, 10.0, 20.0)  # between attempts
LATE = timedelta(minutes=10)  # a call is under way no longer, whatever became of who made it
# Rows that CAVE refuses for what they hold, before a run is given up: something is wrong with all.
MOST_BAD, MOST_BAD_SHARE = 100, 0.1
_SENT = Q(sent_at__isnull=False)
# One of the rows is at fault; which one is found by halving.
_OF_A_ROW = frozenset({Reason.DATA, Reason.NO_TARGET, Reason.SUPERSEDED, Reason.TOO_MANY})
# What was sent before may have arrived, or gone.
_TO_READ = frozenset({Reason.ID_TAKEN, Reason.NOT_FOUND})


class Batches:
    """Sends rows of one run, at most so many as a call takes. Whatever is raised, the rows say what
    is known of them.

    The methods raise CaveRefusedError where CAVE refuses for good, and not only some rows;
    CaveUnavailableError or CaveUncertainError where it has failed in every attempt.
    """

    def __init__(
        self, service: AnnotationService, run: SyncRun, goes_on: Callable[[], None]
    ) -> None:
        self._service = service
        self._run = run
        self._goes_on = goes_on  # raises where somebody has paused it
        self._table = run.delivery.table
        self._doubted: set[int] = set()  # rows of a call of which nobody knows what became
        self._unanswered: set[int] = set()  # rows of a call that had no answer: it may come late
        self._bad = self._held = 0
        self.refused_again = 0  # rows that were refused in an earlier run, too
        self._answer: CaveStumbledError | None = None  # the last at a single row
        self.aside: set[int] = set()  # rows at which CAVE has stumbled when they were alone
        self.aside_again = 0  # of them those that were set aside in an earlier run, too
        self.are_left = False  # whether others of an earlier run were not tried in this one
        self._posts = Way(
            lambda rows: service.post(self._table, [annotation_of(row) for row in rows]),
            self._read_back,
            self._note_held,
        )
        self._puts = Way(self._put, self._read_back, self._note_held)
        self._deletes = Way(
            lambda rows: service.delete(self._table, [row.pk for row in rows]),
            self._still_there,
            self._note_gone,
        )

    def send(self, rows: Sequence[OutboxRow], *, is_doubtful: bool = False) -> None:
        """Have rows of state `sending` in CAVE: those that it never had are posted, others put; the
        rows that they replace are taken out then.

        They are doubtful where a worker stopped while it sent them: then they are read first.
        """
        if is_doubtful:
            self._unanswered.update(row.pk for row in rows)
        self._send(rows, is_doubtful=is_doubtful)

    def try_again(self, row: OutboxRow) -> None:
        """Send, or take out, a row that was set aside in an earlier run: once."""
        if row.state == State.LEAVING:
            self._carry_out([row], self._deletes, is_doubtful=True, is_again=True)
            return
        if row.sent_at is None:
            change(row, doubted_at=timezone.now())  # should this worker be killed meanwhile
        self._send([row], is_doubtful=True, is_again=True)

    def _send(
        self, rows: Sequence[OutboxRow], *, is_doubtful: bool, is_again: bool = False
    ) -> None:
        self._doubted.clear()
        if is_doubtful:
            self._doubt(rows)
        fresh = [row for row in rows if row.sent_at is None]
        changed = [row for row in rows if row.sent_at is not None]
        try:
            for some, way in ((fresh, self._posts), (changed, self._puts)):
                self._carry_out(some, way, is_doubtful=is_doubtful, is_again=is_again)
        except CaveRefusedError:
            self._put_back(rows)
            raise
        replaced = [row.replaces_id for row in rows if row.replaces_id is not None]
        if replaced:
            self.delete(list(to_take_out().filter(pk__in=replaced)))

    def read(self, rows: Sequence[OutboxRow]) -> dict[int, HeldRow]:
        """What CAVE has of them."""
        held: dict[int, HeldRow] = {}

        def attempt(*, is_doubtful: bool) -> None:
            del is_doubtful  # nothing is changed
            held.update(self._service.read(self._table, [row.pk for row in rows]))

        self._again_and_again(attempt, is_doubtful=False)
        return held

    def look_for(self, rows: Sequence[OutboxRow]) -> None:
        """Rows that were set aside, in an earlier run: those that are there after all are held. Of
        the others no call can arrive any more, if the last that had no answer is long over."""
        over = timezone.now() - LATE
        left = self._read_still(rows, self._posts)  # of changed ones it is the same
        late = [row for row in left if row.sent_at is None and (row.doubted_at or over) < over]
        no_doubt(late)

    def delete(self, rows: Sequence[OutboxRow]) -> None:
        """Take rows of state `leaving` out of CAVE."""
        self._carry_out(rows, self._deletes, is_doubtful=False)

    def give_up_untaken(self) -> None:
        """Raises what CAVE said last where it has stumbled at rows of the delivery, and never taken
        any: nobody knows whether it takes others."""
        if self._answer is not None and not self._run.delivery.rows.filter(_SENT).exists():
            raise self._answer

    def _carry_out(
        self, rows: Sequence[OutboxRow], way: Way, *, is_doubtful: bool, is_again: bool = False
    ) -> None:
        """Have this call made for all rows, by halves where CAVE stumbles. Raises what it says
        where it is out of order."""
        halves, tries = Halves(rows), 1 if is_again else TRIES
        while (part := halves.take()) is not None:
            try:
                if self._attempt(part, way, is_doubtful=is_doubtful, tries=tries):
                    way.in_turn = 0
                    halves.went_through()
            except StandsStillError as stone:
                self._goes_on()
                if len(stone.rows) > 1:
                    halves.stand_still(stone.rows)
                elif left := self._read_still(stone.rows, way):
                    self._set_aside(left[0], stone.answer, is_again=is_again)
                    if not is_again:
                        way.in_turn += 1
                        halves.stumbled_alone(way.in_turn)
            is_doubtful = True
        if halves.is_out and self._answer is not None:
            raise self._answer

    def _attempt(
        self, rows: Sequence[OutboxRow], way: Way, *, is_doubtful: bool, tries: int
    ) -> bool:
        """Whether a call went through. Raises StandsStillError."""
        left, is_called, stumbles = rows, False, 0

        def attempt(*, is_doubtful: bool) -> None:
            nonlocal left, is_called, stumbles
            is_called = False
            if is_doubtful:
                left = way.still(left)
            if not left:
                return
            is_called = True
            try:
                way.call(left)
            except CaveStumbledError as error:
                stumbles += 1
                if stumbles >= tries:
                    raise StandsStillError(left, error) from None
                raise
            except CaveOnceError:
                raise
            except CaveUncertainError:
                self._unanswered.update(row.pk for row in left)
                raise
            way.done(left)

        try:
            self._again_and_again(attempt, is_doubtful=is_doubtful)
        except CaveRefusedError as error:
            is_of_rows = is_called and error.reason in _OF_A_ROW and way is not self._deletes
            if not is_of_rows:
                raise  # what is refused to a reader says nothing of the rows
            self._find_the_bad(left, way, error)
            return False
        return is_called

    def _read_still(self, rows: Sequence[OutboxRow], way: Way) -> list[OutboxRow]:
        """What of them is still to be done; the others are there, or gone, as they should be."""
        left: list[OutboxRow] = []

        def attempt(*, is_doubtful: bool) -> None:
            nonlocal left
            del is_doubtful  # nothing is changed
            left = way.still(rows)

        self._again_and_again(attempt, is_doubtful=False)
        return left

    def _set_aside(self, row: OutboxRow, answer: CaveStumbledError, *, is_again: bool) -> None:
        """Keep what CAVE says of a row at which it stumbles. Raises that where it is more than some
        rows."""
        values: dict[str, Any] = {"error": f"CAVE stumbles at this one: {answer.sentence}"}
        if row.sent_at is None:
            is_late = row.pk in self._unanswered
            values["doubted_at"] = timezone.now() if is_late else row.doubted_at
        change(row, **values)
        self._answer = answer
        self.aside.add(row.pk)
        self.aside_again += is_again
        if len(self.aside) - self.aside_again > self._most_bad:
            raise answer

    @property
    def _most_bad(self) -> float:
        """At more rows of a run something is wrong with all."""
        return max(MOST_BAD, MOST_BAD_SHARE * self._held)

    def _put(self, rows: Sequence[OutboxRow]) -> None:
        """Change rows, which stay under their ids: only such tables are changed in place."""
        table = self._table
        told = self._service.put(table, [annotation_of(row) for row in rows])
        moved = [old for old, new in told.items() if old != new]
        if moved:
            raise CaveRefusedError(
                f"table: the changed row {moved[0]} of {table} is now {told[moved[0]]}: it is no "
                "table of verdicts or errors.",
                reason=Reason.OTHER,
                words="",
                field="table",
            )

    def _again_and_again(self, attempt: Callable[..., None], *, is_doubtful: bool) -> None:
        """Until an attempt goes through. The next one is told whether nobody knows what became of
        the one before."""
        failure: CaveUncertainError | CaveUnavailableError
        for nap_s in (*NAPS_S, None):
            try:
                attempt(is_doubtful=is_doubtful)
            except CaveRefusedError as error:
                if error.reason not in _TO_READ:
                    raise
                is_doubtful, failure = True, CaveUncertainError(error.sentence, words=error.words)
            except CaveUncertainError as error:
                is_doubtful, failure = True, error
            except CaveUnavailableError as error:
                failure = error
            else:
                return
            if nap_s is None:
                raise failure
            if not isinstance(failure, CaveOnceError):
                time.sleep(nap_s)

    def _read_back(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """What is still to be sent by the same call, of rows of which nobody knows whether they
        were; what is known of the others is noted. Raises CaveRefusedError for rows of others."""
        self._doubt(rows)
        held = self._service.read(self._table, [row.pk for row in rows])
        there, left = [], []
        with transaction.atomic():
            for row in rows:
                one = held.get(row.pk)
                is_same = one is not None and are_same(row.payload, one.values)
                if one is not None and row.sent_at is None and not is_same:
                    raise foreign(self._table, row)
                if one is not None and is_there(one) and is_same:
                    there.append(row)
                elif not goes_another_way(row, one):
                    left.append(row)
            self._note_held(there, is_mended=True)
        return left

    def _doubt(self, rows: Sequence[OutboxRow]) -> None:
        """A call that nobody knows the end of may arrive late. To post a row a second time does
        nothing; an older change would overtake what comes after it."""
        self._doubted.update(row.pk for row in rows)
        changed = [row.pk for row in rows if row.sent_at is not None]
        OutboxRow.objects.filter(pk__in=changed).update(doubted_at=timezone.now())

    def _still_there(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        found = self._service.read(self._table, [row.pk for row in rows])
        there = {pk for pk, held in found.items() if is_there(held) or is_both(held)}
        self._note_gone([row for row in rows if row.pk not in there])
        return [row for row in rows if row.pk in there]

    def _find_the_bad(self, rows: Sequence[OutboxRow], way: Way, error: CaveRefusedError) -> None:
        """Fail the rows that CAVE means, and send the others."""
        blamed = [row for row in rows if _is_meant(row, error)] or [*rows][: len(rows) == 1]
        if blamed:
            self._fail(blamed, error)
            rest = [row for row in rows if row not in blamed]
            self._carry_out(rest, way, is_doubtful=False)
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            self._carry_out(half, way, is_doubtful=False)

    def _fail(self, rows: Collection[OutboxRow], error: CaveRefusedError) -> None:
        """They cannot be there; one of which a call had no answer might arrive yet, and is set
        aside. Those that were refused before are no news. Raises CaveRefusedError where it is more
        than some rows."""
        with transaction.atomic():
            for row in rows:
                if row.sent_at is not None:  # what CAVE has of it holds no more
                    heir = {"state": State.FAILED, "error": error.sentence}
                    replace(row, heir, state=State.LEAVING)
                elif row.pk in self._unanswered:
                    change(row, error=error.sentence, doubted_at=timezone.now())
                else:
                    told = {"error": error.sentence, "doubted_at": row.doubted_at}
                    change(row, state=State.FAILED, **told)
        again = sum(bool(row.error) for row in rows)
        self.refused_again += again
        self._bad += len(rows) - again
        if self._bad > self._most_bad:
            raise CaveRefusedError(
                f"CAVE refuses more than {MOST_BAD} rows. The last: {error.sentence}",
                reason=Reason.OTHER,
                words=error.words,
            )

    def _put_back(self, rows: Sequence[OutboxRow]) -> None:
        """Rows of which nothing was done wait again. Where an attempt before may have brought them
        there they stay `sending`: the next run reads them first."""
        known = [row.pk for row in rows if row.pk not in self._doubted]
        back = OutboxRow.objects.filter(pk__in=known, state=State.SENDING)
        back.update(state=State.WANTED)

    @transaction.atomic
    def _note_held(self, rows: Sequence[OutboxRow], *, is_mended: bool = False) -> None:
        held = OutboxRow.objects.filter(pk__in=[row.pk for row in rows])
        first = Coalesce(F("sent_at"), Value(timezone.now()))
        # To post one that is there does nothing, whenever it comes. An older change may follow it.
        older = [row.pk for row in rows if row.sent_at is not None or row.doubted_at is not None]
        doubted = Case(When(pk__in=older, then=F("doubted_at")))
        held.update(state=State.HELD, sent_at=first, error="", doubted_at=doubted)
        self._held += len(rows)
        posted = sum(row.sent_at is None for row in rows)
        mended = len(rows) if is_mended else 0
        self._count(posted=posted, put=len(rows) - posted, mended=mended)

    @transaction.atomic
    def _note_gone(self, rows: Sequence[OutboxRow]) -> None:
        if not rows:
            return
        gone = OutboxRow.objects.filter(pk__in=[row.pk for row in rows])
        gone.update(state=State.GONE, gone_at=timezone.now(), error="")
        self._count(deleted=len(rows))

    def _count(self, **more: int) -> None:
        """The run has moved on."""
        counted = {name: F(name) + n for name, n in more.items()}
        moved = sum(n for name, n in more.items() if name != "mended")
        SyncRun.objects.filter(pk=self._run.pk).update(
            **counted, done=F("done") + moved, moved_at=timezone.now(), attempts=0
        )


def _is_meant(row: OutboxRow, error: CaveRefusedError) -> bool:
    if error.row is None:
        return False
    if error.reason is Reason.NO_TARGET:
        return bool(row.payload.get("target_id") == error.row)
    return row.pk == error.row
