"""The schema service: types of annotations, how they are told, and how rows are checked by them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

POINT, TARGET, INTEGER = "point", "target", "integer"
NUMBER, TEXT, BOOLEAN = "number", "string", "boolean"
_BOUND = {"pre_pt", "post_pt", "pt"}  # points that get root ids


@dataclass(frozen=True)
class Fields:
    """Fields by their kind; `optional`: those that a row may lack."""

    kinds: Mapping[str, str]
    optional: frozenset[str] = frozenset()


def _fields(*optional: str, **kinds: str) -> Fields:
    return Fields(kinds, frozenset(optional))


_PAIR = {"pre_pt": POINT, "post_pt": POINT}
_TARGET = {"target_id": TARGET}
SCHEMAS: Mapping[str, Fields] = {
    "synapse": _fields("size", **_PAIR, ctr_pt=POINT, size=NUMBER),
    "nocleft_synapse": _fields("score", **_PAIR, score=NUMBER),
    "nocenter_synapse": _fields("size", **_PAIR, size=NUMBER),
    "fly_synapse": _fields(
        "connection_score", "cleft_score", **_PAIR, connection_score=NUMBER, cleft_score=NUMBER
    ),
    "plastic_synapse": _fields("size", **_PAIR, ctr_pt=POINT, size=NUMBER, plasticity=INTEGER),
    "reference_synapse_valid": _fields(**_TARGET, is_valid=BOOLEAN),
    "reference_tag": _fields(**_TARGET, tag=TEXT),
    "reference_tag_float": _fields(**_TARGET, tag=TEXT, value=NUMBER),
    "reference_tag_with_confidence": _fields(**_TARGET, confidence=NUMBER),
    "reference_integer": _fields(**_TARGET, value=INTEGER),
    "reference_simple_group": _fields(**_TARGET, group_id=INTEGER),
    "bound_tag": _fields(pt=POINT, tag=TEXT),
}


def is_reference(schema: str) -> bool:
    """Whether its rows speak of rows of another table."""
    return "target_id" in SCHEMAS[schema].kinds


def definition(name: str) -> dict[str, Any]:
    """A schema as JSON schema."""
    fields = SCHEMAS[name]
    own = "".join(part.capitalize() for part in name.split("_"))
    properties = {field: _told(field, kind) for field, kind in fields.kinds.items()}
    properties["valid"] = {"title": "valid", "type": ["boolean", "null"], "default": None}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {
            "BoundSpatialPoint": _point("root_id", "supervoxel_id"),
            "SpatialPoint": _point(),
            own: {
                "type": "object",
                "properties": properties,
                "required": sorted(set(fields.kinds) - fields.optional),
                "additionalProperties": True,
            },
        },
        "$ref": f"#/definitions/{own}",
    }


def _told(field: str, kind: str) -> dict[str, Any]:
    if kind == POINT:
        point = "BoundSpatialPoint" if field in _BOUND else "SpatialPoint"
        return {"type": "object", "$ref": f"#/definitions/{point}"}
    plain = INTEGER if kind == TARGET else kind
    optional = any(field in one.optional for one in SCHEMAS.values())
    return {"title": field, "type": [plain, "null"] if optional else plain}


def _point(*segments: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"position": {"title": "position", "type": "array"}}
    properties |= {name: {"title": name, "type": ["integer", "null"]} for name in segments}
    return {
        "type": "object",
        "properties": properties,
        "required": ["position"],
        "additionalProperties": False,
    }


_NULL, _MISSING = "Field may not be null.", "Missing data for required field."


class InvalidError(Exception):
    """What marshmallow says of a row."""


def loaded(schema: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is stored, flat, without what the schema does not know. Raises InvalidError."""
    fields = SCHEMAS[schema]
    errors: dict[str, list[str]] = {}
    found: dict[str, Any] = {}
    for name, kind in fields.kinds.items():
        key = f"{name}_position" if kind == POINT else name
        if given.get(name) is None:
            found[key] = None
            if name not in fields.optional:
                words = (
                    "Field may not be null."
                    if name in given
                    else "Missing data for required field."
                )
                errors[name] = [words]
            continue
        try:
            found[key] = _READERS[kind](given[name])
        except (TypeError, ValueError, KeyError, IndexError) as error:
            errors[name] = [str(error)]
    if errors:
        raise InvalidError(errors)
    return found


def _position(given: Any) -> list[int]:
    """Fractions are cut off; a negative number comes back as an unsigned one."""
    if not isinstance(given, Mapping) or "position" not in given:
        raise ValueError("Invalid input type.")
    return [int(given["position"][axis]) % 2**64 for axis in range(3)]


def _integer(given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError):
        raise ValueError("Not a valid integer.") from None


def _number(given: Any) -> float:
    try:
        number = float(given)
    except (TypeError, ValueError):
        raise ValueError("Not a valid number.") from None
    if not math.isfinite(number):
        raise ValueError("Special numeric values (nan or infinity) are not permitted.")
    return number


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError("Not a valid string.")  # noqa: TRY004 - as the service says it
    return given


def _boolean(given: Any) -> bool:
    if given not in (True, False, "true", "false"):
        raise ValueError("Not a valid boolean.")
    return given in (True, "true")


_READERS = {
    POINT: _position,
    TARGET: _integer,
    INTEGER: _integer,
    NUMBER: _number,
    TEXT: _text,
    BOOLEAN: _boolean,
}
