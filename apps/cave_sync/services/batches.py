"""Rows that go to CAVE together: each ends as held, failed or gone, whatever becomes of a call.

What a call is about is written down before it: rows that are posted or put are `sending`, rows that
are deleted `leaving`. After anything but a plain answer they are read back, and only what is
missing is sent again. A row waits again only if CAVE has refused every call that it was in. What
CAVE answers in words that nobody knows is looked into by halves (stumbling.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow, HeldRow
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
    is_both,
    is_there,
    no_doubt,
    replace,
)
from apps.cave_sync.services.stumbling import (
    TRIES,
    Call,
    StandsStillError,
    goes_through,
    others_than,
    refusal_of,
    turns_of,
)

State = OutboxRow.State
NAPS_S: Sequence[float] = (0.2, 1.0, 3.0, 10.0, 20.0)  # between attempts
# Rows that CAVE refuses for what they hold, before a run is given up: something is wrong with all.
MOST_BAD, MOST_BAD_SHARE = 100, 0.1
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
        self._unanswered: set[int] = set()  # rows of which alone a call was, that had no answer
        self._bad = self._held = 0
        self.refused_again = 0  # rows that were refused in an earlier run, too

    def send(self, rows: Sequence[OutboxRow], *, is_doubtful: bool = False) -> None:
        """Have rows of state `sending` in CAVE: those that it never had are posted, others put; the
        rows that they replace are taken out then.

        They are doubtful where a worker stopped while it sent them: then they are read first.
        """
        self._doubted.clear()
        fresh = [row for row in rows if row.sent_at is None]
        changed = [row for row in rows if row.sent_at is not None]
        try:
            self._deliver(fresh, self._service.post, is_doubtful=is_doubtful)
            self._deliver(changed, self._put, is_doubtful=is_doubtful)
        except CaveRefusedError:
            self._put_back(rows)
            raise
        replaced = [row.replaces_id for row in rows if row.replaces_id is not None]
        if replaced:
            self.delete(OutboxRow.objects.filter(pk__in=replaced, state=State.LEAVING))

    def look_again(self, rows: Sequence[OutboxRow]) -> None:
        """Rows of state `held` whose older change may have arrived after all: those that are not as
        they should be wait again, or are gone."""
        held = self.read(rows)
        for row in rows:
            one = held.get(row.pk)
            if one is None or not is_there(one):
                self._has_another_way(row, one)
            elif not are_same(row.payload, one.values):
                change(row, state=State.WANTED)
        # What is deleted and yet valid has to be deleted once more.
        no_doubt([row for row in rows if row.pk not in held or not is_both(held[row.pk])])

    def read(self, rows: Sequence[OutboxRow]) -> dict[int, HeldRow]:
        """What CAVE has of them."""
        held: dict[int, HeldRow] = {}

        def attempt(*, is_doubtful: bool) -> None:
            del is_doubtful  # nothing is changed
            held.update(self._service.read(self._table, [row.pk for row in rows]))

        self._again_and_again(attempt, is_doubtful=False)
        return held

    def delete_again(self, rows: Sequence[OutboxRow]) -> None:
        """Rows of state `gone`, of which an older change may have arrived after all: that shows a
        row of a reference table as valid, though it is deleted."""
        ids = [row.pk for row in rows]

        def attempt(*, is_doubtful: bool) -> None:
            if not is_doubtful or self._service.read(self._table, ids):
                self._service.delete(self._table, ids)

        self._again_and_again(attempt, is_doubtful=False)
        no_doubt(rows)

    def delete(self, rows: Iterable[OutboxRow]) -> None:
        """Take rows of state `leaving` out of CAVE."""
        every = left = [row.pk for row in rows]

        def attempt(*, is_doubtful: bool) -> None:
            nonlocal left
            if is_doubtful:
                left = self._still_there(left)
            if left:
                self._service.delete(self._table, left)

        if every:
            self._again_and_again(attempt, is_doubtful=False)
            self._note_gone(every)

    def _deliver(
        self, rows: Sequence[OutboxRow], call: Call, *, is_doubtful: bool, turns: int = 0
    ) -> None:
        """turns: in how many a row that is suspected has had its turn with another."""
        left, is_called, stumbles = rows, False, 0

        def attempt(*, is_doubtful: bool) -> None:
            nonlocal left, is_called, stumbles
            is_called = False
            if is_doubtful:
                left = self._read_back(left)
            if left:
                is_called = True
                try:
                    self._call(call, left)
                except CaveStumbledError as error:
                    stumbles += 1
                    if stumbles >= (1 if turns else TRIES):
                        raise StandsStillError(error) from None
                    raise
                self._note_held(left)

        try:
            if left:
                self._again_and_again(attempt, is_doubtful=is_doubtful)
        except CaveRefusedError as error:
            if not is_called or error.reason not in _OF_A_ROW:
                raise  # what is refused to a reader says nothing of the rows
            self._find_the_bad(left, call, error)
        except StandsStillError as error:
            self._find_the_stone(left, call, error.answer, turns)

    def _call(self, call: Call, rows: Sequence[OutboxRow]) -> None:
        try:
            call(self._table, [annotation_of(row) for row in rows])
        except (CaveStumbledError, CaveOnceError):
            raise
        except CaveUncertainError:
            self._unanswered.update(row.pk for row in rows[:1] if len(rows) == 1)
            raise

    def _find_the_stone(
        self, rows: Sequence[OutboxRow], call: Call, answer: CaveStumbledError, turns: int
    ) -> None:
        """Find the rows at which CAVE stumbles, and fail them; send the others. Raises `answer`
        where it stumbles at all."""
        if len(rows) > 1:
            middle = len(rows) // 2
            for half in (rows[:middle], rows[middle:]):
                self._deliver(half, call, is_doubtful=True)
            return
        [row] = rows
        self._goes_on()
        if turns < turns_of(row):
            time.sleep(NAPS_S[turns])
            self._until_another_goes_through(row, call, answer)
            self._deliver(rows, call, is_doubtful=True, turns=turns + 1)
        elif row.pk in self._unanswered:
            raise answer  # it may arrive yet, which nobody would look for; the next run tells
        else:
            self._fail(rows, refusal_of(answer))

    def _until_another_goes_through(
        self, row: OutboxRow, call: Call, answer: CaveStumbledError
    ) -> None:
        """Raises `answer` where none does."""
        for nap_s in (*NAPS_S, None):
            for other in others_than(row):
                self._doubted.add(other.pk)
                if goes_through(self._table, other, call, is_change=row.sent_at is not None):
                    return
            if nap_s is None:
                raise answer
            time.sleep(nap_s)

    def _put(self, table: str, rows: Sequence[AnnotationRow]) -> None:
        """Change rows, which stay under their ids: only such tables are changed in place."""
        told = self._service.put(table, rows)
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
                is_doubtful, failure = True, _unclear(error)
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
                    raise self._foreign(row)
                if one is not None and is_there(one) and is_same:
                    there.append(row)
                elif not self._has_another_way(row, one):
                    left.append(row)
            self._note_held(there, is_mended=True)
        return left

    def _doubt(self, rows: Sequence[OutboxRow]) -> None:
        """A call that nobody knows the end of may arrive late. To post a row a second time does
        nothing; an older change would overtake what comes after it."""
        self._doubted.update(row.pk for row in rows)
        changed = [row.pk for row in rows if row.sent_at is not None]
        OutboxRow.objects.filter(pk__in=changed).update(doubted_at=timezone.now())

    def _foreign(self, row: OutboxRow) -> CaveRefusedError:
        """Why a row that CAVE never said to have of us, and that is there with other values, can
        only be somebody else's.

        Ours with an older payload it cannot be, also after a kill: a row is `sending` from before
        its first call until it was read, and only rows that are not are given another payload.
        """
        return CaveRefusedError(
            f"table: {self._table} has a row {row.pk} that this delivery has not sent: somebody "
            "else writes in it. A delivery needs a table of its own.",
            reason=Reason.OTHER,
            words="",
            field="table",
        )

    def _has_another_way(self, row: OutboxRow, held: HeldRow | None) -> bool:
        """Whether a row has to go another way than it was sent, which is then noted."""
        now = timezone.now()
        if held is None:
            if row.sent_at is None:
                return False
            change(row, state=State.WANTED, sent_at=None)  # to be put, but it is not there
        elif not is_there(held):
            replace(row, state=State.GONE, sent_at=row.sent_at or now, gone_at=now)
        else:
            return False
        return True

    def _still_there(self, ids: Sequence[int]) -> list[int]:
        found = self._service.read(self._table, ids)
        return [pk for pk in ids if pk in found and is_there(found[pk])]

    def _find_the_bad(self, rows: Sequence[OutboxRow], call: Call, error: CaveRefusedError) -> None:
        """Fail the rows that CAVE means, and send the others."""
        blamed = [row for row in rows if _is_meant(row, error)] or [*rows][: len(rows) == 1]
        if blamed:
            self._fail(blamed, error)
            rest = [row for row in rows if row not in blamed]
            self._deliver(rest, call, is_doubtful=False)
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            self._deliver(half, call, is_doubtful=False)

    def _fail(self, rows: Collection[OutboxRow], error: CaveRefusedError) -> None:
        """They cannot be there. Those that were refused before are no news. Raises CaveRefusedError
        where it is more than some rows."""
        fresh = OutboxRow.objects.filter(pk__in=[row.pk for row in rows if row.sent_at is None])
        with transaction.atomic():
            fresh.update(state=State.FAILED, error=error.sentence)
            for row in rows:
                if row.sent_at is not None:  # what CAVE has of it holds no more
                    heir = {"state": State.FAILED, "error": error.sentence}
                    replace(row, heir, state=State.LEAVING)
        again = sum(bool(row.error) for row in rows)
        self.refused_again += again
        self._bad += len(rows) - again
        if self._bad > max(MOST_BAD, MOST_BAD_SHARE * self._held):
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
        held.update(state=State.HELD, sent_at=first, error="")
        self._held += len(rows)
        posted = sum(row.sent_at is None for row in rows)
        mended = len(rows) if is_mended else 0
        self._count(posted=posted, put=len(rows) - posted, mended=mended)

    @transaction.atomic
    def _note_gone(self, ids: Sequence[int]) -> None:
        gone = OutboxRow.objects.filter(pk__in=ids)
        gone.update(state=State.GONE, gone_at=timezone.now())
        self._count(deleted=len(ids))

    def _count(self, **more: int) -> None:
        """The run has moved on."""
        counted = {name: F(name) + n for name, n in more.items()}
        moved = sum(n for name, n in more.items() if name != "mended")
        SyncRun.objects.filter(pk=self._run.pk).update(
            **counted, done=F("done") + moved, moved_at=timezone.now(), attempts=0
        )


def _unclear(error: CaveRefusedError) -> CaveUncertainError:
    return CaveUncertainError(error.sentence, words=error.words)


def _is_meant(row: OutboxRow, error: CaveRefusedError) -> bool:
    if error.row is None:
        return False
    if error.reason is Reason.NO_TARGET:
        return bool(row.payload.get("target_id") == error.row)
    return row.pk == error.row
