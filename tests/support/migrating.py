"""Migrations in a database of their own: it is thrown away, so nothing has to be migrated back."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

Migration = tuple[str, str]  # its room and its name

# Django makes all models anew for each migration, and leaves the former ones to be collected.
RARELY = (100_000, 50, 1000)


@contextmanager
def own_database(*, has_tables: bool = True) -> Iterator[None]:
    """All that asks the database meanwhile asks a copy of that of the tests, or one without tables.

    To be entered where the tests' own is empty, and outside of a transaction.
    """
    tests = connection.settings_dict["NAME"]
    own = f"{tests}_migrating"
    connection.close()
    with connection._nodb_cursor() as cursor:
        # Sessions that earlier tests have left open would keep it from being copied.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [tests]
        )
        template = connection.ops.quote_name(tests if has_tables else "template0")
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(own)} TEMPLATE {template}")
    connection.settings_dict["NAME"] = own
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = tests
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {connection.ops.quote_name(own)} WITH (FORCE)")


def newest() -> list[Migration]:
    """The last migration of each room."""
    return list(MigrationLoader(connection).graph.leaf_nodes())


def before(*migrations: Migration) -> list[Migration]:
    """The last migrations of all that need none of these."""
    graph = MigrationLoader(connection).graph
    later = {node for migration in migrations for node in graph.backwards_plan(migration)}
    former = set(graph.nodes) - later
    return [node for node in former if not former.intersection(graph.node_map[node].children)]


def migrate(targets: Iterable[tuple[str, str | None]]) -> MigrationExecutor:
    """Go there, forwards or backwards; None is before all of a room."""
    executor = MigrationExecutor(connection)
    threshold = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        executor.migrate(list(targets))
    finally:
        gc.set_threshold(*threshold)
    return executor
