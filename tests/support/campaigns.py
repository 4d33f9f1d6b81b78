"""Datasets and campaigns made through the real services."""

from __future__ import annotations

from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.rendering import prepare_campaign
from apps.datasets.models import SynapseTable, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.proofreading.services.campaigns import open_campaign
from apps.voxels.geometry import Point
from tests.support.people import Team
from tests.support.volumes import PhantomFiles

CROP = Point(96, 96, 6)


def make_table(files: PhantomFiles, name: str = "phantom") -> SynapseTable:
    """A dataset of the phantom; its synapse table."""
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, files.image),
        VolumeInput(Volume.Kind.CLEFT, files.cleft),
        VolumeInput(Volume.Kind.NEURON, files.neuron),
    ]
    return create_dataset(name, volumes, files.table)


def make_campaign(
    table: SynapseTable, team: Team, *, name: str = "Round one", prepared: bool = True
) -> Campaign:
    """A campaign of the team with pages of six; open unless `prepared` is False."""
    members = {
        team.manager: Membership.Role.MANAGER,
        team.anna: Membership.Role.ANNOTATOR,
        team.ben: Membership.Role.ANNOTATOR,
    }
    campaign = open_campaign(name, table, members, page_size=6, crop=CROP)
    if prepared:
        prepare_campaign(campaign.pk)
        campaign.refresh_from_db()
    return campaign
