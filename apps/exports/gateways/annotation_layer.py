"""Lines as a folder of precomputed annotations, which Neuroglancer shows.

Few are written by Neuroglancer's own package: a file for each, and one cell for all. More would be
as many files, and be loaded all at once: they come in shards and in levels of cells, with records
as that package lays them out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from neuroglancer.coordinate_space import CoordinateSpace
from neuroglancer.viewer_state import AnnotationPropertySpec
from neuroglancer.write_annotations import AnnotationWriter

from apps.exports.domain.annotation_levels import levels_of
from apps.exports.domain.annotation_words import POST, PRE, STATES, VERDICTS
from apps.exports.domain.annotations import Rows, bounds_of
from apps.exports.gateways.annotation_shards import write_by_id, write_cells, write_related
from apps.voxels.geometry import AXES, Resolution

FEW = 1_000  # see docs/benchmarks.md
_BY_ID = "by_id"


def write_layer(
    folder: Path,
    rows: Rows,
    resolution: Resolution,
    go_on: Callable[[], None],
    few: int = FEW,
) -> None:
    """Write lines, (n,) of `ROW` in voxels of `resolution`, into a new folder. `go_on` is called
    before each file of many lines."""
    layout = Layout(resolution, go_on)
    if len(rows) <= few:
        _write_few(folder, rows, layout)
    else:
        _write_many(folder, rows, layout)


class Layout:
    """How Neuroglancer's package lays out a line and its properties."""

    def __init__(self, resolution: Resolution, go_on: Callable[[], None]) -> None:
        self.resolution = resolution
        self._go_on = go_on

    def writer(self) -> Any:
        """A new writer of the package."""
        return AnnotationWriter(
            CoordinateSpace(names=AXES, scales=[*self.resolution], units="nm"),
            annotation_type="line",
            relationships=(PRE, POST),
            properties=_properties(),
        )

    @cached_property
    def _writer(self) -> Any:
        return self.writer()

    @property
    def dimensions(self) -> Any:
        return self._writer.coordinate_space.to_json()

    @property
    def properties(self) -> list[Any]:
        return [one.to_json() for one in self._writer.properties]

    def encoded(self, rows: Rows) -> npt.NDArray[np.void]:
        """The records of rows, (n,), as a file takes them at once."""
        self._go_on()
        records = np.zeros(len(rows), np.dtype(self._writer.get_dtype()))
        records["geometry"] = rows["at"].reshape(len(rows), 6)
        for place, one in enumerate(self._writer.properties):
            records[f"property{place}"] = rows[one.id]
        return records


def _properties() -> Sequence[AnnotationPropertySpec]:
    return [
        _words("verdict", "What it is when all is said.", VERDICTS),
        _words("state", "Where it stands.", STATES),
        AnnotationPropertySpec(
            id="p_correct",
            type="float32",
            description="How probable it is that it is correct; -1 is not known.",
        ),
        AnnotationPropertySpec(
            id="votes", type="uint16", description="How many votes were counted."
        ),
    ]


def _words(name: str, description: str, words: Sequence[str]) -> AnnotationPropertySpec:
    return AnnotationPropertySpec(
        id=name,
        type="uint8",
        description=description,
        enum_values=[*range(len(words))],
        enum_labels=[*words],
    )


def _write_few(folder: Path, rows: Rows, layout: Layout) -> None:
    writer = layout.writer()
    for row in rows:
        related = {name: [int(row[name])] for name in (PRE, POST) if row[name]}
        properties = {one.id: row[one.id] for one in writer.properties}
        writer.add_line(*row["at"], id=int(row["id"]), **properties, **related)
    # The package takes the first ends of lines for their lowest corners.
    writer.lower_bound, writer.upper_bound = bounds_of(rows)
    writer.write(folder)


def _write_many(folder: Path, rows: Rows, layout: Layout) -> None:
    lower, upper = bounds_of(rows)
    folder.mkdir()
    info = {
        "@type": "neuroglancer_annotations_v1",
        "dimensions": layout.dimensions,
        "lower_bound": lower.tolist(),
        "upper_bound": upper.tolist(),
        "annotation_type": "line",
        "properties": layout.properties,
        "relationships": [
            {"id": name, "key": name, "sharding": write_related(folder / name, rows, name, layout)}
            for name in (PRE, POST)
        ],
        _BY_ID: {"key": _BY_ID, "sharding": write_by_id(folder / _BY_ID, rows, layout)},
        "spatial": [*_levels(folder, rows, layout, lower, upper)],
    }
    (folder / "info").write_text(json.dumps(info), "utf-8")


def _levels(
    folder: Path,
    rows: Rows,
    layout: Layout,
    lower: npt.NDArray[np.float64],
    upper: npt.NDArray[np.float64],
) -> Iterator[dict[str, Any]]:
    at = rows["at"]
    levels = levels_of(at.min(axis=1), at.max(axis=1), lower, upper)
    for number, level in enumerate(levels):
        key = f"spatial{number}"
        yield {
            "key": key,
            "sharding": write_cells(folder / key, rows, level, layout),
            "grid_shape": [*level.grid],
            "chunk_size": level.size.tolist(),
            "limit": level.limit,
        }
