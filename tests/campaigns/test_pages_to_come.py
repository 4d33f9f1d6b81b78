"""Rendered ahead is what the people at work will be handed, and nothing that waits for others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.selectors import GOLD_POOL, gold_to_come, pages_to_come
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldExposure
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


def make(folder: Path, team: Team, **changes: Any) -> Campaign:
    """Open, with eight pages of six a pass; the outsider is an expert."""
    roles = {
        team.manager: ROLE.MANAGER,
        team.anna: ROLE.ANNOTATOR,
        team.ben: ROLE.ANNOTATOR,
        team.outsider: ROLE.EXPERT,
    }
    return paper_campaign(folder, roles, instances=48, **changes)


def held(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def to_come(campaign: Campaign) -> list[int]:
    """The numbers of the pages to come, two for each person at work."""
    numbers = dict(campaign.pages.values_list("pk", "number"))
    return [numbers[pk] for pk in pages_to_come(campaign.pk, timezone.now(), 2)]


def test_the_first_free_pages_come_two_for_each_at_work(tmp_path: Path, team: Team) -> None:
    campaign = make(tmp_path, team)
    assert to_come(campaign) == [1, 2], "somebody may come"
    held(campaign, team.anna)
    assert to_come(campaign) == [2, 3]
    held(campaign, team.ben)
    assert to_come(campaign) == [3, 4, 5, 6]
    campaign.pages.filter(number=1).update(held_until=timezone.now() - timedelta(seconds=1))
    assert to_come(campaign) == [1, 3]


def test_what_waits_for_somebody_away_does_not_come(tmp_path: Path, team: Team) -> None:
    campaign = make(tmp_path, team)
    campaign.pages.filter(number__in=[1, 2]).update(kind=Page.Kind.ADJUDICATION)
    campaign.pages.filter(number=3).update(reserved_for=team.ben)
    campaign.pages.filter(number=4).update(
        kind=Page.Kind.TRAINING, reserved_for=team.manager, sheets=[]
    )
    assert held(campaign, team.anna).page.number == 5
    assert to_come(campaign) == [6, 7]


def test_what_is_kept_for_those_at_work_comes_first(tmp_path: Path, team: Team) -> None:
    campaign = make(tmp_path, team)
    held(campaign, team.anna)
    campaign.pages.filter(number__in=[5, 6, 7]).update(reserved_for=team.anna)
    assert to_come(campaign) == [5, 6, 2, 3]


def test_an_expert_at_work_will_get_what_is_disputed_and_annotators_what_is_not(
    tmp_path: Path, team: Team
) -> None:
    campaign = make(tmp_path, team)
    campaign.pages.filter(number__lte=5).update(kind=Page.Kind.ADJUDICATION)
    assert held(campaign, team.outsider).page.number == 1
    assert held(campaign, team.anna).page.number == 6
    assert to_come(campaign) == [2, 3, 7, 8]


def test_what_all_at_work_have_seen_does_not_come(tmp_path: Path, team: Team) -> None:
    campaign = make(tmp_path, team, passes=2)
    for user in (team.anna, team.anna, team.anna, team.ben, team.ben, team.ben, team.ben, team.ben):
        judge(held(campaign, user), always(Label.CORRECT))
    assert held(campaign, team.anna).page.number == 12, "of the second pass; she has seen 9 to 11"
    assert to_come(campaign) == [13, 14]
    assert held(campaign, team.ben).page.number == 9
    assert to_come(campaign) == [10, 11, 13, 14]


def test_the_gold_to_come_is_what_each_at_work_has_not_seen(tmp_path: Path, team: Team) -> None:
    roles = dict.fromkeys((team.anna, team.ben), ROLE.ANNOTATOR)
    gold = dict.fromkeys(range(80), Label.CORRECT)
    campaign = paper_campaign(
        tmp_path, roles, instances=100, gold=gold, centers=lambda n: (100 + 5 * n, 200, 300)
    )

    def to_come(limit: int = 1000) -> list[int]:
        found = gold_to_come(campaign.pk, timezone.now(), limit)
        return [item.instance.source_id for item in found]

    def show(user: User, sources: range) -> None:
        """As if they had been shown this gold."""
        lease = held(campaign, user)
        items = campaign.items.filter(instance__source_id__in=sources)
        GoldExposure.objects.bulk_create(
            GoldExposure(lease=lease, item=item, user=user, place=0) for item in items
        )

    first = list(range(GOLD_POOL))
    assert to_come() == first, "somebody may come"
    show(team.anna, range(30))
    assert sorted(to_come()) == [*first, *range(30, 30 + GOLD_POOL)]
    show(team.ben, range(50))
    theirs = range(30, 50 + GOLD_POOL)
    assert sorted(to_come()) == [*first, *theirs]
    assert to_come(6) == [0, 30, 50, 1, 31, 51], "of each the first before the second"
    Page.objects.filter(held_until__isnull=False).update(held_until=timezone.now())
    assert to_come() == first, "nobody is at work"
