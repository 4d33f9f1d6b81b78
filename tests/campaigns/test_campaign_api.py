"""Opening campaigns through the API, and watching their preparation."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Campaign, Membership, Page
from apps.datasets.models import SynapseTable
from tests.support.people import PASSWORD, Team
from tests.support.work import client_of


def test_staff_open_a_campaign_and_become_its_manager(table: SynapseTable, team: Team) -> None:
    body = {"name": "Second look", "table": table.pk, "page_size": 24, "crop_size": [64, 64, 4]}
    response = client_of(team.manager).post("/api/campaigns", body, "application/json")
    assert response.status_code == 201, response.content
    campaign = Campaign.objects.get(pk=response.json()["id"])
    assert campaign.crop == (64, 64, 4)
    assert campaign.memberships.get().role == Membership.Role.MANAGER
    assert campaign.error_categories.count() == 4


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"crop_size": [10**6, 256, 6]}, "crop_size", "crop_size_x is 1000000"),
        ({"crop_size": [2048, 2048, 2048]}, "crop_size", "at most"),
        ({"crop_size": [0, 256, 6]}, "crop_size", "crop_size_x is 0"),
        ({"crop_size": [256, 256]}, "crop_size", "at least 3"),
        ({"page_size": 7}, "page_size", "none of 6, 12, 24"),
        ({"table": 10**6}, "table", "no synapse table"),
        ({"name": " "}, "name", "blank"),
        ({"name": None}, "name", "null"),
    ],
)
def test_bad_campaigns_are_refused_by_field(
    table: SynapseTable, team: Team, change: dict[str, Any], field: str, words: str
) -> None:
    body = {"name": "Second look", "table": table.pk} | change
    response = client_of(team.manager).post("/api/campaigns", body, "application/json")
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["field"] == field
    assert words in error["sentence"]
    assert Campaign.objects.count() == 0


def test_a_name_that_is_taken_is_refused(campaign: Campaign, team: Team) -> None:
    body = {"name": campaign.name, "table": campaign.table_id}
    response = client_of(team.manager).post("/api/campaigns", body, "application/json")
    assert response.status_code == 400
    assert "already" in response.json()["error"]["sentence"]
    assert Campaign.objects.count() == 1


def test_broken_json_is_a_sentence(table: SynapseTable, team: Team) -> None:
    response = client_of(team.manager).post("/api/campaigns", "{no", "application/json")
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]["sentence"]


def test_annotators_do_not_open_campaigns(table: SynapseTable, team: Team) -> None:
    body = {"name": "Mine", "table": table.pk}
    response = client_of(team.anna).post("/api/campaigns", body, "application/json")
    assert response.status_code == 403
    assert Campaign.objects.count() == 0


def test_progress_is_cheap_to_ask_again(campaign: Campaign, team: Team) -> None:
    client = client_of(team.anna)
    url = f"/api/campaigns/{campaign.pk}/progress"
    response = client.get(url)
    assert response.json()["status"] == "open"
    assert response.json()["prepared"] == response.json()["to_prepare"] > 0
    again = client.get(url, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_every_instance_stands_on_one_page(campaign: Campaign) -> None:
    pages = Page.objects.filter(campaign=campaign)
    sizes = [page.items.count() for page in pages.order_by("number")]
    assert sum(sizes) == campaign.table.row_count
    assert set(sizes[:-1]) == {campaign.page_size}
    assert 1 <= sizes[-1] <= campaign.page_size


def test_nobody_logged_in_is_asked_to_log_in(campaign: Campaign) -> None:
    client = Client()
    assert client.get("/").headers["Location"].startswith("/login/")
    response = client.post(f"/api/campaigns/{campaign.pk}/lease")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "login_needed"


def test_logging_in_leads_to_my_campaigns(campaign: Campaign, team: Team) -> None:
    client = Client()
    response = client.post("/login/", {"username": "anna", "password": PASSWORD}, follow=True)
    assert response.status_code == 200
    assert campaign.name in response.content.decode()


def test_an_outsider_sees_an_empty_list(campaign: Campaign, team: Team) -> None:
    response = client_of(team.outsider).get("/")
    assert response.status_code == 200
    assert campaign.name not in response.content.decode()
