"""A place of a campaign in Neuroglancer, to look for missed synapses around it."""

from __future__ import annotations

from apps.campaigns.models import Campaign
from apps.datasets.domain.viewer_state import middle_nm
from apps.datasets.models import Volume
from apps.datasets.services.viewing import View, view_of_dataset, view_of_place
from apps.voxels.geometry import Point


def place_to_look_at(campaign: Campaign) -> Point | None:
    """Where one begins who names no place: at the campaign's first synapse."""
    first = campaign.items.select_related("instance").order_by("position").first()
    return None if first is None else first.instance.center


def view_around(campaign: Campaign, position: Point | None, origin: str) -> View:
    """The volumes of the campaign's dataset at a voxel of its table; the middle of them where
    there is none. `origin` is this server's address."""
    volumes = list(Volume.objects.filter(dataset=campaign.table.dataset_id))
    if position is None:
        return view_of_dataset(volumes, origin)
    place = middle_nm(position, campaign.table.resolution)
    return view_of_place(volumes, place, None, campaign.crop, origin)
