"""Locks beside rows: one process does something, others see that it is at it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def alone(name: str, *, pauses_s: Sequence[float] = (0.0,)) -> Iterator[bool]:
    """Whether no other process is within a block of this name while this one runs.

    Each pause is followed by another look: the lock of a process that was killed goes moments
    later.
    """
    with connection.cursor() as cursor:
        is_alone = False
        for pause_s in pauses_s:
            time.sleep(pause_s)
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
            is_alone = bool(cursor.fetchone()[0])
            if is_alone:
                break
        try:
            yield is_alone
        finally:
            if is_alone:
                # Who has lost the connection has lost the lock with it.
                with suppress(InterfaceError, OperationalError):
                    cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def alone_until_the_end(name: str) -> bool:
    """Whether no other process holds this name; if so this one does until its transaction ends.

    For what others see only then: a lock that goes earlier lets a second in who cannot see what
    the first did. To be called in a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


@contextmanager
def one_of(name: str, most: int) -> Iterator[bool]:
    """Whether fewer than `most` other processes are within a block of this name while this one
    runs."""
    with ExitStack() as held:
        locks = (alone(f"{name} {number}") for number in range(most))
        yield any(held.enter_context(lock) for lock in locks)
