"""Restores that last leave a process of the workers to those who wait for pages, and of one person
one is done at a time. Workers call this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from django.db.models import Max, Q
from django.utils import timezone

from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.core.turns import turn_to_last
from apps.exports.models import Restore

LOST_AFTER = timedelta(seconds=45)
SHORT_BYTES = 2_000_000  # a file of so many is looked at in about a second, and waits for nobody
_MOST_SENT = 20  # jobs that look for a turn when one has ended
_NEVER = datetime.min.replace(tzinfo=UTC)
State = Restore.State


def that_wait(now: datetime) -> Q:
    """Those that have a turn yet to come: also a look whose process was killed."""
    is_begun = Q(attempts__gt=0, moved_at__gt=now - LOST_AFTER)
    long_look = Q(state=State.READING, size__gt=SHORT_BYTES) & ~is_begun
    return Q(state=State.WAITING) | long_look


def waits_for_turn(restore: Restore) -> bool:
    """Whether it has a turn yet to come."""
    if restore.state == State.READING:
        is_lost = restore.moved_at <= timezone.now() - LOST_AFTER
        return lasts(restore) and (restore.attempts == 0 or is_lost)
    return restore.state == State.WAITING


def lasts(restore: Restore) -> bool:
    """Whether what is to be done with a file is done in turns."""
    return restore.state != State.READING or restore.size > SHORT_BYTES


@contextmanager
def turn_to_restore(restore: Restore) -> Iterator[bool]:
    """Whether what is to be done with a file may be done now; to be asked by who is alone at it.
    Where there is no turn the file is left as it waits, and is sent again once one has ended."""
    with ExitStack() as held:
        yield not lasts(restore) or (
            held.enter_context(alone(f"restores of person {restore.asked_by_id}"))
            and held.enter_context(turn_to_last())
        )


def send_waiting_restores(after_s: float = 0.0, now: datetime | None = None) -> int:
    """Have those that wait for a turn tried, the oldest of each person; first of those people who
    had no turn so far, or had one the longest ago. How many were sent."""
    found = Restore.objects.filter(that_wait(now or timezone.now()))
    oldest = found.order_by("asked_by", "moved_at", "pk")
    waiting = list(oldest.distinct("asked_by").values_list("asked_by", "moved_at", "pk"))
    theirs = Restore.objects.filter(asked_by__in=[person for person, _, _ in waiting])
    had = theirs.filter(had_turn_at__isnull=False).values_list("asked_by")
    last = dict(had.annotate(last=Max("had_turn_at")))
    waiting.sort(key=lambda one: (last.get(one[0], _NEVER), one[1], one[2]))
    for _, _, restore_id in waiting[:_MOST_SENT]:
        enqueue(Job.RESTORE, after_s=after_s, restore_id=restore_id)
    return len(waiting[:_MOST_SENT])
