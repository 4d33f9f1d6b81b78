"""Layouts of synapse tables: which column holds what.

SynAnno's, CAVE's and H01's are known by their columns; of any other table somebody says it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from apps.core.errors import InvalidInputError
from apps.voxels.geometry import AXES

SYNANNO_COLUMNS = (
    *(f"pre_pt_{axis}" for axis in AXES),
    *(f"post_pt_{axis}" for axis in AXES),
    *AXES,
    "pre_neuron_id",
    "post_neuron_id",
)
# Of a table of no file, to which people add synapses one by one.
ADDED = "added"
# The detection missed what was added: a label this near to its middle or one of its points may be a
# part of it that it found all the same, any other belongs to a neighbour.
ADDED_REACH_NM = 50.0
_POINTS = ("center", "pre_pt", "post_pt")
_NUMBERS = ("id", "pre_root_id", "post_root_id", "score", "size")


class Unit(StrEnum):
    """What coordinates count: voxels of the table's resolution, or nanometres."""

    VOXELS = "voxels"
    NM = "nm"


class Kind(Enum):
    """What the values of a column are."""

    VOXEL = "a whole number of voxels"
    NM = "a number of nm"
    ROW_ID = "a whole number from 0 to 2^63 - 1"
    ROOT_ID = "a whole number from 0 to 2^64 - 1"
    NUMBER = "a number"


@dataclass(frozen=True)
class Wanted:
    """A column to be read. A list holds x, y and z. `none` is the id that means no neuron."""

    name: str
    kind: Kind
    is_required: bool
    is_list: bool = False
    none: int | None = None


@dataclass(frozen=True)
class PointColumns:
    """Where a point is: in three columns, or in one column of lists; `label` is for messages."""

    label: str
    names: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        return len(self.names) == 1


@dataclass(frozen=True)
class Layout:
    """What the columns of a table hold.

    Without a centre, the midpoint of `pre_pt` and `post_pt` is the centre. Without an id, a row's
    number from 0 is its id. `is_strict`: no point and no root id may be left empty.
    """

    name: str
    center: PointColumns | None
    pre_pt: PointColumns | None
    post_pt: PointColumns | None
    pre_root_id: str | None = None
    post_root_id: str | None = None
    id: str | None = None
    score: str | None = None
    size: str | None = None
    no_neuron: int = 0
    is_strict: bool = False

    @property
    def points(self) -> dict[str, PointColumns]:
        """The points that the table has; those at the two sides first."""
        found = {"pre_pt": self.pre_pt, "post_pt": self.post_pt, "center": self.center}
        return {role: columns for role, columns in found.items() if columns is not None}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(one.name for one in self.wanted(Unit.VOXELS))

    def wanted(self, unit: Unit) -> tuple[Wanted, ...]:
        """Every column that is read and how, in the order in which its faults are told."""
        return tuple(dict.fromkeys(self._wanted(unit)))

    def _wanted(self, unit: Unit) -> Iterator[Wanted]:
        kind = Kind.NM if unit is Unit.NM else Kind.VOXEL
        for role, columns in self.points.items():
            needed = self.is_strict or role == "center" or self.center is None
            for name in columns.names:
                yield Wanted(name, kind, needed, columns.is_list)
        for column in (self.pre_root_id, self.post_root_id):
            if column is not None:
                yield Wanted(column, Kind.ROOT_ID, self.is_strict, none=self.no_neuron)
        if self.id is not None:
            yield Wanted(self.id, Kind.ROW_ID, is_required=True)
        for column in (self.score, self.size):
            if column is not None:
                yield Wanted(column, Kind.NUMBER, is_required=False)

    def as_mapping(self) -> dict[str, Any]:
        """The same as `layout_of_mapping` reads it, to be kept as JSON."""
        points = {
            role: columns.names[0] if columns.is_list else list(columns.names)
            for role, columns in self.points.items()
        }
        numbers = {key: getattr(self, key) for key in _NUMBERS if getattr(self, key) is not None}
        return {**points, **numbers, "no_neuron": self.no_neuron}


def find_layout(columns: Sequence[str], unit: Unit) -> Layout | None:
    """The known layout that a table with these columns has, or None."""
    for known in _known_layouts(columns, unit):
        if set(known.columns) <= set(columns):
            return known
    return None


def nearest_layout(columns: Sequence[str], unit: Unit) -> Layout:
    """The known layout of whose columns a table has the most."""
    return max(
        _known_layouts(columns, unit),
        key=lambda known: len(set(known.columns) & set(columns)),
    )


def layout_named(name: str, columns: Sequence[str], unit: Unit) -> Layout:
    """The known layout of this name, for a table with these columns.

    Raises InvalidInputError.
    """
    for known in _known_layouts(columns, unit):
        if known.name == name:
            return known
    raise InvalidInputError(
        f"layout: {name!r} is not known; there are synanno, cave and h01.", field="layout"
    )


def _known_layouts(columns: Sequence[str], unit: Unit) -> tuple[Layout, ...]:
    return (_synanno(columns), _cave(columns), _h01(columns, unit))


def _synanno(columns: Sequence[str]) -> Layout:
    return Layout(
        name="synanno",
        center=PointColumns("x, y, z", AXES),
        pre_pt=_axes("pre_pt"),
        post_pt=_axes("post_pt"),
        pre_root_id="pre_neuron_id",
        post_root_id="post_neuron_id",
        score=_first(columns, "score"),
        size=_first(columns, "size"),
        no_neuron=-1,
        is_strict=True,
    )


def _cave(columns: Sequence[str]) -> Layout:
    center = "ctr_pt_position"
    has_center = bool({center, f"{center}_x"} & set(columns))
    return Layout(
        name="cave",
        center=_position(columns, center) if has_center else None,
        pre_pt=_position(columns, "pre_pt_position"),
        post_pt=_position(columns, "post_pt_position"),
        pre_root_id=_first(columns, "pre_pt_root_id"),
        post_root_id=_first(columns, "post_pt_root_id"),
        id=_first(columns, "id"),
        score=_first(columns, "score", "cleft_score", "connection_score"),
        size=_first(columns, "size"),
    )


def _h01(columns: Sequence[str], unit: Unit) -> Layout:
    # The z of these tables is nm in sections of 30 nm, and says so in its name.
    endings = ("x_nm", "y_nm", "z_nm30") if unit is Unit.NM else AXES
    return Layout(
        name="h01",
        center=None,
        pre_pt=PointColumns("pre", tuple(f"pre_{ending}" for ending in endings)),
        post_pt=PointColumns("post", tuple(f"post_{ending}" for ending in endings)),
        pre_root_id="pre_agglo_id",
        post_root_id="post_agglo_id",
        score=_first(columns, "score"),
        size=_first(columns, "size"),
    )


def _axes(name: str) -> PointColumns:
    return PointColumns(name, tuple(f"{name}_{axis}" for axis in AXES))


def _position(columns: Sequence[str], name: str) -> PointColumns:
    """A column of lists, or three columns of the same name with the axes."""
    return PointColumns(name, (name,)) if name in columns else _axes(name)


def _first(columns: Sequence[str], *names: str) -> str | None:
    return next((name for name in names if name in columns), None)


def layout_of_mapping(mapping: Mapping[str, Any], columns: Sequence[str]) -> Layout:
    """The layout that somebody has described for a table with these columns.

    Keys: `center`, `pre_pt`, `post_pt`, each three columns, one column of lists, or the name that
    stands before `_x`, `_y`, `_z`; `id`, `pre_root_id`, `post_root_id`, `score`, `size`, each a
    column; `no_neuron`, the id that means no neuron (0). A centre or both other points are needed.
    Raises InvalidInputError.
    """
    unknown = sorted(set(mapping) - {*_POINTS, *_NUMBERS, "no_neuron"})
    if unknown:
        raise _unfit(f"{unknown[0]!r} is none of {', '.join((*_POINTS, *_NUMBERS, 'no_neuron'))}")
    points = {key: _mapped_point(key, mapping[key], columns) for key in _POINTS if key in mapping}
    if "center" not in points and not {"pre_pt", "post_pt"} <= set(points):
        raise _unfit("name the columns of the center, or of both pre_pt and post_pt")
    numbers = {key: mapping[key] for key in _NUMBERS if mapping.get(key) is not None}
    for key, column in numbers.items():
        if not isinstance(column, str):
            raise _unfit(f"{key} is {column!r}; it must be the name of a column")
    no_neuron = mapping.get("no_neuron", 0)
    if not isinstance(no_neuron, int) or not -1 <= no_neuron < 2**64:
        raise _unfit(f"no_neuron is {no_neuron!r}; it must be -1 or an id")
    layout = Layout(
        name="mapping",
        center=points.get("center"),
        pre_pt=points.get("pre_pt"),
        post_pt=points.get("post_pt"),
        no_neuron=no_neuron,
        **numbers,
    )
    _check_columns(layout, columns)
    return layout


def _mapped_point(key: str, given: object, columns: Sequence[str]) -> PointColumns:
    if isinstance(given, str):
        return _position(columns, given)
    if isinstance(given, Sequence) and len(given) == 3 and all(isinstance(c, str) for c in given):
        if "" in given:
            lacks = [axis for axis, column in zip(AXES, given, strict=True) if not column]
            raise _unfit(f"name the columns of {' and '.join(lacks)} of {key}, too")
        return PointColumns(", ".join(given), tuple(given))
    raise _unfit(f"{key} is {given!r}; it must be the name of a column or of three")


def _check_columns(layout: Layout, columns: Sequence[str]) -> None:
    missing = [column for column in layout.columns if column not in columns]
    if missing:
        raise _unfit(f"the table lacks {', '.join(missing)}; it has {told_columns(columns)}")
    named = [name for one in layout.points.values() for name in one.names]
    named += [name for key in _NUMBERS if (name := getattr(layout, key)) is not None]
    twice = [name for name in named if named.count(name) > 1]
    if twice:
        raise _unfit(f"the column {twice[0]} is named for two things")


def told_columns(columns: Iterable[str], most: int = 20) -> str:
    """Names of columns for a message: not too many, none too long."""
    names = [name[:40] for name in columns]
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def _unfit(what: str) -> InvalidInputError:
    return InvalidInputError(f"mapping: {what}.", field="mapping")
