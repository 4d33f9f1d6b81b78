"""Neurons at the two sides of a synapse, before and now."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """The root ids of one side; None is not known."""

    before: int | None
    now: int | None

    @property
    def differs(self) -> bool:
        """Only what is known both times can differ: a freeze may leave some out."""
        return self.before is not None and self.now is not None and self.before != self.now


def because(version: int, pre: Side, post: Side) -> str:
    """Why somebody is to look at a synapse again, as a sentence for them."""
    sides = {"presynaptic": pre, "postsynaptic": post}
    words = [f"{name} {one.before} is now {one.now}" for name, one in sides.items() if one.differs]
    return f"Its neurons have changed in CAVE (version {version}): {', '.join(words)}."
