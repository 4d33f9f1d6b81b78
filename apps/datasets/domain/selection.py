"""Which instances of a table somebody wants: a value, its JSON, and its words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from apps.core.errors import InvalidInputError
from apps.voxels.geometry import AXES, Box, Point, Resolution

MOST_IDS = 100_000  # of each list
MOST_SAMPLED = 2**31 - 1
LARGEST_SEED = 2**31 - 1
_LARGEST_ID = 2**64 - 1
_EXACT_IN_JSON = 2**53  # larger numbers were rounded by whoever wrote them with JavaScript
_FARTHEST = 2**31  # no voxel lies beyond
_LARGEST_NUMBER = 2.0**62
_SHOWN_IDS = 3
_VOXELS, _NM = "voxels", "nm"
Triple = tuple[float, float, float]
Ids = tuple[int, ...]


@dataclass(frozen=True)
class Region:
    """A half-open box, x, y, z, in voxels of the table or in nm."""

    lo: Triple
    hi: Triple
    unit: str = _VOXELS

    def in_voxels(self, resolution: Resolution) -> Box:
        """The voxels of the table that have their middle in the region.

        So regions in nm that lie side by side share no voxel and leave none out.
        """
        if self.unit == _VOXELS:
            return Box(Point(*map(int, self.lo)), Point(*map(int, self.hi)))
        lo, hi = (
            Point(*(_first_voxel(at, size) for at, size in zip(edge, resolution, strict=True)))
            for edge in (self.lo, self.hi)
        )
        return Box(lo, hi)


def _first_voxel(at_nm: float, size_nm: float) -> int:
    """The first voxel whose middle is not before `at_nm`, of those that there can be."""
    return math.ceil(min(max(at_nm / size_nm - 0.5, -_FARTHEST), _FARTHEST))


@dataclass(frozen=True)
class Between:
    """From a neuron of one set to a neuron of the other; with `both_directions` also back."""

    pre: Ids
    post: Ids
    both_directions: bool = False


@dataclass(frozen=True)
class Span:
    """From `least` to `most`, both included; None has no end on that side."""

    least: float | None
    most: float | None


@dataclass(frozen=True)
class Sample:
    """So many, drawn by a hash of the seed and the source id: the same seed draws the same."""

    count: int
    seed: int = 0


@dataclass(frozen=True)
class Selection:
    """Instances for which all of this holds; nothing given selects all. The sample is drawn last,
    from what the rest selects."""

    box: Region | None = None
    pre_ids: Ids | None = None
    post_ids: Ids | None = None
    either_ids: Ids | None = None  # before or after the synapse
    between: Between | None = None
    score: Span | None = None
    size: Span | None = None
    sample: Sample | None = None

    @property
    def is_all(self) -> bool:
        return self == EVERYTHING

    def as_json(self) -> dict[str, Any]:
        """What `read_selection` reads; ids as text, since JavaScript rounds large numbers."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in given.items() if value is not None}


EVERYTHING = Selection()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(one) for one in value]
    if isinstance(value, Region):
        return {"lo": [*value.lo], "hi": [*value.hi], "unit": value.unit}
    if isinstance(value, Between):
        ids = {"pre": _plain(value.pre), "post": _plain(value.post)}
        return {**ids, "both_directions": value.both_directions}
    return {field.name: getattr(value, field.name) for field in fields(value)}


def read_selection(given: Any, field: str = "selection") -> Selection:
    """The selection of a JSON object; `as_json` shows its form.

    Raises InvalidInputError naming the part that is at fault.
    """
    parts = _object(given, field, tuple(_READERS))
    read: dict[str, Any] = {
        name: _READERS[name](value, f"{field}.{name}")
        for name, value in parts.items()
        if value is not None
    }
    return Selection(**read)


def _refused(field: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"{field}: {why}", field=field)


def _object(given: Any, field: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _refused(field, f"give an object with {', '.join(keys)}.")
    for key in given:
        if key not in keys:
            raise _refused(field, f"there is no {str(key)[:50]!r}; use {', '.join(keys)}.")
    return given


def _region(given: Any, field: str) -> Region:
    parts = _object(given, field, ("lo", "hi", "unit"))
    unit = parts.get("unit", _VOXELS)
    if unit not in (_VOXELS, _NM):
        raise _refused(f"{field}.unit", f"{unit!r} is neither {_VOXELS!r} nor {_NM!r}.")
    lo, hi = (_corner(parts.get(edge), f"{field}.{edge}", unit) for edge in ("lo", "hi"))
    for axis, low, high in zip(AXES, lo, hi, strict=True):
        if low >= high:
            raise _refused(
                f"{field}.hi",
                f"along {axis} the box runs from {low:g} to {high:g}; its end, which is no longer "
                "inside, must be greater.",
            )
    return Region(lo, hi, unit)


def _corner(given: Any, field: str, unit: str) -> Triple:
    if not isinstance(given, list) or len(given) != 3:
        raise _refused(field, "give three numbers, for x, y and z.")
    for value in given:
        _check_number(value, field)
        if unit == _VOXELS and (value != int(value) or abs(value) > _FARTHEST):
            raise _refused(field, f"{value:g} is no voxel; give whole numbers, or the unit nm.")
    x, y, z = given
    return (x, y, z)


def _check_number(value: Any, field: str) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not abs(value) <= _LARGEST_NUMBER:
        raise _refused(field, f"{str(value)[:50]!r} is no number, or too large.")


def _ids(given: Any, field: str) -> Ids:
    if not isinstance(given, list) or not given:
        raise _refused(field, "give a list of at least one neuron id.")
    if len(given) > MOST_IDS:
        raise _refused(field, f"there are {len(given):,} ids; give at most {MOST_IDS:,}.")
    return tuple(sorted({_id(value, field) for value in given}))


def _id(given: Any, field: str) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) > _EXACT_IN_JSON:
        raise _refused(
            field, f"{given} is given as a number, which JSON may have rounded; give ids as text."
        )
    text = str(given).strip() if isinstance(given, (str, int)) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= _LARGEST_ID):
        raise _refused(
            field, f"{str(given)[:50]!r} is no neuron id; ids are whole numbers from 0 to 2^64 - 1."
        )
    return int(text)


def _between(given: Any, field: str) -> Between:
    parts = _object(given, field, ("pre", "post", "both_directions"))
    both = parts.get("both_directions", False)
    if not isinstance(both, bool):
        raise _refused(f"{field}.both_directions", f"{both!r} is neither true nor false.")
    pre, post = (_ids(parts.get(side), f"{field}.{side}") for side in ("pre", "post"))
    return Between(pre, post, both)


def _span(given: Any, field: str) -> Span:
    parts = _object(given, field, ("least", "most"))
    least, most = parts.get("least"), parts.get("most")
    if least is None and most is None:
        raise _refused(field, "give the least, the most, or both.")
    for name, value in (("least", least), ("most", most)):
        if value is not None:
            _check_number(value, f"{field}.{name}")
    if least is not None and most is not None and least > most:
        raise _refused(f"{field}.most", f"it runs from {least:g} to {most:g}, which is backwards.")
    return Span(least, most)


def _whole_span(given: Any, field: str) -> Span:
    span = _span(given, field)
    for name, value in (("least", span.least), ("most", span.most)):
        if value is not None and (value != int(value)):
            raise _refused(f"{field}.{name}", f"{value:g} is no size; sizes are whole numbers.")
    return span


def _sample(given: Any, field: str) -> Sample:
    parts = _object(given, field, ("count", "seed"))
    return Sample(
        _whole(parts.get("count"), f"{field}.count", 1, MOST_SAMPLED),
        _whole(parts.get("seed", 0), f"{field}.seed", 0, LARGEST_SEED),
    )


def _whole(value: Any, field: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refused(field, f"give a whole number from {least:,} to {most:,}.")
    return value


_READERS = {
    "box": _region,
    "pre_ids": _ids,
    "post_ids": _ids,
    "either_ids": _ids,
    "between": _between,
    "score": _span,
    "size": _whole_span,
    "sample": _sample,
}


def describe_selection(selection: Selection) -> list[str]:
    """What is selected, in a few phrases; none for everything."""
    box, between, sample = selection.box, selection.between, selection.sample
    phrases = [f"centred from {_at(box.lo)} to {_at(box.hi)} {box.unit}"] if box else []
    for ids, words in (
        (selection.pre_ids, "from {}"),
        (selection.post_ids, "onto {}"),
        (selection.either_ids, "from or onto {}"),
    ):
        phrases += [words.format(_neurons(ids))] if ids else []
    if between:
        back = ", or back" if between.both_directions else ""
        phrases.append(f"from {_neurons(between.pre)} onto {_neurons(between.post)}{back}")
    for span, name in ((selection.score, "score"), (selection.size, "size")):
        phrases += [f"{name} {_limits(span)}"] if span else []
    if sample:
        phrases.append(f"a random sample of {sample.count:,} (seed {sample.seed})")
    return phrases


def _at(corner: Triple) -> str:
    return f"({', '.join(f'{value:,.12g}' for value in corner)})"


def _neurons(ids: Ids) -> str:
    if len(ids) == 1:
        return f"neuron {ids[0]}"
    more = f" and {len(ids) - _SHOWN_IDS:,} more" if len(ids) > _SHOWN_IDS else ""
    return f"neurons {', '.join(map(str, ids[:_SHOWN_IDS]))}{more}"


def _limits(span: Span) -> str:
    if span.most is None:
        return f"at least {span.least:.12g}"
    if span.least is None:
        return f"at most {span.most:.12g}"
    return f"from {span.least:.12g} to {span.most:.12g}"
