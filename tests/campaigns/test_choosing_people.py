"""The pages offer what can be done: managers choose among those who can be given something, and
everybody is shown what their role may do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.campaigns.models import Membership, Page
from tests.support.paper import paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


def options(html: str, name: str) -> list[list[str]]:
    """What each select of this name offers, but for its first line, which is nobody by name."""
    found = re.findall(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)
    return [re.findall(r"<option[^>]*>([^<]*)</option>", one)[1:] for one in found]


def test_nothing_is_offered_to_a_closed_account_and_its_pages_are_found_and_given_away(
    tmp_path: Path, team: Team
) -> None:
    annotators = dict.fromkeys([team.anna, team.ben], Membership.Role.ANNOTATOR)
    campaign = paper_campaign(tmp_path, {team.manager: Membership.Role.MANAGER} | annotators)
    work(campaign, team.anna)
    User.objects.filter(pk=team.ben.pk).update(is_active=False)
    at, manager = f"/campaigns/{campaign.pk}/manage/", client_of(team.manager)

    pages = manager.get(at, {"show": "pages"}).content.decode()
    looked_for, *given = options(pages, "person")
    assert looked_for == ["anna", "ben", "manager"]
    assert given == [["anna", "manager"]] * 5, "to keep pages for, and to judge four again"

    people = manager.get(at, {"show": "people"}).content.decode()
    assert "account closed" in people
    assert 'aria-label="Transfer the pages of ben"' in people
    assert options(people, "to") == [["manager"], ["anna", "manager"], ["anna"]]


def test_only_what_ones_role_may_do_is_offered(tmp_path: Path, team: Team) -> None:
    role = Membership.Role
    paper_campaign(
        tmp_path,
        {team.manager: role.MANAGER, team.anna: role.ANNOTATOR, team.ben: role.VIEWER},
    )

    def offered(user: User) -> list[str]:
        html = client_of(user).get("/").content.decode()
        return re.findall(r'<a class="button[^>]*>([^<]*)</a>', html.split("<h2", 1)[1])

    assert offered(team.anna) == ["Proofread"]
    assert offered(team.ben) == ["Dashboard"]
    assert offered(team.manager) == ["Proofread", "Manage", "Dashboard", "Download JSON"]


def test_pages_are_listed_by_number_whatever_goes_out_first(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, {team.manager: Membership.Role.MANAGER})
    campaign.pages.filter(number=3).update(kind=Page.Kind.ADJUDICATION, rank=-7)
    shown = client_of(team.manager).get(f"/campaigns/{campaign.pk}/manage/", {"show": "pages"})
    html = shown.content.decode()
    numbers = re.findall(r"<tr>\s*<td>(\d+)</td>", html)
    assert numbers == ["1", "2", "3", "4"]
    assert '<span class="tag tag--kind">adjudication</span>' in html
