"""What is told of records that lie where the volumes of a dataset are not."""

from __future__ import annotations

from collections.abc import Iterable

from apps.datasets.domain import convert_point
from apps.datasets.models import Dataset, Volume
from apps.datasets.selectors import volumes_of
from apps.voxels.geometry import Point

_VOLUMES = {Volume.Kind.CLEFT: "cleft volume", Volume.Kind.IMAGE: "image"}


def other_volume(dataset: Dataset, points: Iterable[Point]) -> str | None:
    """That a file may be of another volume, where one of its points, in voxels of the clefts, lies
    outside of one of the dataset's; None where none does."""
    volumes, points = volumes_of(dataset.pk), list(points)
    of_points = volumes[Volume.Kind.CLEFT].grid.resolution
    for kind, name in _VOLUMES.items():
        grid = volumes[kind].grid
        if not all(
            grid.bounds.contains(convert_point(one, of_points, grid.resolution)) for one in points
        ):
            lo, hi = tuple(grid.bounds.lo), tuple(grid.bounds.hi)
            return (
                f"The file may belong to another volume: the {name} of {dataset.name!r} spans {lo} "
                f"to {hi} in its voxels."
            )
    return None
