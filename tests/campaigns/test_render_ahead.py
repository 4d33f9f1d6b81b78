"""Pages to come are rendered once for everybody, however many people ask."""

from __future__ import annotations

import pytest
import redis
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.campaigns.selectors import requests_of
from apps.campaigns.services.cutouts import request_pages_to_come
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.rendering import render_pages_to_come
from apps.datasets.services.cutouts import cutout_store
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


def test_the_pages_after_a_lease_are_rendered_one_by_one(
    campaign: Campaign, team: Team, redis_client: redis.Redis
) -> None:
    for key in redis_client.scan_iter("cutout:*"):
        redis_client.delete(key)
    assert lease_page(campaign, team.anna, timezone.now()).lease is not None
    for number, jobs in ((2, 1), (3, 1)):  # after page 3 nothing is missing: no further job
        assert render_pages_to_come(campaign.pk) == campaign.items.filter(sheet=number).count()
        assert jobs_waiting(redis_client) == jobs
    assert render_pages_to_come(campaign.pk) == 0


def test_pages_that_another_process_renders_are_left_to_it(
    campaign: Campaign, team: Team, redis_client: redis.Redis
) -> None:
    for key in redis_client.scan_iter("cutout:*"):
        redis_client.delete(key)
    assert lease_page(campaign, team.anna, timezone.now()).lease is not None
    taken = list(campaign.items.filter(sheet=2).select_related("instance"))
    for request in requests_of(campaign, taken):
        assert cutout_store().claim(request.key, hold_s=30) == 1
    assert render_pages_to_come(campaign.pk) == campaign.items.filter(sheet=3).count()
    assert jobs_waiting(redis_client) == 0
