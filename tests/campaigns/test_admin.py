"""What administrators mend of a campaign in Django's admin keeps to the rules of managers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

NO_DEADLINE = {"deadline_0": "", "deadline_1": ""}


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return paper_campaign(tmp_path, {team.manager: Membership.Role.MANAGER})


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    return client


def change(client: Client, campaign: Campaign, **data: Any) -> str:
    """Send the form; what is refused, or nothing."""
    address = f"/admin/campaigns/campaign/{campaign.pk}/change/"
    answer = client.post(address, NO_DEADLINE | data)
    campaign.refresh_from_db()
    return "" if answer.status_code == 302 else answer.content.decode()


def on_record(campaign: Campaign) -> list[dict[str, Any]]:
    entries = campaign.audit.filter(action="settings_changed").order_by("pk")
    return list(entries.values_list("details", flat=True))


def test_a_deadline_is_set_and_taken_away_on_record(paper: Campaign, administrator: Client) -> None:
    new_year = {"deadline_0": "2030-01-01", "deadline_1": "00:00:00"}
    assert change(administrator, paper, open_pages_cap=1, **new_year) == ""
    assert paper.deadline == datetime(2030, 1, 1, tzinfo=UTC)
    assert change(administrator, paper, open_pages_cap=1) == ""
    assert paper.deadline is None
    at = "2030-01-01T00:00:00+00:00"
    assert on_record(paper) == [
        {"changed": ["deadline"], "deadline": {"from": None, "to": at}},
        {"changed": ["deadline"], "deadline": {"from": at, "to": None}},
    ]


def test_a_deadline_that_has_passed_is_refused(paper: Campaign, administrator: Client) -> None:
    told = change(administrator, paper, deadline_0="2020-01-01", deadline_1="00:00:00")
    assert "deadline: this time" not in told
    assert "This time (1 Jan 2020, 00:00 UTC) has passed" in told
    assert paper.deadline is None


def test_what_changes_nothing_is_not_on_record(paper: Campaign, administrator: Client) -> None:
    assert change(administrator, paper, open_pages_cap=1) == ""
    assert on_record(paper) == []


def test_what_managers_may_not_change_is_refused(paper: Campaign, administrator: Client) -> None:
    assert (
        "give between 1 and 20, not 99" in change(administrator, paper, open_pages_cap=99).lower()
    )
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)
    assert "stays as it is" in change(administrator, paper, open_pages_cap=2)
    assert paper.open_pages_cap == 1
