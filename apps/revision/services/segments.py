"""Read in which neuron a place lies. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.datasets.domain import VolumeRef
from apps.datasets.services.reading import PlaceUnreadableError, reader_of
from apps.voxels.cutouts import Region
from apps.voxels.geometry import Box, Point

MOST_ATTEMPTS = 6
HELD_FOR = timedelta(seconds=60)  # by who reads, before somebody else tries
ENDED = "Reading this point ended its reader several times."


def segment_at(at: Point, neurons: VolumeRef) -> int | None:
    """The segment at a voxel of the neuron volume; None beyond the volume.

    Raises PlaceUnreadableError.
    """
    box = Box(at, Point(*(axis + 1 for axis in at)))
    region = Region.within(box, neurons.grid.bounds)
    if region.stored.is_empty:
        return None
    return int(reader_of(neurons, "neuron", region, "same")()[0, 0, 0])


def read_again_at(error: PlaceUnreadableError, attempts: int, now: datetime) -> datetime | None:
    """When a place is read again that could not be, after so many attempts before; None where it
    is given up."""
    if attempts + 1 >= MOST_ATTEMPTS:
        return None
    return now + timedelta(seconds=error.retry_after_s * 2.0**attempts)
