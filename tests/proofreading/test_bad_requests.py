"""Requests that cannot be used are answered with 400 and a sentence, whatever is in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.campaigns.models import Campaign, Membership
from apps.proofreading.models import Verdict
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post, verdict

LONG_NUMBER = "7" * 5_000


@pytest.mark.parametrize("key", [LONG_NUMBER, "٣", "²", "-1", "", "one"])
def test_the_key_of_a_label_must_be_the_number_of_an_item(
    campaign: Campaign, team: Team, key: str
) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    body = {"verdicts": [], "labels": labels_of(page) | {key: "correct"}}
    response = post(anna, page["lease"]["submit_url"], body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["field"] == "labels"
    assert "is no number of an item" in error["sentence"]
    assert len(error["sentence"]) < 200


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"verdicts": ' + '{"a":' * 100_000,
        '{"verdicts": [{"item": ' + LONG_NUMBER + "}]}",
        '{"verdicts": [{"label": "\\ud800"}]}',
    ],
    ids=["lists", "objects", "a long number", "half a character"],
)
def test_json_that_cannot_be_read_is_bad_input(campaign: Campaign, team: Team, body: str) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    response = anna.post(page["lease"]["verdicts_url"], body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"
    assert response.json()["error"]["sentence"].startswith("JSON parse error")


@pytest.mark.parametrize("items", [LONG_NUMBER, "1,,2", "one", "999999999999999999999"])
def test_tiles_are_asked_for_by_number(campaign: Campaign, team: Team, items: str) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    response = anna.get(f"{page['lease']['tiles_url']}?items={items}")
    assert response.status_code == 400
    assert response.json()["error"]["field"] == "items"


def test_an_item_beyond_what_the_database_can_count(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page: Any = lease(anna, campaign)[0].header
    body = json.dumps({"verdicts": [verdict(10**40)]})
    response = anna.post(page["lease"]["verdicts_url"], body, content_type="application/json")
    assert response.status_code == 400
    assert "is not on this page" in response.json()["error"]["sentence"]
    assert Verdict.objects.count() == 0


def test_who_is_taken_out_of_a_campaign_can_use_no_lease_of_it(
    campaign: Campaign, team: Team
) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    urls = page["lease"]
    Membership.objects.filter(campaign=campaign, user=team.anna).delete()
    body = {"verdicts": [verdict(page["tiles"][0]["item"])]}
    assert post(anna, urls["verdicts_url"], body).status_code == 404
    assert anna.get(urls["tiles_url"]).status_code == 404
    assert post(anna, urls["renew_url"], {}).status_code == 404
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("gold/policy", "rate"),
        ("gold/policy", "floor"),
        ("gold/policy", "pass_mark"),
        ("", "policy.threshold_correct"),
        ("", "policy.threshold_incorrect"),
    ],
)
def test_a_number_must_be_one(
    campaign: Campaign, team: Team, address: str, body: str, number: str
) -> None:
    *outer, field = body.split(".")
    sent: dict[str, Any] = {field: number}
    for name in outer:
        sent = {name: sent}
    url = f"/api/campaigns/{campaign.pk}/{address}".rstrip("/")
    manager = client_of(team.manager)
    response = manager.patch(url, data=sent, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]["field"] == body
    assert "valid number" in response.json()["error"]["sentence"]
