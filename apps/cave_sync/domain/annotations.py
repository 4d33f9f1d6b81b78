"""Annotations as CAVE's services take and give them.

Points are whole voxels of their table's resolution, (x, y, z). Ids are int64 and begin at 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Point = tuple[int, int, int]
Value = Point | int | float | str | bool | None

MOST_ROWS = 10_000  # of one insert; more are refused
MOST_IDS = 1_000  # of one read: they travel in the address


@dataclass(frozen=True)
class Datastack:
    """Where one writes: a server such as https://global.daf-apis.com, and a datastack there."""

    server: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} at {self.server}"


@dataclass(frozen=True)
class DatastackFacts:
    """What the info service says of a datastack.

    synapse_table: the lab's own table of synapses, if it has one. viewer_resolution: nm along
    x, y, z, if it is told.
    """

    aligned_volume: str
    synapse_table: str | None
    viewer_resolution: tuple[float, float, float] | None


class FieldKind(StrEnum):
    """What a field of a schema holds."""

    POINT = "point"
    TARGET = "target"  # the id of a row in the reference table
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    YES_NO = "yes_no"
    OTHER = "other"


@dataclass(frozen=True)
class Field:
    """A field of a schema. What is not required is sent all the same: where a row lacks it, CAVE
    gives an error for every list of ids that the row is in."""

    name: str
    kind: FieldKind
    is_required: bool


@dataclass(frozen=True)
class Schema:
    """A type of annotation; `fields` without those that CAVE fills itself."""

    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of this name, if there is one."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def points(self) -> tuple[str, ...]:
        """The names of its points."""
        return tuple(one.name for one in self.fields if one.kind == FieldKind.POINT)

    @property
    def is_reference(self) -> bool:
        """Whether its rows speak of rows of another table."""
        return any(field.kind == FieldKind.TARGET for field in self.fields)


class Permission(StrEnum):
    """Who else may read or write a table."""

    PRIVATE = "PRIVATE"
    GROUP = "GROUP"
    PUBLIC = "PUBLIC"


@dataclass(frozen=True)
class NewTable:
    """A table to be made. resolution: nm of a voxel along x, y, z. reference_table: for schemas
    with a target; its updates are not followed, as it may be another's table."""

    name: str
    schema: str
    description: str
    resolution: tuple[float, float, float]
    reference_table: str | None = None
    read_permission: Permission = Permission.PUBLIC
    write_permission: Permission = Permission.PRIVATE


@dataclass(frozen=True)
class TableFacts:
    """What CAVE says of a table. owner: the number of a person of CAVE, as text."""

    name: str
    schema: str
    description: str
    resolution: tuple[float, float, float]
    reference_table: str | None
    owner: str
    read_permission: str
    write_permission: str


@dataclass(frozen=True)
class AnnotationRow:
    """A row to be sent, under an id of ours; `values` by the fields of the schema."""

    id: int
    values: Mapping[str, Value]


@dataclass(frozen=True)
class HeldRow:
    """A row as CAVE has it. A changed row of a reference table keeps its id; on other tables the
    old one is no longer valid and `superseded_by` the id of the new one."""

    id: int
    values: Mapping[str, Value]
    is_valid: bool
    superseded_by: int | None
    created: datetime | None
    deleted: datetime | None


@dataclass(frozen=True)
class RootIds:
    """The neurons at the two sides of a synapse in one version; None where it has none (yet)."""

    pre: int | None
    post: int | None
