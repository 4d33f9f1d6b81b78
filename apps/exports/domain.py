"""SynAnno's JSON file: its records and what their fields mean.

The format is that of SynAnno's file "B": `{"Proofread Time": {…}, "Metadata": [record, …]}` with
28 keys a record. Boxes are `[lo, hi]` for each axis in coordinate order, half-open, in voxels of
the target (the cleft volume).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.voxels.cutouts import Region, crop_box
from apps.voxels.geometry import Box, Point

NO_NEURON_SELECTED = "No Neuron Selected..."
NO_ERROR = "None"


@dataclass(frozen=True)
class SynapseRecord:
    """One synapse with its verdict; geometry in voxels of the cleft volume, x, y, z."""

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

    def as_json(self) -> dict[str, Any]:
        """The record with its 28 keys."""
        wanted = crop_box(self.center, self.crop)
        region = Region.within(wanted, self.bounds)
        return {
            "Page": self.page,
            "Image_Index": self.index,
            "materialization_index": self.source_id,
            "section_index": -1,
            "tree_traversal_index": -1,
            "Label": self.label,
            "Annotated": "No",
            "neuron_id": NO_NEURON_SELECTED,
            "Error_Description": self.error_description,
            "X_Index": 0,
            "Y_Index": 1,
            "Z_Index": 2,
            "Middle_Slice": self.center.z,
            "Original_Bbox": _edges(wanted),
            "Adjusted_Bbox": _edges(region.stored),
            "Padding": [list(pair) for pair in region.padding],
            **_point("c", "0", self.center),
            **_point("pre_pt_", "", self.pre_pt),
            **_point("post_pt_", "", self.post_pt),
            **_point("crop_size_", "", self.crop),
        }


def _edges(box: Box) -> list[int]:
    return [edge for pair in zip(box.lo, box.hi, strict=True) for edge in pair]


def _point(before: str, after: str, point: Point | None) -> dict[str, int | None]:
    values: Sequence[int | None] = point if point is not None else (None, None, None)
    return {f"{before}{axis}{after}": at for axis, at in zip("xyz", values, strict=True)}


def document(
    records: Sequence[SynapseRecord], started: datetime | None, finished: datetime | None
) -> Mapping[str, Any]:
    """The whole file. Times are those of the grid; categorising has no step of its own here."""
    return {
        "Proofread Time": {
            "start_grid": _time(started),
            "finish_grid": _time(finished),
            "difference_grid": str(finished - started) if started and finished else None,
            "start_categorize": None,
            "finish_categorize": None,
            "difference_categorize": None,
        },
        "Metadata": [record.as_json() for record in records],
    }


def _time(at: datetime | None) -> str | None:
    return at.replace(tzinfo=None).isoformat() if at else None
