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
NOTHING: dict[str, Any] = {"keys": {}, "choices": {}}


def patch(client: Client, body: Any) -> Any:
    return client.patch(AT, data=body, content_type="application/json")


def change(now: Any, before: Any = None) -> dict[str, Any]:
    return {"before": before, "now": now}


def test_anna_sets_a_key_and_finds_it_in_another_browser(team: Team) -> None:
    anna, elsewhere = client_of(team.anna), client_of(team.anna)
    assert anna.get(AT).json() == NOTHING
    own = {"submit": ["g", "Ctrl+Enter"], "skip": []}
    changes = {name: change(keys) for name, keys in own.items()}
    assert patch(anna, {"keys": changes}).json() == {**NOTHING, "keys": own, "others": []}
    assert elsewhere.get(AT).json() == {**NOTHING, "keys": own}
    back = {name: change(None, keys) for name, keys in own.items()}
    assert patch(elsewhere, {"keys": back}).json() == {**NOTHING, "others": []}
    assert anna.get(AT).json() == NOTHING
    assert client_of(team.ben).get(AT).json() == NOTHING


def test_a_page_that_was_open_for_hours_takes_no_key_away(team: Team) -> None:
    old, new = client_of(team.anna), client_of(team.anna)
    patch(new, {"keys": {"submit": change(["g"]), "skip": change(["j"])}})
    mine = {"submit": change(["y"]), "help": change(["F1"]), "skip": change(["j"])}
    answer = patch(old, {"keys": mine}).json()
    assert answer == {
        "keys": {"submit": ["g"], "skip": ["j"], "help": ["F1"]},
        "choices": {},
        "others": ["submit"],
    }
    # Told so, she chooses hers all the same.
    assert patch(old, {"keys": {"submit": change(["y"], ["g"])}}).json()["others"] == []
    assert new.get(AT).json()["keys"]["submit"] == ["y"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colours": {}}, "colours"),
        ({"keys": ["s"]}, "keys"),
        ({"keys": {"submit": ["s"]}}, "keys.submit"),
        ({"keys": {"submit": {"now": ["s"]}}}, "keys.submit.before"),
        ({"keys": {"submit": change("s")}}, "keys.submit.now"),
        ({"keys": {"submit": change(["s"] * 5)}}, "keys.submit"),
        ({"keys": {"submit": change(["s" * 41])}}, "keys.submit"),
        ({"keys": {"submit": change(["\0"])}}, "keys.submit"),
        ({}, "keys"),
        ({"keys": {f"action {n}": change(["s"]) for n in range(201)}}, "keys"),
        ({"keys": {"a" * 41: change(["s"])}}, "keys"),
        ({"choices": {"mesh-open": ["open"]}}, "choices.mesh-open"),
        ({"choices": {"a" * 41: "open"}, "keys": {"help": change(None, ["F1"])}}, "choices"),
        ({"choices": {f"choice {n}": "yes" for n in range(51)}}, "choices"),
    ],
)
def test_what_cannot_be_kept_is_named_and_changes_nothing(
    team: Team, body: Any, field: str
) -> None:
    anna = client_of(team.anna)
    patch(anna, {"keys": {"help": change(["F1"])}})
    answer = patch(anna, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"].startswith(field)
    assert anna.get(AT).json() == {**NOTHING, "keys": {"help": ["F1"]}}


def test_what_pages_look_like_is_chosen_in_one_browser_for_all(team: Team) -> None:
    anna, elsewhere = client_of(team.anna), client_of(team.anna)
    patch(anna, {"keys": {"help": change(["F1"])}})
    patch(anna, {"choices": {"mesh-place": "beside", "mesh-open": "open"}})
    told = patch(elsewhere, {"choices": {"mesh-open": "closed"}}).json()
    assert told == {
        "keys": {"help": ["F1"]},
        "choices": {"mesh-place": "beside", "mesh-open": "closed"},
        "others": [],
    }
    assert client_of(team.ben).get(AT).json() == NOTHING


def test_the_admin_shows_them(team: Team) -> None:
    patch(client_of(team.anna), {"keys": {"help": change(["F1"])}})
    ada = User.objects.create(username="ada", is_superuser=True, is_staff=True)
    page = client_of(ada).get(reverse("admin:accounts_user_change", args=[team.anna.pk]))
    assert "F1" in page.content.decode()
