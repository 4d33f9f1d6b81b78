"""Model instances out of SQL of our own, for the few statements that everybody waits for.

Django takes longer to put such a statement together than the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


def columns_of(model: type[Model], alias: str) -> str:
    """All columns of a model, as an SQL list for `RowReader.take`."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


class RowReader:
    """Reads instances and single values off a row, from left to right."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self._values: Iterator[Any] = iter(row)

    def take(self, model: type[M]) -> M:
        """The instance whose columns come next."""
        names = [field.attname for field in model._meta.concrete_fields]
        return model.from_db("default", names, [next(self._values) for _ in names])

    def take_value(self) -> Any:
        return next(self._values)
