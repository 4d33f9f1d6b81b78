"""The page on which managers say where skeletons come from, and try one neuron."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Campaign, Membership
from apps.datasets.domain.skeletons import SkeletonKind, SkeletonSettings
from apps.datasets.models import SkeletonSource
from apps.datasets.services.skeleton_sources import name_source
from apps.datasets.services.skeletons import read_for_browsers
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.skeletons import fork, write_precomputed_skeletons
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    team.manager.is_staff = False
    team.manager.save()
    return paper_campaign(tmp_path, roles)


def page(client: Client, campaign: Campaign) -> Any:
    return client.get(f"/datasets/{campaign.table.dataset_id}/skeletons/")


def attempt(client: Client, campaign: Campaign, root_id: object) -> Any:
    url = f"/api/datasets/{campaign.table.dataset_id}/skeletons/try"
    return client.post(url, json.dumps({"root_id": root_id}), content_type="application/json")


def test_managers_send_files_and_the_staff_names_addresses(campaign: Campaign, team: Team) -> None:
    own = page(client_of(team.manager), campaign).content.decode()
    assert "Nobody has said it" in own
    assert 'name="file"' in own
    assert 'value="precomputed"' not in own
    team.manager.is_staff = True
    team.manager.save()
    assert 'value="precomputed"' in page(client_of(team.manager), campaign).content.decode()
    assert page(client_of(team.anna), campaign).status_code == 403
    assert page(client_of(team.outsider), campaign).status_code == 404


def test_one_neuron_is_tried(campaign: Campaign, team: Team, tmp_path: Path) -> None:
    address = write_precomputed_skeletons(tmp_path / "s", {7: fork()})
    dataset = campaign.table.dataset
    SkeletonSource.objects.create(
        dataset=dataset, kind=SkeletonKind.PRECOMPUTED, address=address, checked_version=1
    )
    mona = client_of(team.manager)
    assert "Try one neuron" in page(mona, campaign).content.decode()
    for root_id in (7, 8):
        assert attempt(mona, campaign, str(root_id)).json()["state"] == "reading"
        read_for_browsers(dataset.pk, root_id)
    assert attempt(mona, campaign, "7").json() == {
        "state": "found",
        "sentence": "",
        "vertices": 6,
        "length_nm": 60_000.0,
        "has_soma": False,
    }
    missing = attempt(mona, campaign, "8").json()
    assert (missing["state"], "neuron 8" in missing["sentence"]) == ("none", True)
    for wrong in ("seven", "", -1):
        answer = attempt(mona, campaign, wrong)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "root_id")
    assert attempt(client_of(team.anna), campaign, "7").status_code == 403


def test_what_is_wrong_with_a_source_is_shown(campaign: Campaign, team: Team) -> None:
    team.manager.is_staff = True
    team.manager.save()
    dataset = campaign.table.dataset
    given = SkeletonSettings(SkeletonKind.PRECOMPUTED, "gs://nowhere/at-all")
    source = name_source(dataset, given, team.manager)
    shown = page(client_of(team.manager), campaign).content.decode()
    assert "A worker is looking at it" in shown
    assert "Try one neuron" not in shown
    source.checked_version, source.problem = source.version, "skeletons: there is no info file."
    source.save()
    shown = page(client_of(team.manager), campaign).content.decode()
    assert "It cannot be used. There is no info file." in shown
