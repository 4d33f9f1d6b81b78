"""The labels of a slice as they are kept: compressed, in a box of voxels of the cleft volume."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from apps.voxels.runs import RunsError, plane_of_runs, runs_of_plane

__all__ = ["Area", "Labels", "LabelsError", "RunsError", "labels_of_runs", "stored_labels"]


class LabelsError(ValueError):
    """Kept bytes that are no labels of their box."""


@dataclass(frozen=True)
class Area:
    """The half-open box of a slice, in voxels of the cleft volume."""

    lo_x: int
    lo_y: int
    hi_x: int
    hi_y: int

    @property
    def width(self) -> int:
        return self.hi_x - self.lo_x

    @property
    def height(self) -> int:
        return self.hi_y - self.lo_y


@dataclass(frozen=True)
class Labels:
    """A mask in its area. `plane`: height × width bytes, row by row, 0 = background, 1 = cleft."""

    area: Area
    plane: bytes

    @property
    def voxels(self) -> int:
        """How many are cleft."""
        return self.plane.count(1)

    @property
    def runs(self) -> list[int]:
        return runs_of_plane(self.plane)

    @property
    def packed(self) -> bytes:
        """As the database keeps them."""
        return zlib.compress(self.plane, 6)

    def within(self, area: Area) -> Labels:
        """The same voxels in another area: what lies outside of it is cut off, what was not there
        is background."""
        if area == self.area:
            return self
        own = self.area
        left, right = max(area.lo_x, own.lo_x), min(area.hi_x, own.hi_x)
        rows = []
        for y in range(area.lo_y, area.hi_y):
            if not own.lo_y <= y < own.hi_y or left >= right:
                rows.append(bytes(area.width))
                continue
            start = (y - own.lo_y) * own.width - own.lo_x
            row = self.plane[start + left : start + right]
            rows.append(bytes(left - area.lo_x) + row + bytes(area.hi_x - right))
        return Labels(area, b"".join(rows))


def labels_of_runs(runs: list[int], area: Area) -> Labels:
    """What a client sent for a slice. Raises RunsError."""
    return Labels(area, plane_of_runs(runs, area.width, area.height))


def stored_labels(packed: bytes, area: Area) -> Labels:
    """What the database keeps of a slice.

    Raises LabelsError for bytes that were damaged.
    """
    size = area.width * area.height
    reader = zlib.decompressobj()
    try:
        plane = reader.decompress(packed, size + 1)
    except zlib.error as error:
        raise LabelsError(f"the labels of a slice cannot be unpacked: {error}") from error
    if len(plane) != size or not reader.eof or plane.count(0) + plane.count(1) != size:
        raise LabelsError(f"the labels of a slice are no {area.width}×{area.height} voxels")
    return Labels(area, plane)
