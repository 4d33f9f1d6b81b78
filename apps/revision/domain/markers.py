"""Whether points lie in the neurons that they should lie in."""

from __future__ import annotations

from dataclasses import dataclass

from apps.revision.domain import Side

_ROLES = {Side.PRE: "presynaptic", Side.POST: "postsynaptic"}


@dataclass(frozen=True)
class Lying:
    """Where a point lies. `segment` is None where nobody knows, 0 is no neuron; `root_id` is the
    neuron that the table names for this side. `read` is False for a point of the table itself, of
    which its neuron is taken for granted."""

    segment: int | None
    root_id: int | None
    read: bool = True
    swapped: bool = False


def advice_on(side: Side, own: Lying, other: Lying) -> str | None:
    """A sentence where the point of this side may lie in the wrong place; None where nothing
    speaks against it. Two points that were swapped are compared with each other's neurons."""
    segment = own.segment if own.read else None
    if segment is None:
        return None
    if segment == 0:
        return "This point lies in no neuron."
    if segment == (other.segment if other.read else other.root_id):
        return f"Both points lie in the same neuron, {segment}."
    expected = other.root_id if own.swapped else own.root_id
    if expected and segment != expected:
        role = _ROLES[side]
        return f"This point lies in neuron {segment}; the table has {expected} as {role}."
    return None
