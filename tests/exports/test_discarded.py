"""What becomes of discarded false positives in a file is chosen, and managers see how many."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services.discarding import discard_false_positives
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Of six synapses Anna has called two false positives, and discarded them."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    items, now = items_of_lease(lease), timezone.now()
    wrong = [
        NewVerdict(uuid.uuid4(), items[place].pk, Label.INCORRECT, now, ("falsePositive",))
        for place in (1, 4)
    ]
    seen = {item.pk: Label.CORRECT for item in items} | {one.item_id: one.label for one in wrong}
    submit_page(lease, wrong, seen, now)
    discard_false_positives(campaign, team.anna, uuid.uuid4(), 2, now)
    return campaign


def indices(text: str) -> list[int]:
    return [record["Image_Index"] for record in json.loads(text)["Metadata"]]


@pytest.mark.parametrize("name", ["campaign-export", "api-campaign-export"])
def test_they_are_kept_unless_they_are_to_be_left_out(
    paper: Campaign, team: Team, name: str
) -> None:
    client, url = client_of(team.manager), reverse(name, args=[paper.pk])
    for query, expected in (
        ("", [0, 1, 2, 3, 4, 5]),
        ("?discarded=keep", [0, 1, 2, 3, 4, 5]),
        ("?discarded=leave-out", [0, 2, 3, 5]),
    ):
        answer: Any = client.get(url + query)
        assert indices(answer.getvalue().decode()) == expected
    refused = client.get(f"{url}?discarded=never", headers={"Accept": "application/json"})
    assert refused.status_code == 400
    assert b"neither &#x27;keep" in refused.content or b"neither 'keep'" in refused.content


def test_the_command_leaves_them_out_and_says_how_many(
    paper: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    call_command("export", paper.name, output=folder)
    assert "2 discarded as false positives are in them" in capsys.readouterr().out
    assert len(indices((folder / "synanno.json").read_text())) == 6
    call_command("export", paper.name, output=folder, discarded="leave-out")
    assert "4 synapses written, 2 left out" in capsys.readouterr().out
    assert indices((folder / "synanno.json").read_text()) == [0, 2, 3, 5]


def test_managers_see_how_many_there_are(paper: Campaign, team: Team) -> None:
    page = client_of(team.manager).get(
        reverse("campaign-manage", args=[paper.pk]), {"show": "pages"}
    )
    assert page.context["discarded"] == 2
    assert b"?discarded=leave-out" in page.content
