"""The page of a section is rendered for whoever looks at it in the map, and not much more."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.selectors import requests_of
from apps.campaigns.services.leasing import lease_page
from apps.core import throttling
from apps.datasets.services.cutouts import cutout_store
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldExposure
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.looking_ahead import MOST_A_MINUTE
from apps.proofreading.services.rendering_ahead import render_section
from tests.campaigns.test_sections_map import open_walk
from tests.support.people import Team
from tests.support.walks import FORKED, fork_rows, neuron_table, walk_campaign
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db(transaction=True)

ROLE = Membership.Role


@pytest.fixture
def walk(tmp_path: Path, team: Team, redis_client: redis.Redis) -> Callable[..., Campaign]:
    """The fork: its stem is section 0, its arms 1 and 2. Nothing is rendered."""
    del redis_client  # which is empty
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    table = neuron_table(tmp_path, fork_rows())
    return lambda **more: walk_campaign(table, roles, NeuronChoice((FORKED,)), **more)


def section(campaign: Campaign, number: int) -> int:
    return campaign.sections.get(number=number).pk


def look(campaign: Campaign, user: User, section_id: int) -> Any:
    return post(
        client_of(user), f"/api/campaigns/{campaign.pk}/neurons/sections/{section_id}/ahead", {}
    )


def asked(client: redis.Redis) -> list[Any]:
    """What the jobs that wait are about, the first first."""
    jobs = (json.loads(job) for job in reversed(client.lrange("prefetch", 0, -1)))
    return [job["headers"]["kwargsrepr"] for job in jobs if "section" in job["headers"]["task"]]


def rendered(campaign: Campaign) -> set[int]:
    """The synapses of which there is a picture, by their rows."""
    items = list(Item.objects.filter(campaign=campaign).select_related("instance"))
    keys = [one.key for one in requests_of(campaign, items)]
    missing = set(cutout_store().missing(keys))
    return {
        item.instance.source_id for item, key in zip(items, keys, strict=True) if key not in missing
    }


def test_what_is_looked_at_is_asked_for_once_and_not_without_end(
    walk: Callable[..., Campaign],
    team: Team,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttling, "now_s", lambda: 6e8)  # all of it in one minute
    campaign = walk()
    arms = [section(campaign, number) for number in (1, 2)]
    for _ in range(3):
        answers = [look(campaign, team.anna, arm) for arm in arms]
        assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 2
    assert len(asked(redis_client)) == 2
    assert f"'section_id': {arms[0]}" in asked(redis_client)[0]
    for _ in range(MOST_A_MINUTE):  # six were asked before
        for key in redis_client.scan_iter("cutout:announced:*"):
            redis_client.delete(key)  # as if it had begun
        assert look(campaign, team.anna, arms[0]).status_code == 204
    assert len(asked(redis_client)) == 2 + MOST_A_MINUTE - 6
    assert look(campaign, team.ben, arms[0]).status_code == 204
    assert f"'user_id': {team.ben.pk}" in asked(redis_client)[-1], "others may look as before"


def test_who_may_not_work_there_has_nothing_rendered(
    walk: Callable[..., Campaign], team: Team, redis_client: redis.Redis
) -> None:
    campaign = walk()
    arm = section(campaign, 1)
    assert look(campaign, team.outsider, arm).status_code == 404
    answer = look(campaign, team.anna, arm + 999)
    assert (answer.status_code, answer.json()["error"]["field"]) == (404, "section")
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, prefetch_pages=0)):
        assert look(campaign, team.anna, arm).status_code == 204
    Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.PAUSED)
    assert look(campaign, team.anna, arm).status_code == 204
    assert asked(redis_client) == []
    assert render_section(campaign.pk, team.anna.pk, arm, timezone.now()) == 0
    Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.OPEN)
    for person in (team.outsider, team.anna):
        Membership.objects.filter(user=person).update(paused_at=timezone.now())
        assert render_section(campaign.pk, person.pk, arm, timezone.now()) == 0
    assert rendered(campaign) == set()


def test_the_page_that_one_would_be_handed_is_rendered(
    walk: Callable[..., Campaign], team: Team
) -> None:
    """The long arm has rows 5 to 0, in pages of four here: the second once Ben holds the first."""
    campaign = walk(page_size=6)
    arm = section(campaign, 2)
    render_section(campaign.pk, team.anna.pk, arm, timezone.now())
    assert rendered(campaign) == {0, 1, 2, 3, 4, 5}
    assert lease_page(campaign, team.ben, timezone.now(), section=section(campaign, 1)).lease
    render_section(campaign.pk, team.anna.pk, section(campaign, 1), timezone.now())
    assert rendered(campaign) == {0, 1, 2, 3, 4, 5}, "only the page to search is left there"
    assert not campaign.pages.filter(lease__user=team.anna).exists()


def test_gold_that_may_be_shown_there_is_rendered_with_it(
    walk: Callable[..., Campaign], team: Team
) -> None:
    """Row 3 lies on the long arm, row 14 on the stem. A picture that came later than the others
    would tell which is gold. What somebody has been shown does not come again."""
    campaign = walk(prepared=False, as_draft=True)
    gold = [NewGold("row 1", one, Label.CORRECT, "") for one in (14, 3)]
    add_gold(campaign, gold, None, timezone.now())
    open_walk(campaign)
    with CaptureQueriesContext(connection) as captured:
        render_section(campaign.pk, team.anna.pk, section(campaign, 2), timezone.now())
    assert len(captured) <= 20
    assert rendered(campaign) == {0, 1, 2, 3, 4, 5}
    stem = lease_page(campaign, team.ben, timezone.now(), section=section(campaign, 0)).lease
    assert stem is not None
    GoldExposure.objects.create(
        lease=stem,
        user=team.anna,
        item=Item.objects.get(campaign=campaign, instance__source_id=14),
        place=0,
    )
    stem.page.lease = None
    stem.page.held_until = None
    stem.page.save(update_fields=["lease", "held_until"])
    render_section(campaign.pk, team.anna.pk, section(campaign, 0), timezone.now())
    assert rendered(campaign) == {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 15}
