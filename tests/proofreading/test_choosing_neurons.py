"""Neurons in Neuroglancer: those of a dataset, to choose some by clicking; and the section of a
page without instances, on which one looks for what was missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neuroglancer
import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services.leasing import lease_page
from apps.datasets.models import Volume
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.walks import STRAIGHT, line_rows, neuron_table, walk_campaign
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


def test_a_page_to_search_shows_the_beginning_of_its_section(team: Team, tmp_path: Path) -> None:
    roles = {team.anna: Membership.Role.ANNOTATOR}
    campaign = walk_campaign(neuron_table(tmp_path, line_rows(2)), roles, NeuronChoice((STRAIGHT,)))
    Page.objects.filter(campaign=campaign, number=1).update(rank=99)
    held = lease_page(campaign, team.anna, timezone.now()).lease
    assert held is not None
    assert held.page.kind == Page.Kind.SEARCH
    assert held.page.section is not None
    address = f"/api/leases/{held.token}/neuroglancer"
    view = client_of(team.anna).get(address).json()
    state = neuroglancer.ViewerState(view["state"])
    scales = [scale * 1e9 for scale in state.dimensions.scales]
    place = [at * scale for at, scale in zip(state.position, scales, strict=True)]
    assert place == pytest.approx(held.page.section.path_nm[0])
    assert "centres" not in [layer.name for layer in state.layers]
    for layer in view["state"]["layers"]:
        assert layer.get("segments", [str(STRAIGHT)]) == [str(STRAIGHT)]

    refused = client_of(team.anna).get(f"{address}?item=1")
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "item")
    assert client_of(team.ben).get(address).status_code == 404
