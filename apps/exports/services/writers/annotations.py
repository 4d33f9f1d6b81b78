"""Outcomes as a layer of annotations that Neuroglancer shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from apps.datasets.domain.viewer_state import Triple, middle_nm
from apps.exports.domain.annotations import Line, rows_of
from apps.exports.domain.formats import LAYER, NOTES
from apps.exports.gateways.annotation_layer import write_layer
from apps.exports.gateways.annotation_rows import all_rows, write_rows
from apps.exports.gateways.part_files import write_text
from apps.exports.gateways.zip_files import zip_folder
from apps.exports.services.writers.base import Wanted, Writer
from apps.revision.selectors import Outcome, PointOutcome
from apps.voxels.geometry import Resolution


class AnnotationsWriter(Writer):
    """A line an instance, from its presynaptic to its postsynaptic point; a part holds rows of
    `domain/annotations.py`."""

    file_name = "annotations.zip"
    growth = 14.0  # rows, their indices, and these once more as a zip file

    def __init__(self, wanted: Wanted) -> None:
        self._resolution = wanted.campaign.table.resolution
        self._go_on = wanted.go_on

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        write_rows(path, rows_of([_line(one, self._resolution) for one in part]))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        target.mkdir()
        with all_rows(parts, target.parent) as rows:
            write_layer(target / LAYER, rows, self._resolution, self._go_on)
            notes: dict[str, object] = {"lines": len(rows)}
            if len(rows):
                sizes = zip(rows[0]["at"][0].tolist(), self._resolution, strict=True)
                notes["first_nm"] = [at * size for at, size in sizes]
        layer = target / LAYER
        zip_folder(target / self.file_name, layer, top="annotations", go_on=self._go_on)
        write_text(target / NOTES, json.dumps(notes))


def _line(outcome: Outcome, resolution: Resolution) -> Line:
    instance, final = outcome.instance, outcome.final
    centre = middle_nm(instance.center, resolution)
    return Line(
        id=instance.pk,
        a=_voxels(outcome.pre, centre, resolution),
        b=_voxels(outcome.post, centre, resolution),
        p_correct=outcome.judged.p_correct,
        votes=outcome.judged.votes,
        verdict=None if final.label is None else final.label.value,
        state=final.state.value,
        pre_segment=None if outcome.pre is None else outcome.pre.segment,
        post_segment=None if outcome.post is None else outcome.post.segment,
    )


def _voxels(point: PointOutcome | None, centre: Triple, resolution: Resolution) -> Triple:
    """A point, or the centre where there is none, in voxels."""
    nm = centre if point is None else point.nm
    x, y, z = (at / size for at, size in zip(nm, resolution, strict=True))
    return (x, y, z)
