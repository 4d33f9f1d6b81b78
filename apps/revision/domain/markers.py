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

    @property
    def neuron(self) -> int | None:
        """The neuron that it lies in, as far as that is known."""
        return self.segment if self.read else self.root_id


def advice_on(side: Side, own: Lying, other: Lying) -> str | None:
    """A sentence where the point of this side may lie in the wrong place; None where nothing
    speaks against it. Where each lies in the neuron that the table names for the other, somebody
    says that the polarity is wrong: see `are_swapped`."""
    segment = own.segment if own.read else None
    if segment is None:
        return None
    if segment == 0:
        return "This point lies in no neuron."
    if segment == other.neuron:
        return f"Both points lie in the same neuron, {segment}."
    if not own.root_id or segment == own.root_id or are_swapped(own, other):
        return None
    return f"This point lies in neuron {segment}; the table has {own.root_id} as {_ROLES[side]}."


def are_swapped(own: Lying, other: Lying) -> bool:
    """Whether both points lie, however they came there, in each other's neurons of the table."""
    found = (own.neuron, other.neuron)
    if not all(found) or found[0] == found[1]:
        return False
    return found == (other.root_id, own.root_id)
