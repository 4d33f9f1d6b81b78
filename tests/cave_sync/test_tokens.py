"""Managers who are in a team keep its token of CAVE themselves, without the staff's help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import Team, TeamMember, User
from apps.campaigns.models import Campaign, Membership
from apps.core.addresses import LEADS_INSIDE
from apps.datasets.models import Secret
from apps.datasets.services.secrets import credentials_of
from tests.support import people
from tests.support.paper import paper_campaign

pytestmark = pytest.mark.django_db

TOKEN, OTHER = "0123456789abcdef0123456789abcdef", "f" * 32
SERVER = "https://cave.example.org"
BODY = {"name": "ours", "secret": TOKEN, "team": "The lab", "server": SERVER}


@pytest.fixture
def paper(tmp_path: Path, team: people.Team) -> Campaign:
    """Anna manages it and is of no staff, as Ben, who judges."""
    roles = {team.anna: Membership.Role.MANAGER, team.ben: Membership.Role.ANNOTATOR}
    return paper_campaign(tmp_path, roles, instances=2)


@pytest.fixture
def lab(team: people.Team) -> Team:
    lab = Team.objects.create(name="The lab")
    for user in (team.anna, team.ben):
        TeamMember.objects.create(team=lab, user=user)
    return lab


def send(user: User, method: str, paper: Campaign, body: Any = None, query: str = "") -> Any:
    client = Client()
    client.force_login(user)
    address = f"/api/campaigns/{paper.pk}/deliveries/tokens{query}"
    answer: HttpResponse = client.generic(  # type: ignore[assignment]
        method, address, json.dumps(body or {}), content_type="application/json"
    )
    return answer


def field_of(answer: Any) -> str:
    assert answer.status_code == 400, answer.content
    return str(answer.json()["error"]["field"])


def test_a_manager_keeps_replaces_and_forgets_the_token_of_a_team(
    paper: Campaign, lab: Team, team: people.Team
) -> None:
    made = send(team.anna, "POST", paper, BODY)
    assert made.status_code == 201, made.content
    assert TOKEN not in made.content.decode()
    [told] = send(team.anna, "GET", paper).json()
    assert (told["name"], told["team"], told["server"], told["owner"]) == (
        *("ours", "The lab", SERVER, "anna"),
    )
    client = Client()
    client.force_login(team.anna)
    page = client.get(f"/campaigns/{paper.pk}/cave?new=synapses").content.decode()
    assert "Keep a token of CAVE" in page
    assert "The lab" in page
    assert TOKEN not in page
    other = {"name": "ours", "secret": OTHER}
    assert send(team.anna, "PUT", paper, other).status_code == 200
    assert credentials_of(Secret.objects.get()).token == OTHER
    assert send(team.anna, "DELETE", paper, query="?name=ours").status_code == 204
    assert not Secret.objects.exists()


def test_only_for_a_team_of_ones_own_and_one_server(
    paper: Campaign, lab: Team, team: people.Team
) -> None:
    Team.objects.create(name="Others")
    assert field_of(send(team.anna, "POST", paper, BODY | {"team": ""})) == "team"
    assert field_of(send(team.anna, "POST", paper, BODY | {"team": "Others"})) == "team"
    assert field_of(send(team.anna, "POST", paper, BODY | {"server": "cave"})) == "server"
    private = send(team.anna, "POST", paper, BODY | {"server": "http://10.0.0.1"})
    assert field_of(private) == "server"
    assert LEADS_INSIDE in private.json()["error"]["sentence"], "no delivery could use it"
    refused = send(team.anna, "POST", paper, BODY | {"secret": "no token!"})
    assert field_of(refused) == "secret"
    assert "no token!" not in refused.content.decode()
    assert not Secret.objects.exists()


def test_who_does_not_manage_or_did_not_keep_it_changes_nothing(
    paper: Campaign, lab: Team, team: people.Team
) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert send(team.ben, method, paper, BODY).status_code == 403
        assert send(team.outsider, method, paper, BODY).status_code == 404
    assert send(team.anna, "POST", paper, BODY).status_code == 201
    Membership.objects.filter(user=team.ben).update(role=Membership.Role.MANAGER)
    assert [one["name"] for one in send(team.ben, "GET", paper).json()] == ["ours"]
    assert field_of(send(team.ben, "PUT", paper, {"name": "ours", "secret": OTHER})) == "name"
    assert field_of(send(team.ben, "DELETE", paper, query="?name=ours")) == "name"
    TeamMember.objects.filter(user=team.anna).delete()
    assert field_of(send(team.anna, "PUT", paper, {"name": "ours", "secret": OTHER})) == "name"
    assert send(team.anna, "GET", paper).json() == [], "who leaves the team leaves its token"
    assert credentials_of(Secret.objects.get()).token == TOKEN


def test_no_other_secret_is_within_reach(paper: Campaign, lab: Team, team: people.Team) -> None:
    Secret.objects.create(name="bucket", kind="https", sealed=b"-", created_by=team.anna)
    assert field_of(send(team.anna, "DELETE", paper, query="?name=bucket")) == "name"
    assert field_of(send(team.anna, "PUT", paper, {"name": "bucket", "secret": OTHER})) == "name"
    assert send(team.anna, "GET", paper).json() == []
