"""Some pages come before others: disputed ones, and those of high priority."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.services.leasing import lease_page
from apps.core.errors import InvalidInputError
from apps.proofreading.domain import Label
from apps.proofreading.services import ranking
from apps.proofreading.services.ranking import rank_by_dispute, rank_by_priority
from apps.proofreading.services.settling import count_submitted
from tests.campaigns.test_two_at_once import at_once
from tests.support.paper import judge, paper_campaign, work
from tests.support.people import Team, make_team
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db
ROLE = Membership.Role


def numbers_handed(campaign: Campaign, user: User) -> list[int]:
    """The numbers of the sheets that somebody is handed, who judges them all."""
    sheets = []
    while lease := lease_page(campaign, user, timezone.now()).lease:
        sheets += lease.page.sheets
        judge(lease, lambda item: Label.CORRECT)
    return sheets


def test_the_most_disputed_come_first(tmp_path: Path, team: Team) -> None:
    third = User.objects.create(username="third")
    roles = dict.fromkeys([team.anna, team.ben, third], ROLE.ANNOTATOR)
    campaign = paper_campaign(tmp_path, roles, passes=3, order=Campaign.Order.DISPUTED)

    def differs_on_sheet_3(item: Item) -> Label:
        return Label.INCORRECT if item.sheet == 3 else Label.CORRECT

    work(campaign, team.anna)
    work(campaign, team.ben, differs_on_sheet_3)
    count_submitted(timezone.now())
    assert numbers_handed(campaign, third) == [3, 1, 2, 4]


def test_the_highest_priority_comes_first(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.ANNOTATOR}, order=Campaign.Order.PRIORITY)
    sheets = dict(Item.objects.order_by("position").values_list("position", "sheet"))
    source_ids = dict(Item.objects.values_list("position", "instance__source_id"))
    moved = rank_by_priority(campaign, {source_ids[20]: 7, source_ids[8]: 9, source_ids[9]: 1})
    assert moved == 2
    assert numbers_handed(campaign, team.anna) == [sheets[8], sheets[20], 1, 3]


def test_a_list_of_priorities_replaces_the_one_before(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.ANNOTATOR}, order=Campaign.Order.PRIORITY)
    source_ids = dict(Item.objects.values_list("sheet", "instance__source_id"))
    assert rank_by_priority(campaign, {source_ids[4]: 9, source_ids[3]: 2}) == 2
    assert rank_by_priority(campaign, {source_ids[3]: 2, source_ids[2]: 1}) == 2, "4 goes back"
    assert rank_by_priority(campaign, {source_ids[3]: 2, source_ids[2]: 1}) == 0
    assert numbers_handed(campaign, team.anna) == [3, 2, 1, 4]


@pytest.mark.django_db(transaction=True)
def test_pages_whose_rank_stays_are_not_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "_PAGES_AT_ONCE", 2)
    team = make_team()
    roles = dict.fromkeys([team.anna, team.ben], ROLE.ANNOTATOR)
    campaign = paper_campaign(tmp_path, roles, passes=3, order=Campaign.Order.DISPUTED)
    disputed = Campaign.objects.get(pk=campaign.pk)
    work(campaign, team.anna)
    work(campaign, team.ben, lambda item: Label.INCORRECT if item.sheet == 3 else Label.CORRECT)
    count_submitted(timezone.now())
    source_ids = list(Item.objects.values_list("instance__source_id", flat=True))
    assert rank_by_priority(campaign, dict.fromkeys(source_ids, 1)) == 4
    assert rank_by_dispute(disputed) == 4, "in two parts"
    ranks = list(campaign.pages.order_by("pk").values_list("rank", flat=True))

    def rank_again() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        assert rank_by_dispute(disputed) == 0

    with transaction.atomic():
        list(campaign.pages.select_for_update())
        at_once([rank_again])
    assert list(campaign.pages.order_by("pk").values_list("rank", flat=True)) == ranks


@pytest.mark.parametrize(
    ("priorities", "sentence"),
    [
        ({99_999: 1}, "instance 99999 is not in this campaign"),
        ({0: -1}, "instance 0 has -1"),
    ],
)
def test_a_wrong_priority_is_named(
    tmp_path: Path, team: Team, priorities: dict[int, int], sentence: str
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.ANNOTATOR})
    with pytest.raises(InvalidInputError, match=sentence):
        rank_by_priority(campaign, priorities)


def test_a_manager_sets_priorities_through_the_api(
    tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles)
    last = campaign.items.order_by("-position")[0]
    rows = [{"source_id": str(last.instance.source_id), "priority": 3}]
    url = f"/api/campaigns/{campaign.pk}/priorities"
    assert post(client_of(team.anna), url, {"rows": rows}).status_code == 403
    response = post(client_of(team.manager), url, {"rows": rows})
    assert response.json() == {"pages_moved": 1}
    assert numbers_handed(campaign, team.anna)[0] == last.sheet
    entry = campaign.audit.get(action="priorities_set")
    assert entry.actor == team.manager
    named = {str(last.instance.source_id): 3}
    assert entry.details == {"instances": 1, "pages_moved": 1, "priorities": named}
    monkeypatch.setattr("apps.proofreading.services.ranking.MOST_ON_RECORD", 1)
    rows.append({"source_id": "0", "priority": 1})
    assert post(client_of(team.manager), url, {"rows": rows}).status_code == 200
    entry = campaign.audit.filter(action="priorities_set").latest("pk")
    assert (entry.details["priorities"], entry.details["priorities_left_out"]) == (named, 1)
