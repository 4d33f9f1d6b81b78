"""Put many new rows into the outbox in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from apps.cave_sync.models import OutboxRow
from apps.core.fields import UInt64Field, to_signed


def insert_rows(rows: Sequence[OutboxRow]) -> None:
    """New rows, in this order. As one JSON text, which the database takes apart: Django prepares
    each value of each row by itself, which is a third of what a delivery costs."""
    fields = [field for field in OutboxRow._meta.concrete_fields if not field.primary_key]
    columns = [(str(field.column), field.attname) for field in fields]
    quoted = [connection.ops.quote_name(column) for column, _ in columns]
    kinds = [field.db_type(connection) for field in fields]
    names = ", ".join(quoted)
    types = ", ".join(f"{name} {kind}" for name, kind in zip(quoted, kinds, strict=True))
    values = [{column: getattr(row, name) for column, name in columns} for row in rows]
    unsigned = [str(field.column) for field in fields if isinstance(field, UInt64Field)]
    for row in values:
        row |= {name: to_signed(row[name]) for name in unsigned if row[name] is not None}
    table = connection.ops.quote_name(OutboxRow._meta.db_table)
    told = f"SELECT {names} FROM jsonb_to_recordset(%s::jsonb) AS given ({types})"  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) {told}",
            [json.dumps(values, default=str, allow_nan=False)],
        )
