"""What is told of the instances of a page: all that the table says of them, and nothing that tells
which of them are gold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Campaign, Membership
from apps.datasets.models import Instance, SynapseTable
from apps.datasets.selectors.facts import own_columns
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldAnswer, GoldPolicy
from tests.support.datasets import make_empty_dataset
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, lease

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_waits_for_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are none on paper, and what is told does not hang on them."""
    monkeypatch.setattr("apps.campaigns.services.cutouts.PATIENCE_S", 0.0)


LARGEST = 2**64 - 1
PEOPLE = Membership.Role.ANNOTATOR


def details(client: Client, campaign: Campaign) -> Any:
    """What the person is told of the page that they are handed, and the page."""
    page = lease(client, campaign)[0].header
    answer = client.get(page["lease"]["details_url"])
    assert answer.status_code == 200, answer.content
    return answer.json(), page


def test_an_annotator_reads_what_the_table_says(team: Team, tmp_path: Path) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: PEOPLE})
    first = campaign.items.order_by("position")[0].instance_id
    Instance.objects.filter(pk=first).update(
        pre_root_id=LARGEST, post_root_id=None, score=0.93, size=2**53 + 1
    )
    SynapseTable.objects.update(mapping={"id": "syn_id", "score": "cleft_score"})
    told, page = details(client_of(team.anna), campaign)
    assert told["voxel_nm"] == [8, 8, 8]
    assert [one["item"] for one in told["items"]] == [tile["item"] for tile in page["tiles"]]
    one, other = told["items"][:2]
    assert one == {
        "item": page["tiles"][0]["item"],
        "center": {"voxel": [100, 200, 300], "nm": [804, 1604, 2404]},
        "pre_pt": {"voxel": [95, 200, 300], "nm": [764, 1604, 2404]},
        "post_pt": {"voxel": [105, 200, 300], "nm": [844, 1604, 2404]},
        "box": {
            "lo": [95, 200, 300],
            "hi": [106, 201, 301],
            "lo_nm": [760, 1600, 2400],
            "hi_nm": [848, 1608, 2408],
        },
        "pre_root_id": str(LARGEST),
        "post_root_id": None,
        "columns": [
            {"name": "syn_id", "title": "Id in the table", "value": "0"},
            {"name": "cleft_score", "title": "Score", "value": "0.93"},
            {"name": "size", "title": "Size", "value": str(2**53 + 1)},
        ],
    }
    names = [column["name"] for column in other["columns"]]
    assert names == ["syn_id", "cleft_score"], "a column that the table has, where a row has none"


def test_of_voxels_of_another_size_the_nm_are_right(team: Team, tmp_path: Path) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: PEOPLE})
    SynapseTable.objects.update(resolution_x=4, resolution_y=4, resolution_z=33)
    told, _ = details(client_of(team.anna), campaign)
    assert told["items"][0]["center"]["nm"] == [402, 802, 9916.5]


def test_a_page_of_somebody_else_is_not_told(team: Team, tmp_path: Path) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: PEOPLE, team.ben: PEOPLE})
    url = lease(client_of(team.anna), campaign)[0].header["lease"]["details_url"]
    assert client_of(team.ben).get(url).status_code == 404
    assert client_of(team.manager).get(url).status_code == 404


def with_gold(team: Team, folder: Path) -> Campaign:
    """Gold stands out in the table: it alone has scores, sizes and high ids."""
    gold = dict.fromkeys(range(12, 18), Label.INCORRECT)
    campaign = paper_campaign(folder, {team.anna: PEOPLE}, instances=18, gold=gold)
    known = GoldAnswer.objects.values("item__instance")
    Instance.objects.filter(pk__in=known).update(score=1.0, size=7)
    GoldPolicy.objects.create(campaign=campaign, rate=0.5, floor=0.5)
    return campaign


def shapes(value: Any) -> Any:
    """What there is to read, whatever it says."""
    if isinstance(value, dict):
        return {name: shapes(one) for name, one in value.items()}
    return [shapes(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_nothing_tells_which_instances_are_gold(team: Team, tmp_path: Path) -> None:
    campaign = with_gold(team, tmp_path)
    told, page = details(client_of(team.anna), campaign)
    is_gold = {
        item.pk: item.sheet is None
        for item in campaign.items.filter(pk__in=[one["item"] for one in told["items"]])
    }
    assert set(is_gold.values()) == {True, False}
    assert [one["item"] for one in told["items"]] == [tile["item"] for tile in page["tiles"]]
    assert {one["columns"] for one in told["items"]} == {None}
    of_gold, of_others = (
        [shapes(one) for one in told["items"] if is_gold[one["item"]] is which]
        for which in (True, False)
    )
    assert all(one == of_others[0] for one in of_gold + of_others)


def test_a_page_without_gold_tells_no_more_where_others_have_some(
    team: Team, tmp_path: Path
) -> None:
    campaign = with_gold(team, tmp_path)
    GoldPolicy.objects.update(rate=0.01, floor=0.0)  # so little that this page has none
    told, _ = details(client_of(team.anna), campaign)
    assert {one["columns"] for one in told["items"]} == {None}


def test_a_table_without_points_and_neurons(team: Team, tmp_path: Path) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: PEOPLE})
    nowhere = {f"{end}_{axis}": None for end in ("pre", "post") for axis in "xyz"}
    Instance.objects.update(pre_root_id=None, post_root_id=None, **nowhere)
    told, _ = details(client_of(team.anna), campaign)
    lacks = ("pre_pt", "post_pt", "pre_root_id", "post_root_id")
    assert {told["items"][0][name] for name in lacks} == {None}


def test_a_table_is_read_with_its_own_names(team: Team, tmp_path: Path) -> None:
    """What a real import keeps of a row that has more columns than are read."""
    point = {f"{name}_{axis}": 9 for name in ("pre_pt", "post_pt") for axis in "xyz"}
    row = {**point, "x": 9, "y": 9, "z": 9, "pre_neuron_id": 1, "post_neuron_id": 2}
    table = make_empty_dataset(tmp_path / "own", [{**row, "score": 3, "size": 40, "mood": 5}])
    assert table.mapping["score"] == "score"
    columns = own_columns([table.instances.get()], table)[0]
    assert [(one.name, one.title, one.value) for one in columns] == [
        ("row", "Id in the table", "0"),
        ("score", "Score", "3"),
        ("size", "Size", "40"),
        ("mood", "mood", "5"),
    ]
