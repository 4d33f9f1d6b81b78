"""Whether connections wait for each other."""

from __future__ import annotations

from django.db import connection


def somebody_waits() -> bool:
    """Whether another connection waits for a lock."""
    return count_waiting() > 0


def count_waiting() -> int:
    """How many do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])
