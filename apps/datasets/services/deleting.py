"""Delete synapse tables and datasets that nobody needs: large tables go as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction
from django.db.models import PROTECT, ProtectedError

from apps.core.errors import ConflictError
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.services.partitions import drop_partition

_SHOWN = 3


def delete_table(table: SynapseTable) -> None:
    """Delete a version of a table. Raises ConflictError where a campaign has it."""
    _refuse_used("table", str(table), [table])
    try:
        with transaction.atomic():
            _delete_rows(table)
            table.delete()
    except (ProtectedError, IntegrityError) as error:  # a campaign began meanwhile
        raise _conflict("table", str(table), "a campaign has it") from error


def delete_dataset(dataset: Dataset) -> None:
    """Delete a dataset with its tables; its volumes stay where they are stored.

    Raises ConflictError where a campaign has one of the tables.
    """
    tables = list(dataset.tables.order_by("pk"))
    _refuse_used("dataset", dataset.name, tables)
    try:
        with transaction.atomic():
            for table in tables:
                _delete_rows(table)
            dataset.delete()
    except (ProtectedError, IntegrityError) as error:
        raise _conflict("dataset", dataset.name, "a campaign has a table of it") from error


def hold_dataset(dataset: Dataset, table: SynapseTable | None = None) -> bool:
    """Keep a dataset, and a table of it, from being deleted before the transaction ends: who wants
    to waits, and is told of what refers to it then. False where they are gone already.

    Instances come first: whoever deletes many waits for those who read them.
    """
    rows = [(Dataset, dataset.pk), *([(SynapseTable, table.pk)] if table else [])]
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE ONLY {Instance._meta.db_table} IN ACCESS SHARE MODE")
        for model, pk in rows:
            cursor.execute(f"SELECT FROM {model._meta.db_table} WHERE id = %s FOR KEY SHARE", [pk])
            if cursor.rowcount == 0:
                return False
    return True


def campaigns_of(tables: Sequence[SynapseTable]) -> list[str]:
    """What would be left without its table: the names of campaigns, each once, by age."""
    users = (
        str(one)
        for relation in SynapseTable._meta.related_objects
        if getattr(relation, "on_delete", None) is PROTECT
        for one in relation.related_model._default_manager.filter(
            **{f"{relation.field.name}__in": tables}
        ).order_by("pk")
    )
    return list(dict.fromkeys(users))


def _delete_rows(table: SynapseTable) -> None:
    """In one statement: Django would read each instance before."""
    if not drop_partition(table):
        Instance.objects.filter(table=table)._raw_delete("default")


def _refuse_used(field: str, name: str, tables: Sequence[SynapseTable]) -> None:
    """Before anything is deleted, which takes its time. Raises ConflictError."""
    users = campaigns_of(tables)
    if users:
        its = "it" if field == "table" else "its tables"
        told = ", ".join(users[:_SHOWN])
        more = f" and {len(users) - _SHOWN:,} more" if len(users) > _SHOWN else ""
        whose = "the campaign {} has" if len(users) == 1 else "the campaigns {} have"
        raise _conflict(field, name, f"{whose.format(told + more)} {its}")


def _conflict(field: str, name: str, why: str) -> ConflictError:
    return ConflictError(f"{field}: {name} cannot be deleted: {why}.", field=field)
