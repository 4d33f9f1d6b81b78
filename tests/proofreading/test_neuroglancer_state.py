"""An instance in Neuroglancer: what its state says, read by Neuroglancer's own Python package."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import neuroglancer
import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.models import Campaign, Item, Membership
from apps.datasets.domain.viewer_state import (
    ShownSynapse,
    ShownVolume,
    middle_nm,
    state_fragment,
    viewer_state,
)
from apps.datasets.models import Instance, Secret, Volume
from apps.datasets.services.viewing import ViewedVolume, view_of_plan
from apps.proofreading.services.viewing import neuroglancer_state
from apps.voxels.geometry import AXIS_ORDERS, AxisOrder, Box, Point, Resolution
from tests.support.datasets import write_info
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, lease

HERE = "https://synanno.example"
LARGEST = 2**64 - 1
EM = Resolution(4, 4, 40)


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    people = {team.anna: Membership.Role.ANNOTATOR, team.ben: Membership.Role.VIEWER}
    return paper_campaign(tmp_path, people)


def add_neurons(campaign: Campaign, **changes: Any) -> Volume:
    """A neuron volume like the clefts, with changes."""
    volume = campaign.table.dataset.volumes.get(kind=Volume.Kind.CLEFT)
    volume.pk, volume.kind = None, Volume.Kind.NEURON
    for name, value in changes.items():
        setattr(volume, name, value)
    volume.save()
    return volume


def first_item(campaign: Campaign, **changes: Any) -> Item:
    item = campaign.items.select_related("instance").order_by("position")[0]
    Instance.objects.filter(pk=item.instance_id).update(**changes)
    item.instance.refresh_from_db()
    return item


@pytest.mark.django_db
def test_neuroglancer_reads_the_state_of_an_instance(campaign: Campaign) -> None:
    neurons = add_neurons(campaign)
    item = first_item(campaign, pre_root_id=LARGEST, post_root_id=2**53 + 1)
    view = neuroglancer_state(campaign, item, f"{HERE}/")
    assert view.problems == []
    state = neuroglancer.ViewerState(json.loads(json.dumps(view.state)))
    assert list(state.dimensions.names) == ["x", "y", "z"]
    assert list(state.dimensions.units) == ["m", "m", "m"]
    assert list(state.dimensions.scales) == pytest.approx([8e-9] * 3)
    assert list(state.position) == [100.5, 200.5, 300.5]
    layers = {layer.name: layer for layer in state.layers}
    kinds = [(layer.name, layer.type) for layer in state.layers]
    assert kinds == [
        ("image", "image"),
        ("neurons", "segmentation"),
        ("clefts", "segmentation"),
        ("presynaptic points", "annotation"),
        ("postsynaptic points", "annotation"),
    ]
    source = layers["neurons"].source[0]
    assert source.url == f"precomputed://{HERE}/volumes/{neurons.pk}/"
    assert list(layers["neurons"].segments) == [LARGEST, 2**53 + 1]
    assert view.state["layers"][1]["segments"] == [str(LARGEST), str(2**53 + 1)]
    (pre,) = layers["presynaptic points"].annotations
    (post,) = layers["postsynaptic points"].annotations
    assert (list(pre.point), list(post.point)) == ([95.5, 200.5, 300.5], [105.5, 200.5, 300.5])


@pytest.mark.django_db
def test_the_view_is_as_large_as_the_cutout(campaign: Campaign) -> None:
    campaign.crop_x, campaign.crop_y = 600, 300  # of 8 nm
    scale = neuroglancer_state(campaign, first_item(campaign), HERE).state["crossSectionScale"]
    assert scale * 300 == pytest.approx(600)  # voxels on 300 pixels


@pytest.mark.django_db
def test_an_instance_without_neurons_or_points(campaign: Campaign) -> None:
    add_neurons(campaign)
    nowhere = {f"{end}_{axis}": None for end in ("pre", "post") for axis in "xyz"}
    item = first_item(campaign, pre_root_id=None, post_root_id=None, **nowhere)
    state = neuroglancer.ViewerState(neuroglancer_state(campaign, item, HERE).state)
    assert [layer.name for layer in state.layers] == ["image", "neurons", "clefts", "centres"]
    assert list(state.layers["neurons"].segments) == []
    item = first_item(campaign, pre_root_id=7, post_root_id=7)
    state = neuroglancer.ViewerState(neuroglancer_state(campaign, item, HERE).state)
    assert list(state.layers["neurons"].segments) == [7]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("gs://bucket/em", "precomputed://gs://bucket/em"),
        ("s3://bucket/em", "precomputed://s3://bucket/em"),
        ("https://host/em", "precomputed://https://host/em"),
        ("http://host/em", "precomputed://http://host/em"),
        ("graphene://https://h/s/table/n", "graphene://middleauth+https://h/s/table/n"),
        ("graphene://middleauth+https://h/s/table/n", "graphene://middleauth+https://h/s/table/n"),
    ],
)
def test_public_volumes_are_read_by_the_browser(
    campaign: Campaign, address: str, source: str
) -> None:
    add_neurons(campaign, address=address)
    view = neuroglancer_state(campaign, first_item(campaign), HERE)
    assert neuroglancer.ViewerState(view.state).layers["neurons"].source[0].url == source


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["https://anna:hush@host/em", "https://host/em?token=hush", "s3://hush@bucket/em"]
)
def test_a_secret_in_an_address_stays_here(campaign: Campaign, address: str) -> None:
    add_neurons(campaign, address=address)
    view = neuroglancer_state(campaign, first_item(campaign), HERE)
    assert "hush" not in repr(view)
    assert [layer["name"] for layer in view.state["layers"][:2]] == ["image", "clefts"]
    (problem,) = view.problems
    assert problem.layer == "neurons"
    assert "stays on the server" in problem.sentence


@pytest.mark.django_db
def test_a_volume_with_a_login_of_its_own_is_told_of(campaign: Campaign, team: Team) -> None:
    secret = Secret.objects.create(name="bucket", kind="s3", sealed=b"-")
    add_neurons(campaign, address="s3://private/em", secret=secret)
    (problem,) = neuroglancer_state(campaign, first_item(campaign), HERE).problems
    assert "“neurons” is read with a secret" in problem.sentence


@pytest.mark.django_db
def test_an_instance_outside_a_volume_is_told_of(campaign: Campaign) -> None:
    campaign.table.dataset.volumes.filter(kind=Volume.Kind.CLEFT).update(hi_x=50)
    view = neuroglancer_state(campaign, first_item(campaign), HERE)
    (problem,) = view.problems
    assert problem.layer == "clefts"
    assert "voxel (100, 200, 300)" in problem.sentence
    assert "(0, 0, 0) to (50, 1024, 1024)" in problem.sentence
    assert view.state["position"] == [100.5, 200.5, 300.5]


@pytest.mark.django_db
def test_a_page_says_where_its_instances_are_shown(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    url = page["lease"]["neuroglancer_url"]
    item = page["tiles"][2]["item"]
    answer = anna.get(url, {"item": item})
    assert answer.status_code == 200
    address = answer.json()["address"]
    assert json.loads(unquote(address.split("#!")[1])) == answer.json()["state"]
    assert address.startswith("/neuroglancer/#!")
    source = answer.json()["state"]["layers"][0]["source"]["url"]
    assert source.startswith("precomputed://http://testserver/volumes/")
    info = anna.get(source.removeprefix("precomputed://http://testserver") + "info")
    assert json.loads(info.getvalue())["scales"]
    elsewhere = campaign.items.exclude(pages__leases__token=page["lease"]["token"])[0]
    assert anna.get(url, {"item": elsewhere.pk}).status_code == 400
    assert anna.get(url, {"item": "x"}).status_code == 400
    assert client_of(team.outsider).get(url, {"item": item}).status_code == 404
    of_any = f"/api/campaigns/{campaign.pk}/neuroglancer"
    assert client_of(team.ben).get(of_any, {"item": elsewhere.pk}).status_code == 200
    assert anna.get(of_any, {"item": elsewhere.pk}).status_code == 403


def plan_of(address: str, kind: str = "image") -> ViewedVolume:
    return ViewedVolume(kind, address, Resolution(8, 8, 8), Box(Point(0, 0, 0), Point(64, 64, 64)))


@pytest.mark.django_db
def test_what_is_not_saved_yet_is_shown_to_who_names_it(team: Team, tmp_path: Path) -> None:
    root = tmp_path.resolve()
    image = plan_of(write_info(root / "em", size=(64, 64, 64)))
    synapses = [
        ShownSynapse((80.0, 80.0, 80.0), pre_nm=(72.0, 80.0, 80.0), pre_root_id=5),
        ShownSynapse((160.0, 160.0, 160.0), post_nm=(168.0, 160.0, 160.0)),
    ]
    environment = replace(settings.ENVIRONMENT, volume_roots=(root,))
    with override_settings(ENVIRONMENT=environment):
        crop = Point(32, 32, 8)
        view = view_of_plan(team.manager, [image], synapses, crop, HERE)
        source = view.state["layers"][0]["source"]["url"].removeprefix(f"precomputed://{HERE}")
        assert client_of(team.manager).get(f"{source}info").status_code == 200
        assert client_of(team.anna).get(f"{source}info").status_code == 404
        middle = view_of_plan(team.manager, [image], [], crop, HERE)
        assert middle.state["position"] == [32.5, 32.5, 32.5]
        outside = view_of_plan(team.manager, [plan_of("file:///etc")], synapses, crop, HERE)
    state = neuroglancer.ViewerState(view.state)
    assert len(state.layers["presynaptic points"].annotations) == 1
    assert len(state.layers["postsynaptic points"].annotations) == 1
    assert "SYNANNO_VOLUME_ROOTS" in outside.problems[0].sentence
    assert "/etc" not in json.dumps(outside.state)


@given(
    order=st.sampled_from(AXIS_ORDERS),
    stored=st.tuples(*[st.integers(0, 10**6)] * 3),
    resolution=st.tuples(*[st.floats(0.5, 100)] * 3),
)
def test_a_stored_voxel_lands_where_it_is(
    order: str, stored: tuple[int, int, int], resolution: tuple[float, float, float]
) -> None:
    """As Neuroglancer reckons: the matrix takes stored lengths to lengths along x, y, z."""
    axes, truth = AxisOrder(order), Resolution(*resolution)
    volume = ShownVolume("image", "precomputed://x", order, truth)
    state = viewer_state([volume], [ShownSynapse((0, 0, 0))], voxel=truth, extent_nm=100)
    transform = neuroglancer.ViewerState(state).layers["image"].source[0].transform
    scales = list(transform.input_dimensions.scales)
    lengths = [(at + 0.5) * scale for at, scale in zip(stored, scales, strict=True)]
    rows = transform.matrix
    landed = [sum(row[k] * lengths[k] for k in range(3)) + row[3] for row in rows]
    voxel = Point(*map(int, axes.to_physical(stored)))
    expected = [nm / 1e9 for nm in middle_nm(voxel, truth)]
    assert landed == pytest.approx(expected)


@pytest.mark.django_db
def test_a_coarser_mip_has_the_finest_one_beneath(campaign: Campaign, tmp_path: Path) -> None:
    """The resolution of a volume is of the mip that is shown, Neuroglancer's of the finest."""
    folder = tmp_path / "mips"
    address = write_info(folder, kind="segmentation", dtype="uint32")
    info = json.loads((folder / "info").read_text())
    coarse = {**info["scales"][0], "key": "1", "resolution": [16, 16, 8]}
    (folder / "info").write_text(json.dumps({**info, "scales": [info["scales"][0], coarse]}))
    corrected = {"resolution_x": 32, "resolution_y": 32, "resolution_z": 16}  # twice the info's
    add_neurons(campaign, address=address, mip=1, **corrected)
    view = neuroglancer_state(campaign, first_item(campaign), HERE)
    transform = neuroglancer.ViewerState(view.state).layers["neurons"].source[0].transform
    assert list(transform.input_dimensions.scales) == pytest.approx([16e-9] * 3)
    (folder / "info").unlink()
    (problem,) = neuroglancer_state(campaign, first_item(campaign), HERE).problems
    assert "no usable info" in problem.sentence


def test_a_fragment_is_read_back_whatever_is_in_it() -> None:
    state = {"title": "a#b%20c?d=\"e\" é ‒ '…'", "segments": [str(LARGEST)]}
    fragment = state_fragment(state)
    assert json.loads(unquote(fragment.removeprefix("#!"))) == state
    assert fragment.isascii()
    assert "#" not in fragment[1:]


def test_a_volume_without_anything_odd_needs_no_transform() -> None:
    plain = ShownVolume("image", "precomputed://x")
    state = viewer_state([plain], [ShownSynapse((0, 0, 0))], voxel=EM, extent_nm=100)
    assert state["layers"][0]["source"] == "precomputed://x"


@pytest.mark.django_db
def test_neuropil_is_a_layer_that_is_hidden_at_first(campaign: Campaign) -> None:
    add_neurons(campaign, kind=Volume.Kind.NEUROPIL)
    view = neuroglancer_state(campaign, first_item(campaign), HERE)
    assert view.problems == []
    layers = {layer.name: layer for layer in neuroglancer.ViewerState(view.state).layers}
    shown = [(name, layer.type, layer.visible) for name, layer in layers.items()]
    assert shown[:3] == [
        ("image", "image", True),
        ("neuropil", "segmentation", False),
        ("clefts", "segmentation", True),
    ]
