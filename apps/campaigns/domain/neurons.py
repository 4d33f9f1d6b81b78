"""Which neurons a campaign goes along, and which of their synapses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.core.errors import InvalidInputError
from apps.datasets.domain.selection import Between, Selection

MOST_NEURONS = 5_000
EITHER, FROM, ONTO, BETWEEN = "either", "from", "onto", "between"
WHICH = (EITHER, FROM, ONTO, BETWEEN)
_PARTS = ("pre_ids", "post_ids", "either_ids", "between")
_LARGEST_ID = 2**64 - 1
_FARTHEST_NM = 1e12
_MOST_NAMED = 20
Place = tuple[float, float, float]


@dataclass(frozen=True)
class NeuronChoice:
    """Neurons in the order in which they are walked. `synapses` are those that the neurons
    send (from), receive (onto), both (either), or that lead from one of them to another
    (between). `roots` say where the walk of a neuron begins: x, y, z in nm."""

    ids: tuple[int, ...]
    synapses: str = EITHER
    roots: Mapping[int, Place] = field(default_factory=dict)


def read_neurons(given: Any, name: str = "neurons") -> NeuronChoice:
    """The choice of a JSON object: `{"ids": ["864…"], "synapses": "either", "roots":
    [{"root_id": "864…", "position_nm": [x, y, z]}]}`; ids as text.

    Raises InvalidInputError naming the part that is at fault.
    """
    parts = _object(given, name, ("ids", "synapses", "roots"))
    ids = _ids(parts.get("ids"), f"{name}.ids")
    synapses = parts.get("synapses", EITHER)
    if synapses not in WHICH:
        raise _refused(f"{name}.synapses", f"{str(synapses)[:50]!r} is none of {', '.join(WHICH)}.")
    roots = parts.get("roots") or []
    if not isinstance(roots, list):
        raise _refused(f"{name}.roots", "give a list.")
    return NeuronChoice(ids, synapses, dict(_root(one, ids, f"{name}.roots") for one in roots))


def describe_neurons(choice: NeuronChoice | None) -> dict[str, Any] | str:
    """The choice as the record keeps it: how many, and which where they are few."""
    if choice is None:
        return "none"
    described: dict[str, Any] = {"neurons": len(choice.ids), "synapses": choice.synapses}
    if len(choice.ids) <= _MOST_NAMED:
        described["ids"] = [str(one) for one in choice.ids]
    if choice.roots:
        described["walks that begin elsewhere"] = len(choice.roots)
    return described


def with_neurons(selection: Selection, choice: NeuronChoice) -> Selection:
    """The selection, of the neurons' synapses alone. Raises InvalidInputError where it chooses
    neurons already."""
    for part in _PARTS:
        if getattr(selection, part) is not None:
            raise _refused(
                f"selection.{part}",
                "the neurons along which the campaign goes are chosen already; they say which "
                "synapses it is of.",
            )
    ids = tuple(sorted(choice.ids))
    if choice.synapses == BETWEEN:
        return replace(selection, between=Between(ids, ids))
    named = {FROM: "pre_ids", ONTO: "post_ids", EITHER: "either_ids"}[choice.synapses]
    changes: dict[str, Any] = {named: ids}
    return replace(selection, **changes)


def without_neurons(selection: Selection) -> Selection:
    """What `with_neurons` was given."""
    return replace(selection, pre_ids=None, post_ids=None, either_ids=None, between=None)


def which_synapses(selection: Selection) -> str:
    """The `synapses` of the choice that a selection was made with."""
    if selection.between is not None:
        return BETWEEN
    if selection.pre_ids is not None:
        return FROM
    return ONTO if selection.post_ids is not None else EITHER


def _refused(name: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"{name}: {why}", field=name)


def _object(given: Any, name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _refused(name, f"give an object with {', '.join(keys)}.")
    for key in given:
        if key not in keys:
            raise _refused(name, f"there is no {str(key)[:50]!r}; use {', '.join(keys)}.")
    return given


def _ids(given: Any, name: str) -> tuple[int, ...]:
    """In the order given, each once."""
    if not isinstance(given, list) or not given:
        raise _refused(name, "give a list of at least one neuron id.")
    ids = tuple(dict.fromkeys(_id(one, name) for one in given))
    if len(ids) > MOST_NEURONS:
        raise _refused(
            name,
            f"there are {len(ids):,} neurons; a campaign goes along {MOST_NEURONS:,} at most.",
        )
    return ids


def _id(given: Any, name: str) -> int:
    if isinstance(given, str):
        text = given.strip()
        if text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= _LARGEST_ID:
            return int(text)
    raise _refused(
        name,
        f"{str(given)[:50]!r} is no neuron id; ids are given as text, whole numbers from 0 to "
        "2^64 - 1.",
    )


def _root(given: Any, ids: tuple[int, ...], name: str) -> tuple[int, Place]:
    parts = _object(given, name, ("root_id", "position_nm"))
    neuron = _id(parts.get("root_id"), f"{name}.root_id")
    if neuron not in ids:
        raise _refused(f"{name}.root_id", f"{neuron} is none of the neurons that are chosen.")
    place = parts.get("position_nm")
    if not isinstance(place, list) or len(place) != 3 or not all(map(_is_place, place)):
        raise _refused(f"{name}.position_nm", "give three numbers, for x, y and z in nm.")
    return neuron, (float(place[0]), float(place[1]), float(place[2]))


def _is_place(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) <= _FARTHEST_NM
