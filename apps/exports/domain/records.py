"""SynAnno's JSON file: its records and what their fields mean.

The format is that of SynAnno's file "B": `{"Proofread Time": {…}, "Metadata": [record, …]}` with
28 keys a record. Boxes are `[lo, hi]` for each axis in coordinate order, half-open, in voxels of
the target (the cleft volume).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.voxels.cutouts import Region, crop_box
from apps.voxels.geometry import Box, Point

NO_NEURON_SELECTED = "No Neuron Selected..."
NO_NEURON = -1  # of a missed synapse
VOLUME_MODE = -1  # of section_index and tree_traversal_index: not neuron by neuron
# What a record says of its cutout, in SynAnno's order; those of its points stand between.
_BEFORE_POINTS = ("Y_Index", "X_Index", "Z_Index", "Middle_Slice", "Original_Bbox")
_AFTER_POINTS = (*(f"crop_size_{axis}" for axis in "xyz"), "Adjusted_Bbox", "Padding")
CUTOUT_KEYS = (*_BEFORE_POINTS, *_AFTER_POINTS)


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
    `is_missed` was in no table, and is of no neuron. `cutout` has the `CUTOUT_KEYS` where a
    restored file said them otherwise than `cutout_of`."""

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
    cutout: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The record with its 28 keys, in SynAnno's order."""
        cutout = self.cutout or cutout_of(self.center, self.crop, self.bounds)
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
            **{key: cutout[key] for key in _BEFORE_POINTS},
            **_point("c{}0", "zyx", self.center),
            **_point("pre_pt_{}", "zxy", self.pre_pt),
            **_point("post_pt_{}", "yzx", self.post_pt),
            **{key: cutout[key] for key in _AFTER_POINTS},
        }

    def _neuron_id(self) -> int | str:
        if self.walk is not None:
            return self.walk.neuron_id
        return NO_NEURON if self.is_missed else NO_NEURON_SELECTED


def cutout_of(center: Point, crop: Point, bounds: Box) -> dict[str, Any]:
    """The `CUTOUT_KEYS` of a synapse that is shown with this crop."""
    wanted = crop_box(center, crop)
    region = Region.within(wanted, bounds)
    return {
        "Y_Index": 1,
        "X_Index": 0,
        "Z_Index": 2,
        "Middle_Slice": center.z,
        "Original_Bbox": _edges(wanted),
        **_point("crop_size_{}", "xyz", crop),
        "Adjusted_Bbox": _edges(region.stored),
        "Padding": [list(pair) for pair in region.padding],
    }


def _edges(box: Box) -> list[int]:
    return [edge for pair in zip(box.lo, box.hi, strict=True) for edge in pair]


def _point(key: str, order: str, point: Point | None) -> dict[str, int | None]:
    """A key for each axis, in SynAnno's own order of the axes."""
    return {key.format(axis): None if point is None else getattr(point, axis) for axis in order}


NOT_CATEGORIZED = (None, None, None)


@dataclass(frozen=True)
class GridTimes:
    """When work in the grid began and ended; None where it has not. Categorizing has no step of its
    own here: `categorized` is what a restored file said of its begin, end and length."""

    started_at: datetime | None
    finished_at: datetime | None
    categorized: tuple[str | None, ...] = NOT_CATEGORIZED

    def as_json(self) -> dict[str, str | None]:
        """SynAnno's "Proofread Time", in UTC."""
        started, finished, difference = self.categorized
        return {
            "start_grid": _time(self.started_at),
            "finish_grid": _time(self.finished_at),
            "difference_grid": _difference(self.started_at, self.finished_at),
            "start_categorize": started,
            "finish_categorize": finished,
            "difference_categorize": difference,
        }


def _difference(start: datetime | None, finish: datetime | None) -> str | None:
    return str(finish - start) if start is not None and finish is not None else None


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() if at else None
