"""Somebody who mends the first instance of a campaign."""

from __future__ import annotations

import pytest
import redis

from apps.campaigns.models import Campaign
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.paging import make_pages
from apps.datasets.models import SynapseTable
from tests.support.campaigns import make_campaign
from tests.support.drawing import Reviser, have_mended, revise
from tests.support.people import Team


@pytest.fixture
def mended(table: SynapseTable, team: Team, redis_client: redis.Redis) -> Campaign:
    """A campaign, of which nothing is rendered, with two instances that are to be mended."""
    campaign = make_campaign(table, team, prepared=False)
    make_pages(campaign.pk)
    let_people_in(campaign.pk)
    campaign.refresh_from_db()
    have_mended(campaign, 0, 1)
    return campaign


@pytest.fixture
def anna(mended: Campaign, team: Team) -> Reviser:
    return revise(mended, team.anna)
