"""An instance that is mended in Neuroglancer."""

from __future__ import annotations

from apps.datasets.domain.viewer_state import LAYER_NAMES
from apps.datasets.models import Volume
from apps.datasets.services.viewing import Problem, View, view_of_instance
from apps.revision.models import Marker, MaskSlice, Revision

_AS_BEFORE = (
    "This is the cleft as its volume has it, with the points of the table: what was drawn and set "
    "on “Revise” is not shown here."
)


def neuroglancer_state(revision: Revision, origin: str) -> View:
    """As `proofreading.services.viewing` shows an item; of a synapse that was added likewise, whose
    table has the resolution of its own. Volumes are as they are: where something was drawn, that is
    told."""
    campaign, instance = revision.campaign, revision.instance
    volumes = list(Volume.objects.filter(dataset=campaign.table.dataset_id))
    view = view_of_instance(volumes, instance, instance.table.resolution, campaign.crop, origin)
    if _was_changed(revision):
        view.problems.append(Problem(LAYER_NAMES[Volume.Kind.CLEFT], _AS_BEFORE))
    return view


def _was_changed(revision: Revision) -> bool:
    drawn = MaskSlice.objects.filter(revision=revision, late=False)
    placed = Marker.objects.filter(revision=revision, late=False)
    return drawn.exists() or placed.exists()
