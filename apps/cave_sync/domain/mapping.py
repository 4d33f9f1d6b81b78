"""From what became of a synapse to the rows that say it in CAVE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.cave_sync.domain.annotations import Field, FieldKind, Value
from apps.cave_sync.domain.deliveries import POINTS, Filling, Kind, MendedAs, Plan, Source, Taken
from apps.cave_sync.domain.rows import UnfitError, plain, voxel_at
from apps.datasets.domain.viewer_state import Triple

_MOST_ID = 2**63 - 1
# Where somebody has the last word, or the votes have.
_SAID = frozenset({"settled", "discarded", "mended", "fine", "no_synapse", "unmendable"})
_ADDED = frozenset({"added", "mended", "fine"})
_TAKEN = {"mended": Taken.MENDED, "fine": Taken.FINE, "settled": Taken.CORRECT}
_CORRECT = "correct"
# What CAVE drops of a row without a word, so that it is nowhere told; by the schema.
_DROPPED = {"reference_tag_with_confidence": "tag"}
_TEXTLESS = (FieldKind.NUMBER, FieldKind.INTEGER)


@dataclass(frozen=True)
class Said:
    """What became of a synapse, in words of the field; places in nm, x, y, z.

    state, label and categories are what it finally is, the judged ones what its verdicts come to.
    """

    instance: int
    source_id: int
    state: str
    label: str | None
    categories: tuple[str, ...]
    judged_label: str | None
    judged_categories: tuple[str, ...]
    is_added: bool
    center_nm: Triple
    pre_nm: Triple | None
    post_nm: Triple | None
    size: int | None = None
    score: float | None = None
    p_correct: float | None = None
    votes: int = 0


@dataclass(frozen=True)
class Row:
    """A row to be there. `part` tells apart the rows of one synapse: a category, else empty."""

    part: str
    values: dict[str, Value]


def rows_of(said: Said, plan: Plan) -> list[Row]:
    """The rows that say this, none where there is nothing to say; every field of the schema is in
    each. Raises UnfitError where one cannot be sent."""
    if plan.kind is Kind.SYNAPSES:
        return [Row("", _values(said, plan, None))] if _is_taken(said, plan) else []
    return [Row(part, _values(said, plan, word)) for part, word in _words(said, plan)]


def _is_taken(said: Said, plan: Plan) -> bool:
    if said.is_added:
        return Taken.ADDED in plan.taken and said.state in _ADDED
    taken = _TAKEN.get(said.state)
    return taken in plan.taken and said.label == _CORRECT


def _words(said: Said, plan: Plan) -> Iterator[tuple[str, Any]]:
    """What is said of a row of the lab's table. A synapse that was added has none."""
    if said.is_added or said.state not in _SAID:
        return
    label, categories = said.label, said.categories
    if said.state == "mended" and plan.mended_as is MendedAs.JUDGED:
        label, categories = said.judged_label, said.judged_categories
    if plan.kind is Kind.CATEGORIES:
        words = ((key, plan.words.get(key, key)) for key in categories)
        yield from ((key, word) for key, word in words if word is not None)
    elif label is not None and (word := plan.word_for(label)) is not None:
        yield "", word


def _values(said: Said, plan: Plan, word: Any) -> dict[str, Value]:
    return {field.name: _value(field, said, plan, word) for field in plan.schema.fields}


def _value(field: Field, said: Said, plan: Plan, word: Any) -> Value:
    if field.kind is FieldKind.POINT:
        return _point(field.name, said, plan)
    if field.kind is FieldKind.TARGET:
        return _target(said)
    if word is not None and field.name == plan.said_in:
        return _typed(word, field)
    filling = plan.filling(field.name) or Filling(Source.CONSTANT)
    found = _found(filling.source, said)
    return _typed(filling.otherwise if found is None else found, field)


def lacking_of(said: Said, plan: Plan) -> list[tuple[str, Filling]]:
    """The fields for which what is said has nothing, each with what fills it instead."""
    fillings = ((field.name, plan.filling(field.name)) for field in plan.schema.fields)
    return [
        (name, filling)
        for name, filling in fillings
        if filling is not None
        and name != plan.said_in
        and filling.source is not Source.CONSTANT
        and _found(filling.source, said) is None
    ]


def _target(said: Said) -> int:
    if not 1 <= said.source_id <= _MOST_ID:
        raise UnfitError(f"its id {said.source_id} is none that a row of CAVE can have")
    return said.source_id


def _point(name: str, said: Said, plan: Plan) -> Value:
    places = {"pre_pt": said.pre_nm, "post_pt": said.post_nm, "ctr_pt": said.center_nm}
    place = places[name]
    if place is None:
        raise UnfitError(f"it has no {name}")
    return voxel_at(place, plan.resolution, name)


def _found(source: Source, said: Said) -> Any:
    return {
        Source.SIZE: said.size,
        Source.SCORE: said.score,
        Source.P_CORRECT: said.p_correct,
        Source.VOTES: said.votes,
        Source.CONSTANT: None,
    }[source]


def _typed(value: Any, field: Field) -> Value:
    """A value as the field wants it: a number with a fraction in no whole one."""
    found = plain(value, field.name)
    if found is None:
        raise UnfitError(f"it has nothing for {field.name}")
    if field.kind is FieldKind.YES_NO and isinstance(found, bool):
        return found
    if field.kind is FieldKind.TEXT and isinstance(found, str):
        return found
    if field.kind in _TEXTLESS and isinstance(found, int | float) and not isinstance(found, bool):
        if field.kind is FieldKind.NUMBER:
            return float(found)
        if found == int(found):
            return int(found)
    raise UnfitError(f"{field.name} would be {found!r}, which is no {_NOUN[field.kind]}")


_NOUN = {
    FieldKind.NUMBER: "number",
    FieldKind.INTEGER: "whole number",
    FieldKind.TEXT: "text",
    FieldKind.YES_NO: "yes or no",
    FieldKind.OTHER: "value that can be chosen here",
    FieldKind.POINT: "point",
    FieldKind.TARGET: "id",
}


@dataclass(frozen=True)
class Problem:
    """Why nothing can be sent so; `field` is of the delivery."""

    field: str
    sentence: str


def problems_of(plan: Plan) -> list[Problem]:
    """What is wrong with a plan by itself, before any outcome is looked at."""
    return [*_of_schema(plan), *_of_fillings(plan), *_of_words(plan)]


def _of_schema(plan: Plan) -> Iterator[Problem]:
    schema = plan.schema
    if plan.kind is Kind.SYNAPSES:
        missing = [name for name in POINTS[:2] if schema.field(name) is None]
        if missing or schema.is_reference:
            named = f"it has no {' and no '.join(missing)}" if missing else "its rows need a target"
            yield Problem("schema", f"schema: {schema.name} is not for synapses: {named}.")
            return
        for name in schema.points:
            if name not in POINTS:
                yield Problem("schema", f"schema: {schema.name} has a point {name}, unknown here.")
        return
    if (dropped := _DROPPED.get(schema.name)) is not None:
        yield Problem(
            "schema",
            f"schema: CAVE keeps no {dropped} of {schema.name}: it drops it without a word, and "
            "nothing would be said of a row. Choose reference_tag.",
        )
        return
    if not schema.is_reference:
        sentence = f"schema: {schema.name} speaks of no rows of another table: it has no target_id."
        yield Problem("schema", sentence)
    if schema.points:
        sentence = f"schema: {schema.name} has points, which {plan.kind} have not."
        yield Problem("schema", sentence)
    if plan.said_in is None or (plan.kind is Kind.CATEGORIES and plan.said_in != "tag"):
        wanted = "tag" if plan.kind is Kind.CATEGORIES else "is_valid, tag or value"
        yield Problem("schema", f"schema: {schema.name} has no field {wanted} that could say it.")


def _of_fillings(plan: Plan) -> Iterator[Problem]:
    names = [field.name for field in plan.schema.fields]
    for name in plan.fillings:
        if name not in names:
            sentence = f"fillings: {plan.schema.name} has no field {name}; it has "
            yield Problem("fillings", f"{sentence}{_listed(names)}.")
    for field in plan.schema.fields:
        if field.kind in (FieldKind.POINT, FieldKind.TARGET) or field.name == plan.said_in:
            continue
        reason = _why_not_filled(field, plan)
        if reason is not None:
            yield Problem("fillings", f"fillings: {reason}")


def _why_not_filled(field: Field, plan: Plan) -> str | None:
    filling = plan.filling(field.name)
    if filling is None or (filling.source is Source.CONSTANT and filling.otherwise is None):
        return (
            f"{plan.schema.name} has a field {field.name}; say what fills it. CAVE cannot read "
            "back rows in which one is empty."
        )
    if filling.otherwise is None:
        return None
    try:
        _typed(filling.otherwise, field)
    except UnfitError as error:
        return f"{error}."
    return None


def _of_words(plan: Plan) -> Iterator[Problem]:
    field = plan.schema.field(plan.said_in or "")
    if plan.kind is Kind.SYNAPSES or field is None:
        return
    for key, word in plan.words.items():
        try:
            if word is not None:
                _typed(word, field)
        except UnfitError as error:
            yield Problem("words", f"words: for {key}, {error}.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
