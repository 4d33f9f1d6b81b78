"""SynAnno's JSON file: its records and what their fields mean.

The format is that of SynAnno's file "B": `{"Proofread Time": {…}, "Metadata": [record, …]}` with
28 keys a record. Boxes are `[lo, hi]` for each axis in coordinate order, half-open, in voxels of
the target (the cleft volume).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.voxels.cutouts import Region, crop_box
from apps.voxels.geometry import Box, Point

NO_NEURON_SELECTED = "No Neuron Selected..."
NO_NEURON = -1  # of a missed synapse
VOLUME_MODE = -1  # of section_index and tree_traversal_index: not neuron by neuron


@dataclass(frozen=True)
class WalkPlace:
    """Where a synapse lies on the walk along a neuron: the number of its section, and the synapse's
    own in the order of the walk, both from 0; `VOLUME_MODE` where the neuron has no skeleton. The
    neuron is a text where a file says so."""

    neuron_id: int | str
    section: int
    traversal: int


NO_WALK = WalkPlace(NO_NEURON_SELECTED, VOLUME_MODE, VOLUME_MODE)


@dataclass(frozen=True)
class SynapseRecord:
    """One synapse with its verdict; geometry in voxels of the cleft volume, x, y, z. `walk` is
    None where the campaign does not go along its neuron. `annotated`: somebody drew its mask. What
    `is_missed` was in no table, and is of no neuron."""

    page: int
    index: int
    source_id: int
    label: str
    error_description: str
    center: Point
    pre_pt: Point | None
    post_pt: Point | None
    crop: Point
    bounds: Box
    walk: WalkPlace | None = None
    annotated: bool = False
    is_missed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The record with its 28 keys, in SynAnno's order."""
        wanted = crop_box(self.center, self.crop)
        region = Region.within(wanted, self.bounds)
        return {
            "Page": self.page,
            "Image_Index": self.index,
            "materialization_index": self.source_id,
            "section_index": self.walk.section if self.walk else VOLUME_MODE,
            "tree_traversal_index": self.walk.traversal if self.walk else VOLUME_MODE,
            "Label": self.label,
            "Annotated": "Yes" if self.annotated else "No",
            "neuron_id": self._neuron_id(),
            "Error_Description": self.error_description,
            "Y_Index": 1,
            "X_Index": 0,
            "Z_Index": 2,
            "Middle_Slice": self.center.z,
            "Original_Bbox": _edges(wanted),
            **_point("c{}0", "zyx", self.center),
            **_point("pre_pt_{}", "zxy", self.pre_pt),
            **_point("post_pt_{}", "yzx", self.post_pt),
            **_point("crop_size_{}", "xyz", self.crop),
            "Adjusted_Bbox": _edges(region.stored),
            "Padding": [list(pair) for pair in region.padding],
        }

    def _neuron_id(self) -> int | str:
        if self.walk is not None:
            return self.walk.neuron_id
        return NO_NEURON if self.is_missed else NO_NEURON_SELECTED


def _edges(box: Box) -> list[int]:
    return [edge for pair in zip(box.lo, box.hi, strict=True) for edge in pair]


def _point(key: str, order: str, point: Point | None) -> dict[str, int | None]:
    """A key for each axis, in SynAnno's own order of the axes."""
    return {key.format(axis): None if point is None else getattr(point, axis) for axis in order}


@dataclass(frozen=True)
class GridTimes:
    """When work in the grid began and ended; None where it has not."""

    started_at: datetime | None
    finished_at: datetime | None

    def as_json(self) -> dict[str, str | None]:
        """SynAnno's "Proofread Time", in UTC; categorising has no step of its own here."""
        return {
            "start_grid": _time(self.started_at),
            "finish_grid": _time(self.finished_at),
            "difference_grid": _difference(self.started_at, self.finished_at),
            "start_categorize": None,
            "finish_categorize": None,
            "difference_categorize": None,
        }


def _difference(start: datetime | None, finish: datetime | None) -> str | None:
    return str(finish - start) if start is not None and finish is not None else None


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() if at else None
