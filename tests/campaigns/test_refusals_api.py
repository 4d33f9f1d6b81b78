"""What the API refuses it explains whole; people go by name or number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Campaign, Membership
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return paper_campaign(tmp_path, {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR})


@pytest.fixture
def manager(team: Team) -> Client:
    return client_of(team.manager)


def send(client: Client, method: str, url: str, body: Any) -> Any:
    return client.generic(method, url, json.dumps(body), content_type="application/json")


def told(response: Any) -> str:
    """The sentence of an error."""
    return str(response.json()["error"]["sentence"])


def test_all_that_is_wrong_is_told_at_once_with_what_is_possible(
    paper: Campaign, team: Team, manager: Client
) -> None:
    refused = send(manager, "POST", "/api/campaigns", {"order": "best"}).json()["error"]
    assert refused["field"] == "table"
    for field in ("name", "table"):
        assert f"{field}: This field is required." in refused["sentence"]
    assert 'order: "best" is none of table, spatial' in refused["sentence"]
    nested = send(manager, "PATCH", f"/api/campaigns/{paper.pk}", {"policy": {"rule": "loud"}})
    assert 'policy.rule: "loud" is none of majority, weighted' in told(nested)
    anna = send(client_of(team.anna), "POST", "/api/campaigns", {})
    assert (anna.status_code, told(anna)) == (
        403,
        "Only staff and administrators may open campaigns.",
    )


def test_people_are_named_by_name_or_number(paper: Campaign, manager: Client, team: Team) -> None:
    url = f"/api/campaigns/{paper.pk}/pages/reserve"
    for name in ("anna", team.anna.pk, str(team.anna.pk)):
        kept = send(manager, "POST", url, {"pages": [1], "person": name})
        assert kept.status_code == 200, kept.content
        assert paper.pages.get(number=1).reserved_for == team.anna
        send(manager, "POST", url, {"pages": [1], "person": None})
    assert send(manager, "POST", url, {"pages": [1], "person": 10**9}).status_code == 404
