"""Pages to come are rendered once for everybody, however many people ask."""

from __future__ import annotations

import pytest
import redis
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.campaigns.services.cutouts import request_pages_to_come
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.rendering import render_pages_to_come
from tests.support.people import Team

pytestmark = pytest.mark.django_db(transaction=True)


def jobs_waiting(client: redis.Redis) -> int:
    return int(client.llen("prefetch"))


def test_one_job_waits_for_all_who_ask(campaign: Campaign, redis_client: redis.Redis) -> None:
    for _ in range(3):
        request_pages_to_come(campaign)
    assert jobs_waiting(redis_client) == 1
    render_pages_to_come(campaign.pk)
    request_pages_to_come(campaign)
    assert jobs_waiting(redis_client) == 2


def test_the_pages_after_a_lease_are_rendered_and_then_no_more(
    campaign: Campaign, team: Team, redis_client: redis.Redis
) -> None:
    for key in redis_client.scan_iter("cutout:*"):
        redis_client.delete(key)
    assert lease_page(campaign, team.anna, timezone.now()) is not None
    rest = campaign.items.filter(page__number__in=[2, 3]).count()
    assert render_pages_to_come(campaign.pk) == rest > 0
    assert render_pages_to_come(campaign.pk) == 0
