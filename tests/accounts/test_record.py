"""What is done with accounts and teams is on the record, with who did it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from apps.accounts.models import Team as Group
from apps.accounts.models import User
from apps.campaigns.models import Membership
from tests.support.paper import paper_campaign
from tests.support.people import PASSWORD, Team
from tests.support.work import client_of

JSON = "application/json"
NEW = "vesicle-docking-zone"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create(username="ada", is_superuser=True, is_staff=True)


def told() -> list[tuple[str, str, str]]:
    """Who did what to whom, in order."""
    entries = LogEntry.objects.select_related("user").order_by("pk")
    return [(one.user.get_username(), one.object_repr, one.change_message) for one in entries]


def choose_password(address: str) -> None:
    visitor = Client()
    page = visitor.get(address, follow=True)
    visitor.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})


def test_what_becomes_of_an_account(ada: User, team: Team) -> None:
    admin = client_of(ada)
    address = admin.post("/api/people", {"username": "nina"}, JSON).json()["invitation"]
    choose_password(address)
    nina = User.objects.get(username="nina")
    at = f"/api/people/{nina.pk}"
    for _ in range(2):  # the second changes nothing
        admin.patch(at, {"is_active": False}, JSON)
    admin.patch(at, {"is_active": True, "is_staff": True}, JSON)
    admin.post(f"/people/{nina.pk}/", {"do": "forbid"})
    admin.post(f"{at}/invitation")
    admin.post(f"/people/{nina.pk}/", {"do": "invite"})
    assert told() == [
        ("ada", "nina", "Made and invited."),
        ("nina", "nina", "Chose a password, through an invitation."),
        ("ada", "nina", "Account closed."),
        ("ada", "nina", "Account opened again."),
        ("ada", "nina", "May open campaigns."),
        ("ada", "nina", "May no longer open campaigns."),
        ("ada", "nina", "Invited again, to choose a new password."),
        ("ada", "nina", "Invited again, to choose a new password."),
    ]


def test_a_manager_who_invites_somebody_and_who_changes_a_password(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(tmp_path, {team.manager: Membership.Role.MANAGER})
    body = {"username": "nina", "role": "annotator"}
    at = f"/api/campaigns/{campaign.pk}/people/invite"
    assert client_of(team.manager).post(at, body, JSON).status_code == 201
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    client_of(team.anna).post("/password/", form)
    assert told() == [
        ("manager", "nina", "Made and invited."),
        ("anna", "anna", "Changed the password."),
    ]


def test_what_becomes_of_a_team(ada: User, team: Team) -> None:
    admin = client_of(ada)
    at = f"/api/teams/{admin.post('/api/teams', {'name': 'Lab'}, JSON).json()['id']}"
    admin.patch(at, {"name": "Lab two"}, JSON)
    for _ in range(2):  # who is in it joins no more
        admin.post(f"{at}/people", {"username": "anna"}, JSON)
    admin.delete(f"{at}/people/{team.anna.pk}")
    assert admin.delete(at).status_code == 204
    made = client_of(ada).post("/people/teams/", {"name": "Shift"})
    assert made.status_code == 302
    page = f"/people/teams/{Group.objects.get().pk}/"
    for form in ({"do": "rename", "name": "Night"}, {"do": "add", "username": "ben"}):
        admin.post(page, form)
    assert told() == [
        ("ada", "Lab", "Made."),
        ("ada", "Lab two", "Was called Lab."),
        ("ada", "Lab two", "anna joined."),
        ("ada", "Lab two", "anna left."),
        ("ada", "Lab two", "Deleted."),
        ("ada", "Shift", "Made."),
        ("ada", "Night", "Was called Shift."),
        ("ada", "Night", "ben joined."),
    ]


def test_what_is_refused_is_not_on_the_record(ada: User, team: Team) -> None:
    admin = client_of(ada)
    admin.patch(f"/api/people/{ada.pk}", {"is_active": False}, JSON)
    admin.post("/api/people", {"username": "anna"}, JSON)
    admin.post("/api/teams", {"name": " "}, JSON)
    assert told() == []


def test_administrators_look_at_the_record_and_do_not_touch_it(ada: User, team: Team) -> None:
    admin = client_of(ada)
    admin.patch(f"/api/people/{team.anna.pk}", {"is_active": False}, JSON)
    shown = admin.get("/admin/admin/logentry/", headers={"Accept": "text/html"})
    assert "Account closed." in shown.content.decode()
    at = f"/admin/admin/logentry/{LogEntry.objects.get().pk}"
    assert admin.get(f"{at}/change/").status_code == 200
    assert admin.post(f"{at}/change/", {}).status_code == 403
    assert admin.post(f"{at}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get("/admin/admin/logentry/add/").status_code == 403
    assert client_of(team.manager).get("/admin/admin/logentry/").status_code == 403
    history = admin.get(f"/admin/accounts/user/{team.anna.pk}/history/")
    assert "Account closed." in history.content.decode()
