"""Whether two rows are the same synapse, by where they lie; and a few of many, spread evenly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Triple = tuple[float, float, float]
Kept = TypeVar("Kept")

# The points of one synapse, by whatever detector or person, lie within about 1 µm of each other;
# synapses whose ids are the same by chance lie anywhere in the volume.
NEAR_NM = 1_000.0


def apart_nm(ours: Sequence[Triple], theirs: Sequence[Triple]) -> float:
    """How far two synapses lie from each other, in nm: the nearest two of their points. Places are
    x, y, z in nm; where one has none it is infinite."""
    return min((math.dist(one, other) for one in ours for other in theirs), default=math.inf)


@dataclass
class Sample(Generic[Kept]):
    """Some of what is added, evenly spread over all of it: all while that is at most `most`, an
    even number, and then between half of that and `most`."""

    most: int
    kept: list[Kept] = field(default_factory=list)
    _every: int = 1
    _seen: int = 0

    def add(self, one: Kept) -> None:
        """Tell of one more."""
        if self._seen % self._every == 0:
            if len(self.kept) == self.most:
                self.kept = self.kept[::2]
                self._every *= 2
            self.kept.append(one)
        self._seen += 1
