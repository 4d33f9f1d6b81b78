"""Where the server itself fails, programs are told in JSON and people on a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from apps.campaigns.api import progress
from apps.campaigns.models import Campaign, Membership
from tests.support.paper import paper_campaign
from tests.support.people import Team


def fail(campaign: Campaign) -> None:
    raise RuntimeError("a bug")


@pytest.fixture
def anna(team: Team) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(team.anna)
    return client


def test_a_failure_under_the_api_has_the_shape_of_all_errors(
    tmp_path: Path,
    team: Team,
    anna: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR})
    monkeypatch.setattr(progress, "progress_of", fail)
    answer = anna.get(f"/api/campaigns/{campaign.pk}/progress")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/json")
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == ("server_error", None)
    assert error["request_id"]
    assert error["request_id"] in error["sentence"]
    assert "a bug" not in answer.content.decode()
    assert error["request_id"] in caplog.text
    assert "a bug" in caplog.text


def test_a_failure_of_a_page_is_a_page(
    tmp_path: Path, team: Team, anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR})
    monkeypatch.setattr("apps.proofreading.views.describe_pictures", fail)
    answer = anna.get(f"/campaigns/{campaign.pk}/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
