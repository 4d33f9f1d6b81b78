"""An instance that is mended in Neuroglancer."""

from __future__ import annotations

from apps.datasets.models import Volume
from apps.datasets.services.viewing import View, view_of_instance
from apps.revision.models import Revision


def neuroglancer_state(revision: Revision, origin: str) -> View:
    """As `proofreading.services.viewing` shows an item; of a synapse that was added likewise, whose
    table has the resolution of its own."""
    campaign, instance = revision.campaign, revision.instance
    volumes = list(Volume.objects.filter(dataset=campaign.table.dataset_id))
    return view_of_instance(volumes, instance, instance.table.resolution, campaign.crop, origin)
