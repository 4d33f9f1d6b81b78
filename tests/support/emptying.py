"""After a test that commits, the database is emptied: only the tables that hold rows."""

# ruff: noqa: S608 - the names in these statements are those of tables

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

# Django's own rows, which a flush takes away to write them anew; no test changes them.
KEPT = {"django_content_type", "auth_permission"}
# Neither foreign keys are looked at, nor the triggers by which rows stay for good.
AS_REPLICA = "SET LOCAL session_replication_role = replica;"


def emptied(flush: Callable[[Any], None]) -> Callable[[Any], None]:
    """Stands for the `flush` of a test case, which truncates all tables and then writes the rows
    in KEPT: that takes longer than most of the tests."""

    def empty(test_case: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW is_superuser")
            if cursor.fetchone() == ("off",):  # on a server that somebody named
                flush(test_case)
                return
            filled = _filled(cursor)
            deleted = " ".join(f"DELETE FROM {name};" for name in filled)
            cursor.execute(f"BEGIN; {AS_REPLICA} {deleted} COMMIT;")

    return empty


def _filled(cursor: Any) -> list[str]:
    """The tables in which there are rows, quoted."""
    tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT
    names = [connection.ops.quote_name(table) for table in sorted(tables)]
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
    cursor.execute(" UNION ALL ".join(asked))
    return [name for (name,) in cursor.fetchall()]
