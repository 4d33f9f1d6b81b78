"""A manager sees how gold was judged, on a page and in files."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldAnswer, GoldPolicy
from apps.proofreading.services.handing import hand_page
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

C, I = Label.CORRECT, Label.INCORRECT  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


@pytest.fixture
def judged(tmp_path: Path, team: Team) -> Campaign:
    """Anna has judged half a page of gold, all of it correct; ben has some before him."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    known = {0: C, 1: C, 2: I, 3: I, 4: I, 5: I}
    campaign = paper_campaign(tmp_path, roles, instances=18, gold=known)
    GoldPolicy.objects.create(campaign=campaign, rate=0.5)
    for user in (team.anna, team.ben):
        lease = hand_page(campaign, user, timezone.now(), Random(1)).lease
        assert lease is not None
        if user == team.anna:
            judge(lease, always(C))
    return campaign


def table(campaign: Campaign, team: Team, name: str) -> list[dict[str, str]]:
    answer = client_of(team.manager).get(f"/api/campaigns/{campaign.pk}/gold/{name}.csv")
    assert answer.status_code == 200, answer.content
    file = f"campaign-{campaign.pk}-gold-{name}.csv"
    assert answer["Content-Disposition"] == f'attachment; filename="{file}"'
    return list(csv.DictReader(answer.content.decode().splitlines()))


def test_people_are_a_file(judged: Campaign, team: Team) -> None:
    anna, ben = table(judged, team, "people")
    assert anna == {
        "user": "anna",
        "shown": "6",
        "judged": "6",
        "right": "2",
        "score": "0.3333",
        "correct_judged": "2",
        "correct_right": "2",
        "incorrect_judged": "4",
        "incorrect_right": "0",
    }
    assert (ben["user"], ben["shown"], ben["judged"], ben["score"]) == ("ben", "6", "0", "")


def test_synapses_are_a_file_and_no_formula(judged: Campaign, team: Team) -> None:
    GoldAnswer.objects.filter(item__instance__source_id=2).update(explanation="=1+1")
    rows = table(judged, team, "items")
    assert [row["source_id"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert rows[2] == {
        "source_id": "2",
        "truth": "incorrect",
        "shown": "2",
        "judged": "1",
        "right": "0",
        "explanation": "'=1+1",
    }


def test_there_is_no_other_table(judged: Campaign, team: Team) -> None:
    answer = client_of(team.manager).get(f"/api/campaigns/{judged.pk}/gold/teams.csv")
    assert answer.status_code == 404
    assert "there are items, people" in answer.json()["error"]["sentence"]


def test_the_page_shows_both(judged: Campaign, team: Team) -> None:
    shown = client_of(team.manager).get(f"/campaigns/{judged.pk}/manage/?show=gold")
    words = " ".join(shown.content.decode().split())
    assert "2 (33 %)" in words
    assert "<td>2 of 2</td> <td>0 of 4</td>" in words
    assert "see 5" in words, "why the last one is what it is"
    assert f"/api/campaigns/{judged.pk}/gold/people.csv" in words
