"""Read in which neurons points lie. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from apps.datasets.domain import VolumeRef
from apps.datasets.models import Volume
from apps.datasets.services.reading import PlaceUnreadableError
from apps.revision.models import Marker, MarkerCheck
from apps.revision.selectors.easels import easel_of, revision_with_all
from apps.revision.services.segments import (
    ENDED,
    HELD_FOR,
    MOST_ATTEMPTS,
    read_again_at,
    segment_at,
)
from apps.voxels.geometry import Point

_OUTSIDE = "The neuron volume does not reach this point."


def check_markers(revision_id: int, now: datetime) -> int:
    """Look at the points of a revision at which nobody has looked; at how many was looked."""
    revision = revision_with_all(revision_id)
    if revision is None:
        return 0
    waiting = MarkerCheck.objects.filter(marker__revision=revision, retry_at__isnull=False)
    neurons = easel_of(revision).volumes.get(Volume.Kind.NEURON)
    if neurons is None:
        waiting.update(retry_at=None)
        return 0
    checks = list(waiting.select_related("marker"))
    for check in checks:
        _check(check, neurons, now)
    return len(checks)


def _check(check: MarkerCheck, neurons: VolumeRef, now: datetime) -> None:
    """What may end its reader is counted before it is read."""
    row = MarkerCheck.objects.filter(pk=check.pk, retry_at__isnull=False)
    row.update(attempts=F("attempts") + 1, retry_at=now + HELD_FOR)
    if check.attempts >= MOST_ATTEMPTS:
        row.update(retry_at=None, problem=ENDED)
        return
    try:
        segment = _segment_at(check.marker, neurons)
    except PlaceUnreadableError as error:
        again = read_again_at(error, check.attempts, now)
        row.update(problem=error.sentence, checked_at=now, retry_at=again)
        return
    problem = _OUTSIDE if segment is None else ""
    row.update(segment=segment, problem=problem, checked_at=now, retry_at=None)


def _segment_at(marker: Marker, neurons: VolumeRef) -> int | None:
    """The segment of the neuron volume at a point; None beyond the volume.

    Raises PlaceUnreadableError.
    """
    nm = (marker.x_nm or 0.0, marker.y_nm or 0.0, marker.z_nm or 0.0)
    size_nm = neurons.grid.resolution
    at = Point(*(int(place // size) for place, size in zip(nm, size_nm, strict=True)))
    return segment_at(at, neurons)
