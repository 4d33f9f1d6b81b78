"""Whether two rows are the same synapse, by where they lie; a few of many, spread evenly; and how
the size of voxels is told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from apps.datasets.domain.viewer_state import Triple

Kept = TypeVar("Kept")

# The points of one synapse, by whatever detector or person, lie within about 1 µm of each other;
# synapses whose ids are the same by chance lie anywhere in the volume.
NEAR_NM = 1_000.0


def apart_nm(ours: Sequence[Triple], theirs: Sequence[Triple]) -> float:
    """How far two synapses lie from each other, in nm: the nearest two of their points. Places are
    x, y, z in nm; where one has none it is infinite."""
    return min((math.dist(one, other) for one in ours for other in theirs), default=math.inf)


def in_nm(resolution: Iterable[float]) -> str:
    """A size of voxels, for people."""
    return " × ".join(f"{size:g}" for size in resolution) + " nm"


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
