"""After a test that commits, the database is emptied: only the tables that hold rows."""

# ruff: noqa: S608 - the names in these statements are those of tables

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from django.db import connection

# Django's own rows, which a flush takes away to write them anew; no test changes them.
KEPT = {"django_content_type", "auth_permission"}
# Neither foreign keys are looked at, nor the triggers by which rows stay for good.
AS_REPLICA = "SET LOCAL session_replication_role = replica;"
# Rows are deleted quickly, but their pages stay, and all later tests would read through them.
LARGE_BYTES = 2**20
# How long other sessions may take to end what the test has begun in them.
PATIENCE_S = 30.0

_AT_WORK = """
    SELECT pid, state || ', ' || query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND xact_start IS NOT NULL
"""


def emptied(flush: Callable[[Any], None]) -> Callable[[Any], None]:
    """Stands for the `flush` of a test case, which truncates all tables and then writes the rows
    in KEPT: that takes longer than most of the tests.

    Raises AssertionError, with all emptied, where the test has left a transaction open.
    """

    def empty(test_case: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW is_superuser")
            if cursor.fetchone() == ("off",):  # on a server that somebody named
                flush(test_case)
                return
            left_open = _end_others(cursor)
            tables = _filled(cursor)
            emptying = " ".join(
                f"TRUNCATE {name} CASCADE;" if is_large else f"DELETE FROM {name};"
                for name, is_large in tables
            )
            cursor.execute(f"BEGIN; {AS_REPLICA} {emptying} COMMIT;")
        assert not left_open, f"The test leaves transactions open: {'; '.join(left_open)}"

    return empty


def _end_others(cursor: Any) -> list[str]:
    """Waits for the transactions of other sessions: what they write would be found by the next
    test. Those that do not end are ended; what each of them did last."""
    deadline = monotonic() + PATIENCE_S
    while at_work := _asked(cursor, _AT_WORK):
        if monotonic() > deadline:
            break
        sleep(0.02)
    for pid, _ in at_work:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    return [told for _, told in at_work]


def _filled(cursor: Any) -> list[tuple[str, bool]]:
    """The tables in which there are rows, or many pages of former ones: their quoted names, and
    whether they are large."""
    tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT
    names = [connection.ops.quote_name(table) for table in sorted(tables)]
    asked = (
        f"SELECT '{name}', is_large "
        f"FROM (SELECT pg_relation_size('{name}') > {LARGE_BYTES} AS is_large) AS size "
        f"WHERE is_large OR EXISTS (SELECT FROM {name})"
        for name in names
    )
    return _asked(cursor, " UNION ALL ".join(asked))


def _asked(cursor: Any, query: str) -> list[Any]:
    cursor.execute(query)
    return list(cursor.fetchall())
