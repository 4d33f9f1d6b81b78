"""Programs act for people with tokens, of which the server keeps only hashes."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.accounts.services.tokens import MOST_TOKENS, create_token
from apps.campaigns.models import Membership
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of


def program(secret: str) -> Client:
    return Client(headers={"Authorization": f"Token {secret}"})


def test_anna_makes_a_token_on_its_page_uses_it_and_revokes_it(team: Team) -> None:
    anna = client_of(team.anna)
    page = anna.post("/tokens/", {"name": "Notebook", "days": "30"})
    secret = page.context["secret"]
    assert secret in page.content.decode()
    answer = program(secret).get("/api/tokens")
    assert answer.status_code == 200
    (listed,) = answer.json()["results"]
    assert listed["name"] == "Notebook"
    assert secret not in anna.get("/tokens/").content.decode()

    assert anna.post(f"/tokens/{listed['id']}/revoke/").status_code == 302
    refused = program(secret).get("/api/tokens")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Token"
    assert refused.json()["error"]["code"] == "login_needed"


def test_only_a_hash_of_a_token_is_kept(team: Team) -> None:
    _, secret = create_token(team.anna, "Notebook", 30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM accounts_apitoken t")
        (row,) = cursor.fetchone()
    assert hashlib.sha512(secret.encode()).hexdigest() in row
    assert secret not in row
    assert secret[15:] not in row
    assert len(secret) - 15 >= 48  # what is not kept cannot be guessed: 196 bits


def test_a_token_ends_on_its_day_and_with_its_person(team: Team) -> None:
    token, secret = create_token(team.anna, "Notebook", 1)
    ApiToken.objects.filter(pk=token.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    assert program(secret).get("/api/tokens").status_code == 401

    _, secret = create_token(team.anna, "Another", 1)
    assert program(secret).get("/api/tokens").status_code == 200
    team.anna.is_active = False
    team.anna.save()
    assert program(secret).get("/api/tokens").status_code == 401


def test_a_token_does_not_make_another(team: Team) -> None:
    _, secret = create_token(team.anna, "Notebook", 30)
    body = {"name": "For ever", "days": 365}
    refused = program(secret).post("/api/tokens", body, "application/json")
    assert refused.status_code == 403
    assert "cannot make tokens" in refused.json()["error"]["sentence"]
    made = client_of(team.anna).post("/api/tokens", body, "application/json")
    assert made.status_code == 201
    assert program(made.json()["secret"]).get("/api/tokens").status_code == 200


def test_a_token_invites_nobody_not_even_its_own_person(team: Team, tmp_path: Path) -> None:
    """Who chooses a password makes tokens as they like, long after the stolen one is revoked."""
    ada = User.objects.create(username="ada", is_superuser=True, is_staff=True)
    campaign = paper_campaign(tmp_path, {ada: Membership.Role.MANAGER})
    _, secret = create_token(ada, "Notebook", 30)
    requests: list[tuple[str, dict[str, str]]] = [
        (f"/api/people/{ada.pk}/invitation", {}),
        ("/api/people", {"username": "nina"}),
        (f"/api/campaigns/{campaign.pk}/people/invite", {"username": "nino", "role": "manager"}),
    ]
    for address, body in requests:
        refused = program(secret).post(address, body, "application/json")
        assert refused.status_code == 403, address
        assert "invitations" in refused.json()["error"]["sentence"]
        assert client_of(ada).post(address, body, "application/json").status_code == 201, address


def test_nobody_revokes_the_token_of_another(team: Team) -> None:
    token, secret = create_token(team.anna, "Notebook", 30)
    assert client_of(team.ben).delete(f"/api/tokens/{token.pk}").status_code == 404
    assert client_of(team.ben).post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert program(secret).delete(f"/api/tokens/{token.pk}").status_code == 204
    assert program(secret).get("/api/tokens").status_code == 401


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token \xff\xfe", "Token " + "0" * 64])
def test_what_is_no_token_is_refused(team: Team, header: str) -> None:
    answer = Client(headers={"Authorization": header}).get("/api/tokens")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"name": " ", "days": 3}, "name", "blank"),
        ({"name": "n" * 101, "days": 3}, "name", "100"),
        ({"name": "n", "days": 0}, "days", "1 to 365"),
        ({"name": "n", "days": 366}, "days", "1 to 365"),
        ({"name": "n", "days": "soon"}, "days", "integer"),
    ],
)
def test_a_bad_token_is_refused_by_field(
    team: Team, body: dict[str, Any], field: str, words: str
) -> None:
    answer = client_of(team.anna).post("/api/tokens", body, "application/json")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["field"], words in error["sentence"]) == (field, True)
    assert not ApiToken.objects.exists()


def test_the_page_says_why_there_is_no_further_token(team: Team) -> None:
    for number in range(MOST_TOKENS):
        create_token(team.anna, f"Token {number}", 1)
    page = client_of(team.anna).post("/tokens/", {"name": "One more", "days": "30"})
    assert "revoke one first" in page.content.decode()
    assert ApiToken.objects.count() == MOST_TOKENS
