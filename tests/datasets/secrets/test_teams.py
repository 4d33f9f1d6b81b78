"""A token of CAVE may be a team's: its members may name it, for one server, and not change it."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError
from django.test import Client

from apps.accounts.models import Team, TeamMember, User
from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import cave_secrets_for, secrets_of
from apps.datasets.services.secrets import create_secret
from tests.support import people

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789abcdef"
SERVER = "https://cave.example.org"


@pytest.fixture
def lab(team: people.Team) -> Team:
    """The manager and Anna are in it, Ben is not."""
    lab = Team.objects.create(name="The lab")
    for user in (team.manager, team.anna):
        TeamMember.objects.create(team=lab, user=user)
    return lab


def names(user: User) -> list[str]:
    return [secret.name for secret in cave_secrets_for(user)]


def test_members_of_the_team_may_name_it_and_nobody_else(team: people.Team, lab: Team) -> None:
    create_secret("ours", SecretKind.CAVE, TOKEN, team.manager, team="The lab", server=SERVER)
    create_secret("mine", SecretKind.CAVE, TOKEN, team.manager)
    create_secret("bucket", SecretKind.HTTPS, "-", team.manager)
    assert names(team.manager) == ["mine", "ours"]
    assert names(team.anna) == ["ours"]
    assert names(team.ben) == names(team.outsider) == []
    assert [*secrets_of(team.anna)] == [], "she may neither replace nor delete it"
    TeamMember.objects.filter(user=team.anna).delete()
    assert names(team.anna) == []
    lab.delete()
    assert names(team.manager) == ["mine", "ours"], "it is its owner's again"


def test_it_is_kept_for_one_server_of_cave_and_a_team_of_ones_own(
    team: people.Team, lab: Team
) -> None:
    for given, field in (
        ({"team": "The lab"}, "server"),
        ({"team": "The lab", "server": "cave"}, "server"),
        ({"team": "The lab", "server": "https://me:pw@cave.example.org"}, "server"),
        ({"team": "Another", "server": SERVER}, "team"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            create_secret("ours", SecretKind.CAVE, TOKEN, team.manager, **given)
        assert refused.value.field == field
    with pytest.raises(InvalidInputError, match="only tokens of CAVE belong to teams"):
        create_secret("s", SecretKind.HTTPS, "-", team.manager, team="The lab", server=SERVER)
    with pytest.raises(InvalidInputError, match="you are in no team"):
        create_secret("s", SecretKind.CAVE, TOKEN, team.ben, team="The lab", server=SERVER)
    with pytest.raises(IntegrityError, match="a_teams_secret_is_for_one_server"):
        Secret.objects.create(name="s", kind="cave", sealed=b"", team=lab)


def test_it_comes_in_by_the_api_and_is_told_without_its_text(team: people.Team, lab: Team) -> None:
    browser = Client()
    browser.force_login(team.manager)
    body = {"name": "ours", "kind": "cave", "secret": TOKEN, "team": "The lab", "server": SERVER}
    made = browser.post("/api/secrets", json.dumps(body), "application/json")
    assert made.status_code == 201, made.content
    assert (made.json()["team"], made.json()["server"]) == ("The lab", SERVER)
    assert TOKEN not in made.content.decode()
    anna = Client()
    anna.force_login(team.anna)
    assert anna.get("/api/secrets").status_code == 403
    number = made.json()["id"]
    assert anna.delete(f"/api/secrets/{number}").status_code == 403
