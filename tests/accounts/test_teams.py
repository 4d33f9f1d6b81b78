"""Teams and people take part in campaigns, change roles and leave; a manager is always left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team as Group
from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Membership, Page
from apps.campaigns.services.leasing import lease_page
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

Role = Membership.Role


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create(username="ada", is_superuser=True, is_staff=True)


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    return paper_campaign(tmp_path, {team.manager: Role.MANAGER, team.ben: Role.ANNOTATOR})


@pytest.fixture
def shift(ada: User, team: Team) -> Group:
    """A team with anna in it, made through the API."""
    admin = client_of(ada)
    made = admin.post("/api/teams", {"name": "First shift"}, "application/json")
    assert made.status_code == 201, made.content
    group = Group.objects.get(pk=made.json()["id"])
    join(admin, group, "anna")
    return group


def join(client: Client, group: Group, username: str) -> None:
    body = {"username": username}
    answer = client.post(f"/api/teams/{group.pk}/people", body, "application/json")
    assert answer.status_code == 204, answer.content


def put_in(client: Client, campaign: Campaign, group: Group, role: Role) -> Any:
    body = {"team": group.name, "role": role.value}
    return client.post(f"/api/campaigns/{campaign.pk}/teams", body, "application/json")


def roles(campaign: Campaign) -> dict[str, tuple[str, str | None]]:
    """By username the role, and the team that it comes through."""
    members = campaign.memberships.select_related("user", "team")
    return {one.user.username: (one.role, one.team.name if one.team else None) for one in members}


def test_a_team_takes_part_with_those_who_join_later_and_without_those_who_leave(
    campaign: Campaign, team: Team, ada: User, shift: Group
) -> None:
    manager, admin = client_of(team.manager), client_of(ada)
    assert put_in(manager, campaign, shift, Role.ANNOTATOR).status_code == 201
    join(admin, shift, "outsider")
    join(admin, shift, "ben")  # takes part in his own right already
    own = {"manager": ("manager", None), "ben": ("annotator", None)}
    through = ("annotator", "First shift")
    assert roles(campaign) == own | {"anna": through, "outsider": through}

    for user in (team.anna, team.ben):
        gone = admin.delete(f"/api/teams/{shift.pk}/people/{user.pk}")
        assert gone.status_code == 204
    assert roles(campaign) == own | {"outsider": through}

    assert manager.delete(f"/api/campaigns/{campaign.pk}/teams/{shift.pk}").status_code == 204
    assert roles(campaign) == own
    join(admin, shift, "anna")
    assert roles(campaign) == own


def test_a_team_gets_another_role_and_a_person_of_it_one_of_their_own(
    campaign: Campaign, team: Team, ada: User, shift: Group
) -> None:
    manager = client_of(team.manager)
    put_in(manager, campaign, shift, Role.VIEWER)
    put_in(manager, campaign, shift, Role.ANNOTATOR)
    assert roles(campaign)["anna"] == ("annotator", "First shift")
    url = f"/api/campaigns/{campaign.pk}/people/{team.anna.pk}"
    assert manager.patch(url, {"role": "expert"}, "application/json").status_code == 200
    put_in(manager, campaign, shift, Role.VIEWER)
    client_of(ada).delete(f"/api/teams/{shift.pk}/people/{team.anna.pk}")
    assert roles(campaign)["anna"] == ("expert", None)


def test_who_is_in_two_teams_stays_through_the_other(
    campaign: Campaign, team: Team, ada: User, shift: Group
) -> None:
    manager, admin = client_of(team.manager), client_of(ada)
    second = Group.objects.create(name="Second shift")
    join(admin, second, "anna")
    put_in(manager, campaign, shift, Role.ANNOTATOR)
    put_in(manager, campaign, second, Role.EXPERT)
    admin.delete(f"/api/teams/{shift.pk}/people/{team.anna.pk}")
    assert roles(campaign)["anna"] == ("expert", "Second shift")
    assert admin.delete(f"/api/teams/{second.pk}").status_code == 204
    assert "anna" not in roles(campaign)


def test_a_leaver_gives_pages_back_and_can_do_no_more_with_them(
    campaign: Campaign, team: Team
) -> None:
    lease = lease_page(campaign, team.ben, timezone.now()).lease
    assert lease is not None
    ben = client_of(team.ben)
    assert ben.post(f"/api/leases/{lease.token}/renew").status_code == 200
    url = f"/api/campaigns/{campaign.pk}/people/{team.ben.pk}"
    assert client_of(team.manager).delete(url).status_code == 204
    page = Page.objects.get(pk=lease.page_id)
    assert (page.held_until, page.lease_id) == (None, None)
    assert ben.post(f"/api/leases/{lease.token}/renew").status_code == 404
    assert ben.get(f"/api/campaigns/{campaign.pk}/progress").status_code == 404


def test_who_becomes_a_viewer_judges_no_more(campaign: Campaign, team: Team) -> None:
    lease = lease_page(campaign, team.ben, timezone.now()).lease
    assert lease is not None
    url = f"/api/campaigns/{campaign.pk}/people/{team.ben.pk}"
    changed = client_of(team.manager).patch(url, {"role": "viewer"}, "application/json")
    assert changed.json()["role"] == "viewer"
    assert Page.objects.get(pk=lease.page_id).held_until is None
    ben = client_of(team.ben)
    assert ben.post(f"/api/leases/{lease.token}/renew").status_code == 404
    assert ben.post(f"/api/campaigns/{campaign.pk}/lease").status_code == 403


def test_the_last_manager_stays(campaign: Campaign, team: Team) -> None:
    manager = client_of(team.manager)
    url = f"/api/campaigns/{campaign.pk}/people/{team.manager.pk}"
    for answer in (
        manager.delete(url),
        manager.patch(url, {"role": "annotator"}, "application/json"),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "last_manager"
    page = manager.post(
        f"/campaigns/{campaign.pk}/people/", {"do": "remove", "username": "manager"}, follow=True
    )
    assert "is the last manager" in page.content.decode()
    body = {"username": "ben", "role": "manager"}
    manager.post(f"/api/campaigns/{campaign.pk}/people", body, "application/json")
    assert manager.delete(url).status_code == 204
    assert roles(campaign) == {"ben": ("manager", None)}


def test_the_last_manager_stays_though_the_team_goes(
    campaign: Campaign, team: Team, ada: User, shift: Group
) -> None:
    admin = client_of(ada)
    put_in(admin, campaign, shift, Role.MANAGER)
    admin.delete(f"/api/campaigns/{campaign.pk}/people/{team.manager.pk}")
    refused = admin.delete(f"/api/teams/{shift.pk}/people/{team.anna.pk}")
    assert refused.status_code == 409
    assert shift.members.filter(pk=team.anna.pk).exists()  # nothing was half done
    assert roles(campaign)["anna"] == ("manager", "First shift")


def test_a_manager_invites_somebody_new(campaign: Campaign, team: Team) -> None:
    manager = client_of(team.manager)
    body = {"username": "nina", "role": "expert"}
    url = f"/api/campaigns/{campaign.pk}/people/invite"
    made = manager.post(url, body, "application/json")
    assert made.status_code == 201
    assert "/welcome/" in made.json()["address"]
    assert roles(campaign)["nina"] == ("expert", None)
    again = manager.post(url, body, "application/json")
    assert again.status_code == 400  # an invitation is for somebody new, never into an account
    assert again.json()["error"]["field"] == "username"


def test_everything_is_on_the_record(
    campaign: Campaign, team: Team, ada: User, shift: Group
) -> None:
    manager = client_of(team.manager)
    page = f"/campaigns/{campaign.pk}/people/"
    for form in (
        {"do": "add team", "team": "First shift", "role": "annotator"},
        {"do": "set role", "username": "ben", "role": "expert"},
        {"do": "remove", "username": "ben"},
        {"do": "remove team", "team": "First shift"},
    ):
        assert manager.post(page, form).status_code == 302
    entries = AuditEntry.objects.filter(campaign=campaign, actor=team.manager).order_by("pk")
    said = [(entry.action, entry.details.get("person")) for entry in entries]
    assert said == [
        ("team_added", None),
        ("member_added", "anna"),
        ("role_changed", "ben"),
        ("member_removed", "ben"),
        ("team_removed", None),
        ("member_removed", "anna"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "nobody", "role": "expert"}, "username"),
        ({"username": "anna", "role": "emperor"}, "role"),
        ({"username": "anna"}, "role"),
    ],
)
def test_a_bad_member_is_refused_by_field(
    campaign: Campaign, team: Team, body: dict[str, str], field: str
) -> None:
    url = f"/api/campaigns/{campaign.pk}/people"
    answer = client_of(team.manager).post(url, body, "application/json")
    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["field"] == field


def test_members_are_listed_by_role_and_team(
    campaign: Campaign, team: Team, ada: User, shift: Group
) -> None:
    manager = client_of(team.manager)
    put_in(manager, campaign, shift, Role.EXPERT)
    url = f"/api/campaigns/{campaign.pk}/people"

    def names(query: str) -> list[str]:
        return [one["username"] for one in manager.get(url + query).json()["results"]]

    assert names("") == ["manager", "ben", "anna"]
    assert names("?role=annotator") == ["ben"]
    assert names("?team=First shift") == ["anna"]
    assert manager.get(f"{url}?role=emperor").status_code == 400


def test_the_pages_of_teams_do_the_same(campaign: Campaign, team: Team, ada: User) -> None:
    admin = client_of(ada)
    made = admin.post("/people/teams/", {"name": "Night shift"})
    group = Group.objects.get(name="Night shift")
    assert made.headers["Location"] == f"/people/teams/{group.pk}/"
    page = made.headers["Location"]
    admin.post(page, {"do": "add", "username": "anna"})
    put_in(client_of(team.manager), campaign, group, Role.ANNOTATOR)
    shown = admin.get(page).content.decode()
    assert "anna" in shown
    assert campaign.name in shown
    admin.post(page, {"do": "rename", "name": "Late shift"})
    assert "Late shift" in admin.get("/people/teams/").content.decode()
    admin.post(page, {"do": "remove", "username": "anna"})
    assert "anna" not in roles(campaign)
    gone = admin.post(page, {"do": "delete"})
    assert gone.headers["Location"] == "/people/teams/"
    assert not Group.objects.exists()
    refused = admin.post("/people/teams/", {"name": " "})
    assert "required" in refused.content.decode()


def test_names_that_no_text_can_hold_are_nobodys(
    ada: User, shift: Group, campaign: Campaign
) -> None:
    admin = client_of(ada)
    people, group = f"/campaigns/{campaign.pk}/people/", f"/people/teams/{shift.pk}/"
    for page, sent, sentence in (
        (
            people,
            {"do": "set role", "username": "a\0", "role": "viewer"},
            "Username: there is no user",
        ),
        (people, {"do": "add team", "team": "a\0", "role": "viewer"}, "Team: there is no team"),
        (group, {"do": "add", "username": "a\0"}, "Username: there is no user"),
        (group, {"do": "rename", "name": "a\0"}, "a NUL is no character"),
    ):
        answer = admin.post(page, sent, follow=True)
        assert answer.status_code == 200
        assert sentence in answer.content.decode()
