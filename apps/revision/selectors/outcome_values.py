"""What is told of an instance when all is said: the values of `outcomes`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.campaigns.models import Item
from apps.datasets.domain.viewer_state import Triple
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.domain.labels import Area, Labels, stored_labels
from apps.revision.domain.outcomes import Final
from apps.voxels.geometry import Point, Resolution


@dataclass(frozen=True)
class PointOutcome:
    """A point as it holds: `voxel` is of the table, `nm` is where it was set, or the middle of the
    table's voxel; x, y, z. `origin` is `table`, `set`, `swapped` or `reset`; the table's are
    nobody's.

    `segment` is the neuron that it lies in: of the table's, also where somebody went back to it,
    the table's root id; of others what the neuron volume has there, 0 for none. None is not read,
    or not known.
    """

    voxel: Point
    nm: Triple
    segment: int | None
    origin: str
    by: int | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class DrawnSlice:
    """A slice of the cleft volume whose mask somebody drew: the version that holds. `masks_of`
    reads it. Where there is none, the mask is as in the volume. `origin` is `drawn`, `copied`,
    `proposed` (somebody kept what was filled in for them) or `restored`."""

    id: int
    z: int
    number: int
    voxels: int
    by: int
    at: datetime
    origin: str


@dataclass(frozen=True)
class Revised:
    """What somebody said of an instance when they had finished mending it."""

    decision: Decision
    note: str
    by: int
    at: datetime


@dataclass(frozen=True)
class Judged:
    """What the verdicts come to; people are those whose verdicts agree with the label. Of a synapse
    that was added it is who added it, and when."""

    label: Label | None
    categories: tuple[str, ...]
    note: str
    people: tuple[int, ...]
    at: datetime | None
    p_correct: float | None = None
    votes: int = 0
    by_expert: bool = False


@dataclass(frozen=True)
class Outcome:
    """An instance of a campaign, as it is when all is said.

    `item` is None of a synapse that was added, and `added` is None of the others. `judged` is what
    its verdicts come to, `revised` what a reviser decided, `final` what follows from both. Points
    and drawn slices are the latest, also where nobody has finished with them yet (`revised` is
    None) or the verdicts have changed since. People are ids of users. `version` is the campaign's.
    """

    instance: Instance
    item: Item | None
    added: int | None
    page_number: int | None
    final: Final
    judged: Judged
    revised: Revised | None
    revision: int | None
    pre: PointOutcome | None
    post: PointOutcome | None
    drawn: tuple[DrawnSlice, ...]
    version: int


@dataclass(frozen=True)
class MaskOfSlice:
    """A mask that somebody drew, in voxels of the cleft volume of `resolution` nm.

    `labels.plane` is `(height, width)` uint8, row by row, 0 = background, 1 = cleft; it is unpacked
    each time that it is asked for.
    """

    z: int
    area: Area
    resolution: Resolution
    packed: bytes

    @property
    def labels(self) -> Labels:
        """Raises LabelsError where they were damaged."""
        return stored_labels(self.packed, self.area)
