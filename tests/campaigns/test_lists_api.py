"""What a program asks first: which campaigns one takes part in, which tables there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.tokens import create_token
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.services.leasing import lease_page
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import Label
from tests.support.datasets import make_empty_dataset
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
CAMPAIGNS, TABLES = "/api/campaigns", "/api/tables"


def with_token(user: User) -> Client:
    _, secret = create_token(user, "Notebook", 30)
    return Client(headers={"Authorization": f"Token {secret}"})


def listed(client: Client, address: str = CAMPAIGNS) -> list[dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_one_is_told_of_ones_own_campaigns_as_on_the_first_page(tmp_path: Path, team: Team) -> None:
    both = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    done = paper_campaign(tmp_path, both, name="CA3, first pass")
    begun = paper_campaign(tmp_path, both | {team.ben: ROLE.ANNOTATOR}, name="CA1")
    paper_campaign(tmp_path, {team.ben: ROLE.ANNOTATOR}, name="Of others")
    work(done, team.anna)
    judge(_lease(begun, team.anna), always(Label.CORRECT))
    judge(_lease(begun, team.ben), always(Label.CORRECT))

    rows = listed(with_token(team.anna))
    assert [(row["name"], row["role"], row["finished"]) for row in rows] == [
        ("CA1", "annotator", False),
        ("CA3, first pass", "annotator", True),
    ]
    assert [(row["pages_done"], row["pages_total"], row["my_pages"]) for row in rows] == [
        (2, 4, 1),
        (4, 4, 4),
    ]
    assert {row["role"] for row in listed(with_token(team.manager))} == {"manager"}
    assert listed(with_token(team.outsider)) == []


def _lease(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def test_campaigns_are_found_by_status_and_name_and_come_in_parts(
    tmp_path: Path, team: Team
) -> None:
    for name in ("CA1", "CA3, first pass", "CA3, second pass"):
        paper_campaign(tmp_path, {team.anna: ROLE.ANNOTATOR}, name=name)
    Campaign.objects.filter(name="CA1").update(status="closed")
    anna = client_of(team.anna)
    assert {row["name"] for row in listed(anna, f"{CAMPAIGNS}?status=closed")} == {"CA1"}
    assert len(listed(anna, f"{CAMPAIGNS}?name=ca3")) == 2
    assert len(listed(anna, f"{CAMPAIGNS}?name=ca3&status=closed")) == 0
    for name, nonsense in (("status", "merry"), ("name", "%00"), ("stats", "open")):
        refused = anna.get(f"{CAMPAIGNS}?{name}={nonsense}")
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, name)
    first = anna.get(f"{CAMPAIGNS}?limit=2").json()
    second = anna.get(first["next"]).json()
    names = [row["name"] for row in (*first["results"], *second["results"])]
    assert names == ["CA3, second pass", "CA3, first pass", "CA1"]


def test_a_program_opens_a_campaign_on_a_table_that_it_found(tmp_path: Path, team: Team) -> None:
    row = {"x": 1, "y": 2, "z": 3, "pre_neuron_id": 1, "post_neuron_id": 2}
    points = {f"{end}_pt_{a}": 2 for end in ("pre", "post") for a in "xyz"}
    for name in ("ca1", "ca3"):
        make_empty_dataset(tmp_path / name, [row | points], name=name)
    manager = with_token(team.manager)
    (table,) = listed(manager, f"{TABLES}?dataset=ca3")
    assert (table["dataset"], table["row_count"], table["version"]) == ("ca3", 1, 1)
    assert len(listed(manager, TABLES)) == SynapseTable.objects.count() == 2
    assert listed(manager, f"{TABLES}?dataset=ca3&name=others") == []
    assert manager.get(f"{TABLES}?dataset=%00").status_code == 400
    made = manager.post(
        CAMPAIGNS, {"name": "New", "table": table["id"]}, content_type="application/json"
    )
    assert made.status_code == 201, made.content
    assert listed(manager)[0]["id"] == made.json()["id"]


def test_tables_are_told_to_those_who_may_open_campaigns(tmp_path: Path, team: Team) -> None:
    assert client_of(team.anna).get(TABLES).status_code == 403
    assert Client().get(TABLES).status_code == 401
    assert Client().get(CAMPAIGNS).status_code == 401
