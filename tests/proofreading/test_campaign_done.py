"""When a campaign is done, as programs are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.campaigns.models import Campaign, Membership, WebhookDelivery
from apps.campaigns.services.life import change_status
from apps.campaigns.services.webhooks import add_webhook
from apps.proofreading.domain import Label
from apps.proofreading.services.asking import ask_where_needed
from apps.proofreading.services.settling import count_submitted, tell_done
from tests.support.paper import always, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def disputed(tmp_path: Path, team: Team, settings: Settings) -> Campaign:
    """All pages of two passes are submitted; of two instances people say different things, and
    there is no expert. An address is told of it."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, webhooks_to_private=True)
    annotators = dict.fromkeys([team.anna, team.ben], ROLE.ANNOTATOR)
    campaign = paper_campaign(
        tmp_path, {team.manager: ROLE.MANAGER} | annotators, instances=6, passes=2
    )
    add_webhook(campaign, "http://127.0.0.1:9/", team.manager, timezone.now())
    work(campaign, team.anna)
    work(
        campaign,
        team.ben,
        lambda item: Label.INCORRECT if item.position < 2 else Label.CORRECT,
    )
    count_submitted(timezone.now())
    return campaign


def later() -> datetime:
    return timezone.now() + timedelta(seconds=11)


def told() -> list[dict[str, Any]]:
    done = WebhookDelivery.objects.filter(event="campaign.done").order_by("pk")
    return list(done.values_list("body", flat=True))


def test_who_waits_for_an_expert_is_not_done(disputed: Campaign, team: Team) -> None:
    assert tell_done(later()) == 0
    Membership.objects.create(campaign=disputed, user=team.outsider, role=ROLE.EXPERT)
    assert ask_where_needed() == 1
    assert tell_done(later()) == 0
    work(disputed, team.outsider, always(Label.CORRECT))
    count_submitted(timezone.now())
    assert tell_done(later()) == 1
    assert [one["unsettled"] for one in told()] == [0]


def test_what_is_closed_without_an_expert_is_done_as_it_is(disputed: Campaign, team: Team) -> None:
    change_status(disputed, "closed", team.manager, timezone.now())
    assert tell_done(later()) == 1
    assert tell_done(later()) == 0
    assert [one["unsettled"] for one in told()] == [2]


def test_what_is_closed_with_pages_left_is_not_done(
    tmp_path: Path, team: Team, settings: Settings
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, webhooks_to_private=True)
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.ANNOTATOR}, instances=6)
    add_webhook(campaign, "http://127.0.0.1:9/", team.anna, timezone.now())
    change_status(campaign, "closed", team.anna, timezone.now())
    assert tell_done(later()) == 0
