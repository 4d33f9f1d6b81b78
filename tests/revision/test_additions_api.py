"""Marks of missed synapses, and what was added, as each person is told of them over HTTP."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.models import MissedMark
from apps.revision.models import AnsweredMark
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def expert() -> User:
    return User.objects.create(username="erin")


@pytest.fixture
def paper(tmp_path: Path, team: Team, expert: User) -> Campaign:
    return paper_campaign(
        tmp_path,
        {
            team.manager: ROLE.MANAGER,
            team.anna: ROLE.ANNOTATOR,
            team.ben: ROLE.ANNOTATOR,
            expert: ROLE.EXPERT,
        },
        instances=24,
    )


def mark(campaign: Campaign, user: User, x: int, **more: Any) -> MissedMark:
    lease = Lease.objects.filter(page__campaign=campaign, user=user).first()
    lease = lease or lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    at = {"x": x, "y": 700, "z": 700}
    return MissedMark.objects.create(key=uuid.uuid4(), lease=lease, user=user, **at | more)


def new(x: int, **more: Any) -> dict[str, Any]:
    place = {"position": [x, 700, 700], "z1": 699, "z2": 702}
    return {"key": str(uuid.uuid4()), **place, **more}


class Missed:
    """The page of somebody."""

    def __init__(self, campaign: Campaign, user: User) -> None:
        self.client: Client = client_of(user)
        self.url = reverse("additions", args=[campaign.pk])

    def add(self, x: int, **more: Any) -> Any:
        return post(self.client, self.url, new(x, **more))

    def do(self, what: str, body: dict[str, Any] | None = None) -> Any:
        return post(self.client, f"{self.url}/{what}", body or {})

    def get(self, what: str = "") -> Any:
        return self.client.get(f"{self.url}{what}").json()

    def waiting(self) -> list[tuple[int, str]]:
        return [(one["position"][0], one["by"]) for one in self.get("/marks")["waiting"]]


def test_marks_wait_until_somebody_answers_them(paper: Campaign, team: Team, expert: User) -> None:
    annas, bens = mark(paper, team.anna, 300, note="a bouton?"), mark(paper, team.ben, 500)
    mark(paper, team.ben, 600, removed=True)
    anna, ben = Missed(paper, team.anna), Missed(paper, team.ben)
    manager, erin = Missed(paper, team.manager), Missed(paper, expert)
    assert anna.waiting() == [(300, "anna")], "others' marks are not told"
    assert manager.waiting() == erin.waiting() == [(500, "ben"), (300, "anna")]
    assert anna.do(f"marks/{bens.key}/dismiss").status_code == 404
    assert anna.add(500, mark=str(bens.key)).status_code == 404
    assert ben.do(f"marks/{bens.key}/dismiss", {"reason": "a fold"}).json() == {"answered": True}
    [dismissed] = erin.get("/marks")["dismissed"]
    assert (dismissed["position"], dismissed["reason"]) == ([500, 700, 700], "a fold")
    assert ben.waiting() == []
    assert erin.do(f"marks/{bens.key}/reopen").json() == {"answered": False}
    assert ben.waiting() == [(500, "ben")]
    answer = manager.add(301, mark=str(annas.key))
    assert answer.status_code == 201, answer.content
    assert manager.get("/marks")["count"] == 1
    assert anna.waiting() == []
    conflict = anna.add(800, mark=str(annas.key))
    assert (conflict.status_code, conflict.json()["error"]["field"]) == (409, "mark")
    assert anna.do(f"marks/{annas.key}/dismiss").status_code == 409
    manager.do(f"{answer.json()['id']}/withdraw")
    assert anna.waiting() == [(300, "anna")], "nothing has been added for it after all"
    answers = AnsweredMark.objects.order_by("pk").values_list("answer", flat=True)
    assert list(answers) == ["dismissed", "open", "added", "open"]


def test_people_see_what_was_added_and_annotators_not_by_whom(paper: Campaign, team: Team) -> None:
    anna, ben, manager = (Missed(paper, one) for one in (team.anna, team.ben, team.manager))
    added = anna.add(700, note="tiny", pre=[690, 700, 700]).json()
    assert (added["position"], added["z1"], added["z2"]) == ([700, 700, 700], 699, 702)
    assert added["revise_url"] == f"/campaigns/{paper.pk}/revise?revision={_revision(added)}"
    for person, told in (
        (anna, ("anna", "tiny", True, True)),
        (ben, (None, None, False, False)),
        (manager, ("anna", "tiny", False, True)),
    ):
        [one] = person.get()["added"]
        assert (one["by"], one["note"], one["is_mine"], one["may_withdraw"]) == told
    assert ben.do(f"{added['id']}/withdraw").status_code == 403
    gone = manager.do(f"{added['id']}/withdraw").json()
    assert gone["withdrawn_at"] is not None
    assert (gone["revise_url"], gone["may_withdraw"]) == (None, False)
    assert (ben.get()["count"], len(ben.get()["added"])) == (0, 1)


def test_a_long_list_takes_as_many_statements_as_a_short_one(paper: Campaign, team: Team) -> None:
    ben = Missed(paper, team.ben)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            ben.get()
            ben.get("/marks")
        return len(queries)

    Missed(paper, team.anna).add(700)
    mark(paper, team.ben, 300)
    few = statements()
    for n in range(4):
        Missed(paper, team.anna).add(100 + 100 * n)
        mark(paper, team.ben, 300 + n)
    assert statements() == few


def test_near_ones_are_told_before_and_when_it_is_saved(paper: Campaign, team: Team) -> None:
    anna = Missed(paper, team.anna)
    told = anna.do("near", {"position": [100, 200, 330]}).json()
    assert told["near_nm"] == 300
    assert [one["distance_nm"] for one in told["near"]] == [240.0, 253.0, 288.4]
    first = anna.add(700).json()
    refused = anna.add(703)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (409, "near")
    [near] = error["near"]
    assert (near["origin"], near["center"], near["distance_nm"]) == ("added", [700, 700, 700], 24)
    assert anna.add(703, despite=[near["id"]]).status_code == 201
    points = anna.do("around", {"position": [700, 700, 700]}).json()
    assert [(one["origin"], one["center"][0]) for one in points["points"]][:2] == [
        ("added", 700),
        ("added", 703),
    ]
    assert first["source_id"] == "0"


def test_neuroglancer_opens_where_it_is_wanted(paper: Campaign, team: Team) -> None:
    anna = Missed(paper, team.anna)
    view = anna.get("/neuroglancer?x=300&y=400&z=500")
    assert view["state"]["position"] == [300.5, 400.5, 500.5]
    assert anna.get("/neuroglancer")["state"]["position"] == [100.5, 200.5, 300.5]
    half = anna.client.get(f"{anna.url}/neuroglancer?x=3&y=5")
    assert (half.status_code, half.json()["error"]["field"]) == (400, "z")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"position": [1, 2]}, "position"),
        ({"z1": "here"}, "z1"),
        ({"z2": 2**40}, "z2"),
        ({"pre": [1, 2, None]}, "pre"),
        ({"despite": list(range(50))}, "despite"),
        ({"colour": "red"}, "colour"),
        ({"key": "mine"}, "key"),
    ],
)
def test_bad_input_is_refused_by_name(
    paper: Campaign, team: Team, changes: dict[str, Any], field: str
) -> None:
    answer = Missed(paper, team.anna).add(700, **changes)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"].startswith(field)


def _revision(added: dict[str, Any]) -> str:
    return str(added["revise_url"]).rpartition("=")[2]
