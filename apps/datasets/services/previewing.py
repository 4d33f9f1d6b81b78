"""Some instances of a table as pages would show them, before anything is saved.

Workers and commands use it; the web process never imports it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.errors import InvalidInputError
from apps.datasets.domain import CutoutRequest, VolumeRef, convert_point
from apps.datasets.domain.plan_settings import Settings
from apps.datasets.domain.plans import Draw, Drawn
from apps.datasets.domain.tables import Frame, check_rows
from apps.datasets.services.datasets import NEEDED_KINDS
from apps.datasets.services.planning_tables import Places, frame_of
from apps.datasets.services.tables import TableInput, layout_of, opened_table
from apps.voxels.geometry import Point, Resolution

READ_FOR_S = 20.0  # a large table is drawn from as far as it was read by then


@dataclass(frozen=True)
class Preview:
    """Instances that were drawn of a table, with the cutouts that show them.

    `rows` were read; not all there are where `is_whole` is False.
    """

    drawn: Sequence[Drawn]
    requests: Sequence[CutoutRequest]
    resolution: Resolution
    rows: int
    is_whole: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "is_whole": self.is_whole,
            "instances": [
                _described(one, request.key, self.resolution)
                for one, request in zip(self.drawn, self.requests, strict=True)
            ],
        }


def draw_preview(
    settings: Settings,
    given: TableInput,
    volumes: Mapping[str, VolumeRef],
    table: Mapping[str, Any],
    *,
    read_for_s: float = READ_FOR_S,
) -> Preview:
    """Draw instances of the table that is `given` by the seed of the settings.

    `table` is what was found out about it. Raises TableError, and
    InvalidInputError where no row can be used.
    """
    image, mask = (volumes[kind] for kind in NEEDED_KINDS)
    frame = frame_of(table, Places(mask.grid, image.grid, ()))
    drawn, rows, is_whole = _draw(given, frame, settings["seed"], read_for_s)
    if not drawn:
        raise InvalidInputError(
            f"table: none of the {rows:,} rows that were read can be used.", field="table"
        )

    def in_mask(point: Point) -> Point:
        return convert_point(point, frame.resolution, mask.grid.resolution)

    requests = [
        CutoutRequest(
            image=image,
            mask=mask,
            centre=in_mask(one.center),
            crop=Point(*settings["crop_size"]),
            pre_pt=one.pre_pt and in_mask(one.pre_pt),
            post_pt=one.post_pt and in_mask(one.post_pt),
        )
        for one in drawn
    ]
    return Preview(drawn, requests, frame.resolution, rows, is_whole)


def _draw(
    given: TableInput, frame: Frame, seed: int, read_for_s: float
) -> tuple[list[Drawn], int, bool]:
    """What was drawn, of how many rows, and whether these are all."""
    file = opened_table(given)
    layout = layout_of(file, given, frame.unit)
    draw, rows = Draw(seed), 0
    ends_at = time.monotonic() + read_for_s
    for batch in file.batches(layout.columns):
        if draw.may_take(batch.first, batch.count):
            usable, _ = check_rows(batch.rows(layout.wanted(frame.unit)), layout, frame)
            draw.offer(usable)
        rows += batch.count
        if time.monotonic() > ends_at:
            return draw.chosen(), rows, False
    return draw.chosen(), rows, True


def _described(one: Drawn, key: str, resolution: Resolution) -> dict[str, Any]:
    """Numbers that JavaScript would round are texts."""
    return {
        "row": one.number,
        "source_id": str(one.source_id),
        "key": key,
        "center": list(one.center),
        "center_nm": _nm(one.center, resolution),
        "pre_nm": one.pre_pt and _nm(one.pre_pt, resolution),
        "post_nm": one.post_pt and _nm(one.post_pt, resolution),
    }


def _nm(point: Point, resolution: Resolution) -> list[float]:
    """The middle of a voxel."""
    return [(at + 0.5) * size for at, size in zip(point, resolution, strict=True)]
