"""Read in which neurons the points of an added synapse lie. Celery workers call this; the web
process never imports it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.datasets.domain import VolumeRef, convert_point
from apps.datasets.models import Instance, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.reading import PlaceUnreadableError
from apps.revision.models import AddedSynapse
from apps.revision.services.segments import (
    ENDED,
    HELD_FOR,
    MOST_ATTEMPTS,
    read_again_at,
    segment_at,
)
from apps.voxels.geometry import Point


def find_partners(added_id: int, now: datetime) -> bool:
    """Give an added synapse the root ids of its two points, where the dataset has a volume of
    neurons; whether they were read. What cannot be read is read again later, some times.

    A segment of 0 is no neuron, as in tables. Where nobody waits for it nothing is done.
    """
    waiting = AddedSynapse.objects.filter(pk=added_id, retry_at__isnull=False)
    added = waiting.select_related("campaign__table", "instance").first()
    if added is None:
        return False
    # What may end its reader is counted before it is read.
    waiting.update(attempts=F("attempts") + 1, retry_at=now + HELD_FOR)
    if added.attempts >= MOST_ATTEMPTS:
        waiting.update(retry_at=None, problem=ENDED)
        return False
    neurons = volumes_of(added.campaign.table.dataset_id).get(Volume.Kind.NEURON)
    try:
        pre = _root_at(added, added.instance.pre_pt, neurons)
        post = _root_at(added, added.instance.post_pt, neurons)
    except PlaceUnreadableError as error:
        again = read_again_at(error, added.attempts, now)
        waiting.update(retry_at=again, problem=error.sentence)
        return False
    with transaction.atomic():
        Instance.objects.filter(pk=added.instance_id).update(pre_root_id=pre, post_root_id=post)
        waiting.update(retry_at=None, problem="")
    return True


def _root_at(added: AddedSynapse, point: Point | None, neurons: VolumeRef | None) -> int | None:
    """Raises PlaceUnreadableError."""
    if point is None or neurons is None:
        return None
    table = added.campaign.table.resolution
    return segment_at(convert_point(point, table, neurons.grid.resolution), neurons) or None
