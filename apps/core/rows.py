"""Model instances out of SQL of our own, for the few statements that everybody waits for.

Django takes longer to put such a statement together than the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


@lru_cache(maxsize=256)
def columns_of(model: type[Model], alias: str) -> str:
    """All columns of a model, as an SQL list for `RowReader.take`."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def rows_of(model: type[M], where: str, values: Sequence[Any]) -> list[M]:
    """The instances that a condition names; `where` is SQL, from WHERE on."""
    table = model._meta.db_table
    statement = f"SELECT {columns_of(model, table)} FROM {table}"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {where}", values)
        return [RowReader(row).take(model) for row in cursor.fetchall()]


class RowReader:
    """Reads instances and single values off a row, from left to right."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self._values: Iterator[Any] = iter(row)

    def take(self, model: type[M]) -> M:
        """The instance whose columns come next."""
        names, converters = _fields_of(model)
        values = [next(self._values) for _ in names]
        for place, convert in converters:
            values[place] = convert(values[place], None, connection)
        return model.from_db("default", names, values)

    def take_value(self) -> Any:
        return next(self._values)


@lru_cache(maxsize=64)
def _fields_of(model: type[Model]) -> tuple[list[str], list[tuple[int, Callable[..., Any]]]]:
    """The attributes of a model, and what is to be done with values of the database, by place."""
    fields = model._meta.concrete_fields
    converters = [
        (place, convert)
        for place, field in enumerate(fields)
        for convert in field.get_db_converters(connection)
    ]
    return [field.attname for field in fields], converters
