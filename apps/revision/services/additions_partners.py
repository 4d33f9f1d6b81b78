"""Read in which neurons the points of an added synapse lie. Celery workers call this; the web
process never imports it."""

from __future__ import annotations

from apps.core.jobs import Job, enqueue
from apps.datasets.domain import convert_point
from apps.datasets.models import Instance, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.reading import PlaceUnreadableError, reader_of
from apps.revision.models import AddedSynapse
from apps.voxels.cutouts import Region
from apps.voxels.geometry import Box, Point

MOST_ATTEMPTS = 6


def find_partners(added_id: int, attempt: int = 0) -> bool:
    """Give an added synapse the root ids of its two points, where the dataset has a volume of
    neurons; whether it was read. A volume that does not answer is tried again, some times.

    A segment of 0 is no neuron, as in tables. Doing it again gives the same.
    """
    added = AddedSynapse.objects.select_related("campaign__table", "instance").get(pk=added_id)
    instance = added.instance
    try:
        pre = _root_at(added, instance.pre_pt)
        post = _root_at(added, instance.post_pt)
    except PlaceUnreadableError as error:
        if attempt + 1 < MOST_ATTEMPTS:
            wait = float(error.retry_after_s * 2**attempt)
            enqueue(Job.FIND_PARTNERS, after_s=wait, added_id=added_id, attempt=attempt + 1)
        return False
    Instance.objects.filter(pk=instance.pk).update(pre_root_id=pre, post_root_id=post)
    return True


def _root_at(added: AddedSynapse, point: Point | None) -> int | None:
    """Raises PlaceUnreadableError."""
    table = added.campaign.table
    neurons = volumes_of(table.dataset_id).get(Volume.Kind.NEURON)
    if point is None or neurons is None:
        return None
    at = convert_point(point, table.resolution, neurons.grid.resolution)
    region = Region.within(Box(at, Point(at.x + 1, at.y + 1, at.z + 1)), neurons.grid.bounds)
    if region.stored.is_empty:
        return None
    return int(reader_of(neurons, "neuron", region, "same")()[0, 0, 0]) or None
