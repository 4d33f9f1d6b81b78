"""What the annotation engine does with tables and rows. One lock around it: a stand-in needs no
more."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from tests.support.cave_annotations.schemas import SCHEMAS, InvalidError, is_reference, loaded

INSERTION_LIMIT = 10_000
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9_]+")


class AbortError(Exception):
    """An error as the engine words it."""

    def __init__(self, status: int, words: object) -> None:
        super().__init__(f"{status} {HTTPStatus(status).phrase}: {words}")


class AbsentError(Exception):
    """None of the rows is there, which is told with 404."""


@dataclass
class Row:
    """A row as it is stored: flat, with what the engine keeps of its own."""

    values: dict[str, Any]
    created: datetime
    valid: bool = True
    deleted: datetime | None = None
    superceded_id: int | None = None

    def flat(self, number: int) -> dict[str, Any]:
        """As it is read: its times are text, and none is the word "None"."""
        return self.values | {
            "id": number,
            "valid": self.valid,
            "superceded_id": self.superceded_id,
            "created": str(self.created.replace(tzinfo=None)),
            "deleted": str(self.deleted.replace(tzinfo=None) if self.deleted else None),
        }


@dataclass
class Table:
    """A table with its rows by id. next_id: of its sequence, which explicit ids do not advance."""

    name: str
    schema: str
    owner: int
    metadata: dict[str, Any]
    reference_table: str | None
    rows: dict[int, Row] = field(default_factory=dict)
    next_id: int = 1

    def take_id(self) -> int:
        """The next of the sequence; it is gone also if the row is refused."""
        self.next_id += 1
        return self.next_id - 1


@dataclass
class Engine:
    """An aligned volume. once: what the next call is told, and none after it. poison: values at
    which it stumbles, which it says in words that nobody knows."""

    tables: dict[str, Table] = field(default_factory=dict)
    once: str = ""
    poison: Sequence[Any] = ()
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def fail_once(self) -> None:
        """A session that has failed, or a connection that was cut, fails its next user too."""
        words, self.once = self.once, ""
        if words:
            raise RuntimeError(words)

    def table(self, name: str) -> Table:
        """A table. Raises AbortError."""
        found = self.tables.get(name)
        if found is None:
            raise AbortError(400, f"No table named {name} exists.")
        return found

    def create(self, name: str, schema: str, owner: int, metadata: Mapping[str, Any]) -> str:
        """Make a table; gives its name."""
        name = name.lower().replace(" ", "_")
        if not _NAME.fullmatch(name):
            raise AbortError(
                400,
                "Table name error: Invalid table name. Table name must include at least one letter,"
                " and can only contain lowercase letters, numbers, and underscores (_).",
            )
        if name in self.tables:
            raise AbortError(400, f"Table {name} already exists")
        if schema not in SCHEMAS:
            raise AbortError(400, f"type {schema} is not a known annotation type")
        target = self._target(schema, metadata.get("table_metadata") or {})
        kept = {key: value for key, value in metadata.items() if key != "table_metadata"}
        self.tables[name] = Table(name, schema, owner, kept, target)
        return name

    def _target(self, schema: str, given: Mapping[str, Any]) -> str | None:
        target: str | None = given.get("reference_table")
        if target is None:
            return None
        if not is_reference(schema):
            raise AbortError(400, "Reference table must be a ReferenceAnnotation schema type")
        if target not in self.tables:
            raise AbortError(400, f"No table named '{target}' exists.")
        if "track_target_id_updates" not in given or given["track_target_id_updates"] is None:
            raise AbortError(400, "{'track_target_id_updates': ['Field may not be null.']}")
        return target

    def insert(self, table: Table, given: Sequence[Mapping[str, Any]]) -> list[int]:
        """All rows, or none."""
        if len(given) > INSERTION_LIMIT:
            raise AbortError(
                413,
                f"{INSERTION_LIMIT} -> The insertion limit is {INSERTION_LIMIT}, "
                f"{len(given)} were attempted to be inserted",
            )
        now, rows = datetime.now(UTC), {}
        for one in given:
            values = self._loaded(table, one)
            number = int(one.get("id") or 0) or table.take_id()
            if number in table.rows or number in rows:
                self._violated(404, table, f"Key (id)=({number}) already exists.", is_unique=True)
            self._check_target(404, table, values)
            rows[number] = Row(values, now)
        table.rows |= rows
        return list(rows)

    def update(self, table: Table, given: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Row by row: those before one that is refused stay changed."""
        told: dict[str, int] = {}
        for one in given:
            number = int(one.get("id") or 0)
            if number not in table.rows:
                raise AbortError(400, "No row was found when one was required")
            told[str(number)] = self._update_one(table, number, one)
        return told

    def _update_one(self, table: Table, number: int, given: Mapping[str, Any]) -> int:
        old, values = table.rows[number], self._loaded(table, given)
        self._check_target(400, table, values)
        if is_reference(table.schema):
            old.values, old.valid = values, True  # `deleted` stays as it was
            return number
        if old.superceded_id is not None:
            raise AbortError(
                409,
                f"Error update ID {number} -> Annotation with ID {number} has already been "
                f"superseded by annotation ID {old.superceded_id}, update annotation ID "
                f"{old.superceded_id} instead",
            )
        new = table.take_id()
        if new in table.rows:
            self._violated(400, table, f"Key (id)=({new}) already exists.", is_unique=True)
        now = datetime.now(UTC)
        table.rows[new] = Row(values, now)
        old.superceded_id, old.valid, old.deleted = new, False, now
        return new

    def delete(self, table: Table, ids: Sequence[int]) -> list[int]:
        """Mark rows as deleted. Raises AbsentError if there is none of them."""
        found = [number for number in ids if number in table.rows]
        if not found:
            raise AbsentError(f"annotation_id {list(ids)} not in table {table.name}")
        for number in found:
            row = table.rows[number]
            row.valid, row.deleted = False, datetime.now(UTC)
        return found

    def read(self, table: Table, ids: Sequence[int]) -> list[dict[str, Any]]:
        """Rows, flat and in no order; none at all where one of them lacks a field."""
        found = [(number, table.rows[number]) for number in ids if number in table.rows]
        if any(value is None for _, row in found for value in row.values.values()):
            raise RuntimeError(f"No annotation with {list(ids)} exists")
        self.chance.shuffle(found)
        return [row.flat(number) for number, row in found]

    def _loaded(self, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
        try:
            values = loaded(table.schema, given)
        except InvalidError as error:
            raise AbortError(422, error) from None
        if any(value in self.poison for value in values.values()):
            raise IndexError("list index out of range")
        return values

    def _check_target(self, status: int, table: Table, values: Mapping[str, Any]) -> None:
        target = values.get("target_id")
        if table.reference_table is None or target in self.tables[table.reference_table].rows:
            return
        detail = f'Key (target_id)=({target}) is not present in table "{table.reference_table}".'
        self._violated(status, table, detail, is_unique=False)

    def _violated(self, status: int, table: Table, detail: str, *, is_unique: bool) -> None:
        kind = "UniqueViolation" if is_unique else "ForeignKeyViolation"
        words = (
            f'duplicate key value violates unique constraint "{table.name}_pkey"'
            if is_unique
            else f'insert or update on table "{table.name}" violates foreign key constraint'
        )
        told = f"(psycopg2.errors.{kind}) {words}\nDETAIL:  {detail}\n"
        self.once = (
            "This Session's transaction has been rolled back due to a previous exception during "
            f"flush. Original exception was: {told}"
        )
        raise AbortError(status, told)
