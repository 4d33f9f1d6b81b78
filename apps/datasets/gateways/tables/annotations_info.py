"""The `info` file of precomputed annotations (neuroglancer_annotations_v1).

Axes of the file may stand in any order; what leaves this module is in physical order x, y, z.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn, TypeVar

import numpy as np

from apps.datasets.gateways.tables.files import unusable
from apps.voxels.geometry import AXES

_TYPE = "neuroglancer_annotations_v1"
# How many vectors of three float32 an annotation of each kind has.
VECTORS = {"POINT": 1, "LINE": 2, "AXIS_ALIGNED_BOUNDING_BOX": 2, "ELLIPSOID": 2}
_PROPERTY_TYPES: dict[str, tuple[str, int]] = {
    **{f"uint{bits}": (f"<u{bits // 8}", 1) for bits in (8, 16, 32)},
    **{f"int{bits}": (f"<i{bits // 8}", 1) for bits in (8, 16, 32)},
    "float32": ("<f4", 1),
    "rgb": ("u1", 3),
    "rgba": ("u1", 4),
}
_METER_NM = {"m": 1e9, "cm": 1e7, "mm": 1e6, "um": 1e3, "µm": 1e3, "μm": 1e3, "nm": 1.0, "pm": 1e-3}
_MOST_CELLS = 2**62
_ROUNDING = 1e-6  # by which the cells of a grid may fail to cover the bounds


@dataclass(frozen=True)
class Property:
    """A number or colour of each annotation."""

    id: str
    type: str

    @property
    def dtype(self) -> str:
        return _PROPERTY_TYPES[self.type][0]

    @property
    def count(self) -> int:
        """How many values it has: 3 or 4 for a colour."""
        return _PROPERTY_TYPES[self.type][1]


@dataclass(frozen=True)
class Index:
    """Where an index lies under the folder. `sharding` is as it stands in the file, or None."""

    id: str
    key: str
    sharding: Mapping[str, Any] | None


@dataclass(frozen=True)
class Level(Index):
    """A level of the spatial index: its cells, with axes in the order of the file."""

    grid_shape: tuple[int, ...]
    chunk_size: tuple[float, ...]


@dataclass(frozen=True)
class Info:
    """What the file says. `axes`: which place in it x, y and z have; `scale_nm`: nm of a unit of
    each axis of the file; bounds are in those units."""

    kind: str
    axes: tuple[int, int, int]
    scale_nm: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    properties: tuple[Property, ...]
    relationships: tuple[Index, ...]
    by_id: Index | None
    levels: tuple[Level, ...]

    @property
    def is_bounded(self) -> bool:
        """Whether the bounds can be true.

        Neuroglancer's own writer takes the radii of ellipsoids, and of lines that run downwards the
        lower ends, for upper bounds.
        """
        ordered = all(low <= high for low, high in zip(self.lower, self.upper, strict=True))
        return ordered and self.kind != "ELLIPSOID"

    @property
    def vectors(self) -> int:
        return VECTORS[self.kind]

    @property
    def resolution(self) -> tuple[float, float, float]:
        """nm of a unit along x, y, z."""
        x, y, z = (self.scale_nm[place] for place in self.axes)
        return x, y, z

    @cached_property
    def record(self) -> np.dtype[np.void]:
        """An annotation: `at` (vectors, 3) float32, then the properties, the widest first.

        It ends at a multiple of four bytes.
        """
        fields: list[tuple[Any, ...]] = [("at", "<f4", (self.vectors, 3))]
        for one in sorted(self.properties, key=lambda one: -np.dtype(one.dtype).itemsize):
            shape = () if one.count == 1 else (one.count,)
            fields.append((f"property {one.id}", one.dtype, shape))
        spare = -np.dtype(fields).itemsize % 4
        return np.dtype([*fields, ("spare", f"V{spare}")] if spare else fields)


Member = TypeVar("Member", Property, Index, Level)


def parse_info(content: object, name: str) -> Info:
    """The decoded JSON of an info file; `name` is the folder's, for messages.

    Raises TableError naming the file and the member that cannot be true.
    """
    return _Parser(f"{name}/info").parse(content)


@dataclass(frozen=True)
class _Parser:
    file: str

    def parse(self, content: object) -> Info:
        info = self._object(content, "it")
        if info.get("@type") != _TYPE:
            self._fail(f"@type is {info.get('@type')!r}; annotations have {_TYPE!r}")
        kind = str(info.get("annotation_type")).upper()
        if kind not in VECTORS:
            known = ", ".join(VECTORS)
            self._fail(f"annotation_type {info.get('annotation_type')!r} is none of {known}")
        axes, scale_nm = self._dimensions(info.get("dimensions"))
        lower = self._vector(info.get("lower_bound"), "lower_bound")
        upper = self._vector(info.get("upper_bound"), "upper_bound")
        by_id = info.get("by_id")
        levels = self._members(info.get("spatial", []), "spatial", self._level)
        for number, level in enumerate(levels):
            self._check_covers(level, lower, upper, f"spatial[{number}]")
        return Info(
            kind=kind,
            axes=axes,
            scale_nm=scale_nm,
            lower=lower,
            upper=upper,
            properties=self._members(info.get("properties", []), "properties", self._property),
            relationships=self._members(
                info.get("relationships", []), "relationships", self._relationship
            ),
            by_id=None if by_id is None else self._index(by_id, "by_id", "by_id"),
            levels=levels,
        )

    def _dimensions(self, given: object) -> tuple[tuple[int, int, int], tuple[float, ...]]:
        found = self._object(given, "dimensions")
        if sorted(found) != sorted(AXES):
            named = ", ".join(map(str, found)) or "none"
            self._fail(f"dimensions are {named}; they must be x, y and z")
        scale = []
        for axis, value in found.items():
            where = f"dimensions.{axis}"
            if not isinstance(value, list) or len(value) != 2:
                self._fail(f"{where} is {value!r}; it must be a number and a unit")
            unit = _METER_NM.get(str(value[1]))
            if unit is None:
                known = ", ".join(dict.fromkeys(_METER_NM))
                self._fail(f"{where} has the unit {value[1]!r}, which is none of {known}")
            # 8e-9 m times 1e9 is not quite 8.
            scale.append(float(f"{self._positive(value[0], where) * unit:.12g}"))
        names = list(found)
        return (names.index("x"), names.index("y"), names.index("z")), tuple(scale)

    def _property(self, given: object, where: str) -> Property:
        found = self._object(given, where)
        kind = found.get("type")
        if kind not in _PROPERTY_TYPES:
            self._fail(f"{where}.type {kind!r} is none of {', '.join(_PROPERTY_TYPES)}")
        values, labels = found.get("enum_values", []), found.get("enum_labels", [])
        if not isinstance(values, list) or not isinstance(labels, list):
            self._fail(f"{where}.enum_values and enum_labels must be lists")
        if len(values) != len(labels):
            self._fail(f"{where} has {len(values)} enum_values and {len(labels)} enum_labels")
        if not all(isinstance(value, int | float) for value in values):
            self._fail(f"{where}.enum_values has what is no number")
        return Property(self._name(found, where), kind)

    def _relationship(self, given: object, where: str) -> Index:
        found = self._object(given, where)
        return self._index(found, where, self._name(found, where))

    def _level(self, given: object, where: str) -> Level:
        found = self._object(given, where)
        index = self._index(found, where, where)
        shape = self._vector(found.get("grid_shape"), f"{where}.grid_shape")
        if not all(n >= 1 and n == int(n) for n in shape) or math.prod(shape) > _MOST_CELLS:
            self._fail(f"{where}.grid_shape is {found['grid_shape']}; it must be counts of cells")
        size = self._vector(found.get("chunk_size"), f"{where}.chunk_size")
        if any(side < 0 for side in size):
            self._fail(f"{where}.chunk_size is {found['chunk_size']}; it must not be negative")
        return Level(index.id, index.key, index.sharding, tuple(map(int, shape)), size)

    def _check_covers(
        self, level: Level, lower: Sequence[float], upper: Sequence[float], where: str
    ) -> None:
        for place, (low, high) in enumerate(zip(lower, upper, strict=True)):
            if level.grid_shape[place] * level.chunk_size[place] < (high - low) * (1 - _ROUNDING):
                self._fail(
                    f"{where}: {level.grid_shape[place]} cells of {level.chunk_size[place]:g} do "
                    f"not reach from lower_bound {low:g} to upper_bound {high:g}"
                )

    def _index(self, given: object, where: str, name: str) -> Index:
        found = self._object(given, where)
        key = found.get("key")
        if not isinstance(key, str) or not key.strip("/"):
            self._fail(f"{where}.key is {key!r}; it must be the name of a folder")
        if ".." in key.split("/") or key.startswith("/"):
            self._fail(f"{where}.key {key!r} leads out of the folder, which is not followed")
        sharding = found.get("sharding")
        if sharding is not None:
            sharding = self._object(sharding, f"{where}.sharding")
        return Index(name, key.strip("/"), sharding)

    def _members(
        self, given: object, name: str, parse: Callable[[object, str], Member]
    ) -> tuple[Member, ...]:
        if not isinstance(given, list):
            self._fail(f"{name} must be a list")
        found = tuple(parse(one, f"{name}[{number}]") for number, one in enumerate(given))
        names = [one.id for one in found]
        twice = [one for one in names if names.count(one) > 1]
        if twice:
            self._fail(f"{name} has {twice[0]!r} twice")
        return found

    def _name(self, found: Mapping[str, Any], where: str) -> str:
        name = found.get("id")
        if not isinstance(name, str) or not name:
            self._fail(f"{where}.id is {name!r}; it must be a name")
        return name

    def _object(self, given: object, where: str) -> dict[str, Any]:
        if not isinstance(given, dict):
            self._fail(f"{where} must be an object {{…}}")
        return given

    def _vector(self, given: object, where: str) -> tuple[float, ...]:
        if not isinstance(given, list) or len(given) != 3:
            self._fail(f"{where} is {given!r}; it must be a list of three numbers")
        return tuple(self._number(value, where) for value in given)

    def _number(self, value: object, where: str) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):  # type: ignore[arg-type]
            self._fail(f"{where} has {value!r}, which is no number")
        return float(value)  # type: ignore[arg-type]

    def _positive(self, value: object, where: str) -> float:
        number = self._number(value, where)
        if number <= 0:
            self._fail(f"{where} is {number:g}; it must be above 0")
        return number

    def _fail(self, what: str) -> NoReturn:
        raise unusable(f"{self.file}: {what}.")
