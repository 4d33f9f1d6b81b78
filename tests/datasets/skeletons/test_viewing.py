"""Skeletons and meshes of neurons in Neuroglancer's state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import neuroglancer
import pytest

from apps.campaigns.models import Campaign, Membership
from apps.datasets.models import SkeletonSource, Volume
from apps.datasets.services.viewing import View, view_of_dataset, view_of_place
from apps.proofreading.services.viewing import neuroglancer_state
from apps.voxels.geometry import Point
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db
HERE = "https://synanno.example"
LARGE_ID = 2**63 + 11


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    return paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR})


def add_source(campaign: Campaign, **changes: Any) -> str:
    """The dataset has skeletons; where the browser reads them."""
    dataset = campaign.table.dataset
    SkeletonSource.objects.create(dataset=dataset, kind="swc", address="gs://a/b", **changes)
    return f"precomputed://{HERE}/skeletons/{dataset.pk}"


def shown_at(campaign: Campaign, root_id: int) -> View:
    volumes = list(campaign.table.dataset.volumes.all())
    return view_of_place(volumes, (1.0, 2.0, 3.0), root_id, Point(9, 9, 9), f"{HERE}/")


def layers_of(view: View) -> dict[str, Any]:
    state = neuroglancer.ViewerState(json.loads(json.dumps(view.state)))
    return {layer.name: layer.layer for layer in state.layers}


def test_without_a_source_there_is_no_layer(campaign: Campaign) -> None:
    assert "skeletons" not in layers_of(shown_at(campaign, LARGE_ID))
    add_source(campaign, problem="it is not there")
    assert "skeletons" not in layers_of(shown_at(campaign, LARGE_ID))


def test_without_a_volume_of_neurons_the_neuron_is_selected_itself(campaign: Campaign) -> None:
    source = add_source(campaign)
    layer = layers_of(shown_at(campaign, LARGE_ID))["skeletons"]
    assert [one.url for one in layer.source] == [source]
    assert set(layer.segments) == {LARGE_ID}


def test_with_one_the_skeletons_are_of_those_selected_there(campaign: Campaign) -> None:
    source = add_source(campaign)
    neurons = campaign.table.dataset.volumes.get(kind=Volume.Kind.CLEFT)
    neurons.pk, neurons.kind = None, Volume.Kind.NEURON
    neurons.save()
    item = campaign.items.select_related("instance").order_by("position")[0]
    volumes = list(campaign.table.dataset.volumes.all())
    for view in (
        shown_at(campaign, LARGE_ID),
        neuroglancer_state(campaign, item, HERE),
        view_of_dataset(volumes, HERE),
    ):
        layer = layers_of(view)["skeletons"]
        assert [one.url for one in layer.source] == [source]
        assert layer.linked_segmentation_group == "neurons"
        assert layer.linked_segmentation_color_group == "neurons"
    # Neuroglancer shows the meshes that a volume's info names, unless a state forbids it.
    told = next(one for one in view.state["layers"] if one["name"] == "neurons")
    assert isinstance(told["source"], str) or "subsources" not in told["source"]
