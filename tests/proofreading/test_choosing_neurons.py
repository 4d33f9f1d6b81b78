"""Whoever opens a campaign along neurons sees those of the dataset, to choose some by clicking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neuroglancer
import pytest

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.datasets.models import Volume
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


def choosing(campaign: Campaign, user: User) -> Any:
    answer = client_of(user).get(f"/api/tables/{campaign.table_id}/neuroglancer")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_all_of_a_dataset_is_shown_with_nothing_selected(team: Team, tmp_path: Path) -> None:
    campaign = paper_campaign(tmp_path, {})
    User.objects.filter(pk=team.manager.pk).update(is_staff=True)
    manager = User.objects.get(pk=team.manager.pk)
    without = choosing(campaign, manager)
    assert [one["layer"] for one in without["problems"]] == ["neurons"]
    assert "no volume of neurons" in without["problems"][0]["sentence"]

    clefts = campaign.table.dataset.volumes.get(kind=Volume.Kind.CLEFT)
    clefts.pk, clefts.kind = None, Volume.Kind.NEURON
    clefts.save()
    shown = choosing(campaign, manager)
    assert shown["problems"] == []
    assert shown["address"].startswith("/neuroglancer/#!")
    state = neuroglancer.ViewerState(shown["state"])
    assert [layer.name for layer in state.layers] == ["image", "neurons", "clefts"]
    assert list(state.layers["neurons"].segments) == []
    image = campaign.table.dataset.volumes.get(kind=Volume.Kind.IMAGE)
    middle = [(lo + hi) // 2 + 0.5 for lo, hi in zip(image.bounds.lo, image.bounds.hi, strict=True)]
    assert list(state.position) == middle

    unknown = client_of(manager).get("/api/tables/999999/neuroglancer")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
