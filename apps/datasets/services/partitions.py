"""Where the rows of synapse tables lie in Postgres (docs/adr/0010).

All of this runs inside the transaction of its caller.
"""

# ruff: noqa: S608 - all names in these statements are our own, and the rest are numbers
from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from apps.core.errors import ConflictError
from apps.datasets.domain.numbering import IDS_OF_A_TABLE, first_id
from apps.datasets.models import Instance, SynapseTable

# From so many rows on a table has a partition of its own. Moving fewer into the first partition
# takes three seconds at most; each partition costs every query that joins instances some planning.
LARGE_TABLE_ROWS = 100_000
# Of a partition of its own; where tables share one, `table_id` comes first (see the migrations).
INDEXED_COLUMNS = ("place", "pre_root_id", "post_root_id")
_ALL = Instance._meta.db_table
_MEMORY_FOR_INDEXES = "512MB"
_LOOK_AGAIN_S = 0.2
_MOMENT_S = 3
_LOCK_NOT_AVAILABLE = "55P03"


class BusyError(ConflictError):
    """Others read what is to be removed."""

    code = "busy"


def partition_name(table_id: int) -> str:
    """The name of a table's own partition."""
    return f"{_ALL}_{table_id}"


def create_staging(table_id: int) -> None:
    """A new, empty table like instances, with no index, that may become a partition.

    The checks spare the database to look at the rows again when it becomes one.
    """
    low = first_id(table_id)
    do_cancellable(
        f"CREATE TABLE {partition_name(table_id)} (LIKE {_ALL} INCLUDING CONSTRAINTS, "
        f"CONSTRAINT holds_one_table CHECK (table_id = {table_id}), "
        f"CONSTRAINT holds_its_ids CHECK (id >= {low} AND id < {low + IDS_OF_A_TABLE}))"
    )


def move_into_first(table_id: int) -> None:
    """Give the rows of a small table a place among those of the others."""
    columns = (one.column for one in Instance._meta.concrete_fields if not one.primary_key)
    names = ", ".join(column for column in columns if column)
    own = partition_name(table_id)
    do_cancellable(f"INSERT INTO {_ALL} ({names}) SELECT {names} FROM {own} ORDER BY id")
    do_cancellable(f"DROP TABLE {own}")


def make_partition(table_id: int) -> None:
    """Give the new table its indexes and foreign key, and make it a partition of instances.

    Last comes what others have to wait for: the foreign key locks the list of tables until the
    transaction ends.
    """
    own, low = partition_name(table_id), first_id(table_id)
    do_cancellable(f"SET LOCAL maintenance_work_mem = '{_MEMORY_FOR_INDEXES}'")
    do_cancellable(f"ALTER TABLE {own} ADD PRIMARY KEY (id)")
    for column in INDEXED_COLUMNS:
        do_cancellable(f"CREATE INDEX ON {own} ({column})")
    do_cancellable(f"ANALYZE {own}")
    do_cancellable("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    do_cancellable(
        f"ALTER TABLE {own} ADD CONSTRAINT instance_has_a_table FOREIGN KEY (table_id) "
        "REFERENCES datasets_synapsetable DEFERRABLE INITIALLY DEFERRED"
    )
    do_cancellable(
        f"ALTER TABLE {_ALL} ATTACH PARTITION {own} "
        f"FOR VALUES FROM ({low}) TO ({low + IDS_OF_A_TABLE})"
    )
    do_cancellable("SET CONSTRAINTS ALL DEFERRED")


def index_source_ids(table_id: int) -> None:
    """Keep source ids unique. Raises IntegrityError if they are not."""
    own = partition_name(table_id)
    do_cancellable(f"SET LOCAL maintenance_work_mem = '{_MEMORY_FOR_INDEXES}'")
    do_cancellable(f"CREATE UNIQUE INDEX ON {own} (source_id)")


def repeated_source_ids(table_id: int, most: int) -> tuple[int, list[tuple[int, int, int]]]:
    """How many rows have the source id of an earlier one, and `most` of them.

    Each as the row's number, its source id and the number of the first row with it.
    """
    own, low = partition_name(table_id), first_id(table_id)
    repeated = (
        f"FROM (SELECT id, source_id, min(id) OVER (PARTITION BY source_id) AS first_id "
        f"FROM {own}) AS rows WHERE id > first_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {repeated}")
        count = int(cursor.fetchone()[0])
        cursor.execute(
            f"SELECT id - {low}, source_id, first_id - {low} {repeated} ORDER BY id LIMIT {most}"
        )
        return count, cursor.fetchall()


def remove_repeated(table_id: int) -> None:
    """Leave the first row of each source id."""
    own = partition_name(table_id)
    do_cancellable(
        f"DELETE FROM {own} WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
        f"(PARTITION BY source_id ORDER BY id) AS turn FROM {own}) AS rows WHERE turn > 1)"
    )


def drop_partition(table: SynapseTable) -> bool:
    """Remove the rows of a large table as a whole; False where it has no partition.

    Triggers are not asked when a partition goes, so what they do is done here: the table's row is
    locked against new references before old ones are looked for (docs/adr/0010). Before that,
    those are waited for who read instances: they may come to that row, too.
    Raises IntegrityError where anything refers to the rows, and BusyError where somebody reads
    instances for longer than a moment: a load does, from beginning to end.
    """
    own = partition_name(table.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [own])
        if not cursor.fetchone()[0]:
            return False
        _wait_for_readers(cursor)
        cursor.execute(
            f"SELECT FROM {SynapseTable._meta.db_table} WHERE id = %s FOR UPDATE", [table.pk]
        )
        _refuse_referred(table)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {_ALL} DETACH PARTITION {own}")
        cursor.execute(f"DROP TABLE {own}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return True


def _wait_for_readers(cursor: Any) -> None:
    """Alone with all instances. While this waits, all who want to read them wait behind it."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{_MOMENT_S * 1000:.0f}ms"])
    try:
        with transaction.atomic():
            cursor.execute(f"LOCK TABLE ONLY {_ALL} IN ACCESS EXCLUSIVE MODE")
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise BusyError(
            "Instances are being loaded or read at length just now; try again later."
        ) from error
    cursor.execute("SELECT set_config('lock_timeout', '0', true)")


def _refuse_referred(table: SynapseTable) -> None:
    """Raises IntegrityError where anything refers to an instance of a large table."""
    low = first_id(table.pk)
    for relation in Instance._meta.related_objects:
        name = relation.field.attname
        span = {f"{name}__gte": low, f"{name}__lt": low + IDS_OF_A_TABLE}
        if relation.related_model._default_manager.filter(**span).exists():
            raise IntegrityError(
                f"{relation.related_model._meta.db_table} has instances of {table}"
            )


def do_cancellable(statement: str) -> None:
    """Run a statement that may take minutes, so that Ctrl-C ends it.

    The driver waits for the database where Python cannot be interrupted; so that is done beside.
    """
    failure: list[BaseException] = []

    def run(cursor: Any) -> None:
        try:
            cursor.execute(statement)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failure.append(error)

    with connection.cursor() as cursor:
        running = threading.Thread(target=run, args=(cursor.cursor,), daemon=True)
        running.start()
        _await(running, connection.connection.cancel)
        if failure:
            with connection.wrap_database_errors:
                raise failure[0]


def _await(running: threading.Thread, cancel: Callable[[], None]) -> None:
    try:
        while running.is_alive():
            running.join(_LOOK_AGAIN_S)
    except BaseException:
        cancel()
        running.join()
        raise
