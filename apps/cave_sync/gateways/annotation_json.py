"""Annotations as JSON, which is how the annotation engine takes and gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.cave_sync.domain.annotations import (
    AnnotationRow,
    Field,
    FieldKind,
    HeldRow,
    Schema,
    TableFacts,
    Value,
)

_POSITION = "_position"
_OF_CAVE = ("id", "valid", "created", "deleted", "superceded_id")  # spelt as they do
_POINTS = ("SpatialPoint", "BoundSpatialPoint")
_KINDS = {
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "string": FieldKind.TEXT,
    "boolean": FieldKind.YES_NO,
}


def body_of(row: AnnotationRow) -> dict[str, Any]:
    """A row as it is sent. Raises ValueError for what CAVE would take, and change: fractions and
    negative numbers in points, and nothing at all; and for what its client cannot send."""
    if row.id < 1:
        raise ValueError(f"the id {row.id} is not positive")
    return {"id": row.id} | {name: _sent(name, value) for name, value in row.values.items()}


def _sent(name: str, value: Value) -> Any:
    if isinstance(value, tuple | list):
        if len(value) != 3 or any(type(at) is not int or at < 0 for at in value):
            raise ValueError(f"{name} is {value}, which is not three whole numbers from 0")
        return {"position": list(value)}
    is_plain = isinstance(value, bool | int | float | str)
    if not is_plain or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{name} is {value}, a {type(value).__name__}")
    return value


def held_row(found: Mapping[str, Any]) -> HeldRow:
    """A row as it is read: flat, and with its times as text."""
    values = {
        name.removesuffix(_POSITION): _held(value)
        for name, value in dict(found).items()
        if name not in _OF_CAVE
    }
    superseded_by = found.get("superceded_id")
    return HeldRow(
        id=int(found["id"]),
        values=values,
        is_valid=bool(found.get("valid")),
        superseded_by=None if superseded_by is None else int(superseded_by),
        created=_time(found.get("created")),
        deleted=_time(found.get("deleted")),
    )


def _held(value: Any) -> Value:
    if isinstance(value, list):
        x, y, z = (int(at) for at in value)
        return x, y, z
    held: Value = value
    return held


def _time(found: Any) -> datetime | None:
    """A time in UTC; the word "None" is what they write for none."""
    if found in (None, "None"):
        return None
    time = datetime.fromisoformat(str(found))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def schema_of(name: str, definition: Mapping[str, Any]) -> Schema:
    """The fields of a schema, from its JSON schema."""
    own = definition["definitions"][str(definition["$ref"]).rpartition("/")[2]]
    required = own.get("required") or ()
    fields = (
        Field(field, _kind(field, about), field in required)
        for field, about in own["properties"].items()
        if field not in _OF_CAVE
    )
    return Schema(name, tuple(fields))


def _kind(field: str, about: Mapping[str, Any]) -> FieldKind:
    if str(about.get("$ref", "")).rpartition("/")[2] in _POINTS:
        return FieldKind.POINT
    if field == "target_id":
        return FieldKind.TARGET
    stated = about.get("type")
    types = [stated] if isinstance(stated, str) else [one for one in stated or () if one != "null"]
    return _KINDS.get(types[0], FieldKind.OTHER) if len(types) == 1 else FieldKind.OTHER


def table_facts(name: str, found: Mapping[str, Any]) -> TableFacts:
    """What the engine says of a table, as its client gives it."""
    x, y, z = (float(size) for size in found["voxel_resolution"])
    return TableFacts(
        name=name,
        schema=str(found["schema_type"]),
        description=str(found.get("description") or ""),
        resolution=(x, y, z),
        reference_table=found.get("reference_table") or None,
        owner=str(found.get("user_id") or ""),
        read_permission=str(found.get("read_permission") or ""),
        write_permission=str(found.get("write_permission") or ""),
    )
