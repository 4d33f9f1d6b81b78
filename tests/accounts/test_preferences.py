"""People set keys for themselves; all their browsers agree on them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from tests.support.people import Team
from tests.support.work import client_of

AT = "/api/me/settings"


def put(client: Client, body: Any) -> Any:
    return client.put(AT, data=body, content_type="application/json")


def test_anna_sets_a_key_and_finds_it_in_another_browser(team: Team) -> None:
    anna, elsewhere = client_of(team.anna), client_of(team.anna)
    assert anna.get(AT).json() == {"keys": {}}
    own = {"keys": {"submit": ["g", "Ctrl+Enter"], "skip": []}}
    assert put(anna, own).json() == own
    assert elsewhere.get(AT).json() == own
    assert put(elsewhere, {"keys": {}}).json() == {"keys": {}}
    assert anna.get(AT).json() == {"keys": {}}
    assert client_of(team.ben).get(AT).json() == {"keys": {}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colours": {}}, "colours"),
        ({"keys": ["s"]}, "keys"),
        ({"keys": {"submit": "s"}}, "keys.submit"),
        ({"keys": {"submit": ["s"] * 5}}, "keys.submit"),
        ({"keys": {"submit": ["s" * 41]}}, "keys.submit"),
        ({"keys": {"submit": ["\0"]}}, "keys.submit"),
        ({}, "keys"),
        ({"keys": {f"action {n}": ["s"] for n in range(201)}}, "keys"),
        ({"keys": {"a" * 41: ["s"]}}, "keys"),
    ],
)
def test_what_cannot_be_kept_is_named_and_changes_nothing(
    team: Team, body: Any, field: str
) -> None:
    anna = client_of(team.anna)
    put(anna, {"keys": {"help": ["F1"]}})
    answer = put(anna, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"].startswith(field)
    assert anna.get(AT).json()["keys"] == {"help": ["F1"]}


def test_the_admin_shows_them(team: Team) -> None:
    put(client_of(team.anna), {"keys": {"help": ["F1"]}})
    ada = User.objects.create(username="ada", is_superuser=True, is_staff=True)
    page = client_of(ada).get(reverse("admin:accounts_user_change", args=[team.anna.pk]))
    assert "F1" in page.content.decode()
