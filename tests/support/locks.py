"""Whether connections wait for each other, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.support.waiting import wait_for


def somebody_waits() -> bool:
    """Whether another connection waits for a lock."""
    return count_waiting() > 0


def count_waiting() -> int:
    """How many do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def is_held(name: str) -> bool:
    """Whether a process is within a block of this name at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks, hashtextextended(%s, 0) AS key"
            " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid::bigint = key >> 32 & 4294967295 AND objid::bigint = key & 4294967295)",
            [name],
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def busy(*names: str) -> Iterator[None]:
    """While another process holds these locks."""
    other = connection.copy()
    with other.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        yield
    finally:
        other.close()
        wait_for(lambda: not any(map(is_held, names)), "the locks")
