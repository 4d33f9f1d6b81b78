"""The map of a neuron: how far it is, one's own labels, and nothing that tells gold apart."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, CampaignNeuron, Membership
from apps.campaigns.services import cutouts
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.leasing import lease_page
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldExposure, GoldPolicy
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.reopening import reopen_page
from tests.support.paper import always, judge
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    UNKNOWN,
    fork_rows,
    line_rows,
    make_walk,
    neuron_table,
    row,
    walk_campaign,
)
from tests.support.work import client_of, post, verdict

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


@pytest.fixture
def table(tmp_path: Path) -> SynapseTable:
    unknown = [row((9000, 9000, z), UNKNOWN, 99) for z in (9000, 1000)]
    return neuron_table(tmp_path, [*fork_rows(), *line_rows(), *unknown])


@pytest.fixture
def campaign(table: SynapseTable, roles: dict[User, Membership.Role]) -> Campaign:
    """The line is pages 1 to 3, the fork 4 to 9, what has no skeleton page 10; then again."""
    return walk_campaign(table, roles, NeuronChoice((STRAIGHT, FORKED, UNKNOWN)), passes=2)


def open_walk(draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(status=Campaign.Status.PREPARING)
    make_walk(draft)
    let_people_in(draft.pk)
    draft.refresh_from_db()


def map_of(client: Client, campaign: Campaign, root_id: int = FORKED) -> dict[str, Any]:
    answer = client.get(f"/api/campaigns/{campaign.pk}/neurons/{root_id}")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def states(client: Client, campaign: Campaign) -> list[str]:
    return [section["state"] for section in map_of(client, campaign)["sections"]]


def finish(campaign: Campaign, user: User, label: Label = Label.CORRECT) -> int:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    judge(lease, always(label))
    return lease.page.number


def test_managers_are_told_why_a_neuron_has_no_sections(campaign: Campaign, team: Team) -> None:
    """The reason may name files of the server."""
    told = client_of(team.manager).get(f"/api/campaigns/{campaign.pk}/neurons").json()
    assert "33.swc" in told["neurons"][2]["failure"]


def test_each_neuron_tells_how_far_it_is(campaign: Campaign, team: Team) -> None:
    """Others' pages count as done, their labels are not one's own."""
    for user in (team.anna, team.anna, team.ben):
        finish(campaign, user)
    anna = client_of(team.anna)
    rows = anna.get(f"/api/campaigns/{campaign.pk}/neurons").json()["neurons"]
    assert [row.pop("root_id") for row in rows] == [str(STRAIGHT), str(FORKED), str(UNKNOWN)]
    failure = rows[2].pop("failure")
    assert (
        failure == "It has no skeleton that could be read; those who manage the campaign see why."
    )
    line, fork, unknown = rows
    assert line == {
        **{"sections": 1, "items": 8, "judged": 8, "pages": 6, "pages_done": 3},
        "failure": "",
    }
    assert fork == {
        **{"sections": 3, "items": 16, "judged": 0, "pages": 12, "pages_done": 0},
        "failure": "",
    }
    assert unknown == {"sections": 0, "items": 2, "judged": 0, "pages": 2, "pages_done": 0}
    while lease_page(campaign, team.anna, timezone.now()).lease:
        finish(campaign, team.anna)
    done = anna.get(f"/api/campaigns/{campaign.pk}/neurons").json()["neurons"]
    assert [(one["judged"], one["pages_done"]) for one in done] == [(8, 4), (16, 6), (2, 1)]


def test_a_map_has_the_lines_of_the_walk_and_its_synapses(campaign: Campaign, team: Team) -> None:
    told = map_of(client_of(team.anna), campaign)
    assert told["root_id"] == str(FORKED), "as text: it is too large for a number of JavaScript"
    assert (told["length_nm"], told["soma_nm"]) == (27_000, [1000, 16000, 1000])
    lines = [(one["number"], one["parent"], one["path_nm"][0]) for one in told["sections"]]
    assert lines == [
        (0, None, [1000, 16000, 1000]),
        (1, 0, [1000, 16000, 13000]),
        (2, 0, [1000, 16000, 13000]),
    ]
    assert [one["items"] for one in told["sections"]] == [6, 4, 6]
    stem = told["sections"][0]["id"]
    assert told["synapses"][0] == {
        "position_nm": [1004, 16004, 2004],  # the middle of its voxel
        "section": stem,
        "label": None,
    }
    loose = map_of(client_of(team.anna), campaign, UNKNOWN)
    assert (loose["sections"], loose["soma_nm"], loose["synapses"]) == ([], None, [])


def test_labels_are_ones_own_and_those_that_stand(campaign: Campaign, team: Team) -> None:
    """Anna's as she gives them. A page of hers that is opened again has none of them."""
    anna, ben = client_of(team.anna), client_of(team.ben)
    for _ in range(3):
        finish(campaign, team.anna)
    held = lease_page(campaign, team.anna, timezone.now()).lease
    assert held is not None
    first, *_ = items_of_lease(held)
    post(anna, f"/api/leases/{held.token}/verdicts", {"verdicts": [verdict(first.pk)]})
    assert [one["label"] for one in map_of(anna, campaign)["synapses"]][:2] == ["incorrect", None]
    assert {one["label"] for one in map_of(ben, campaign)["synapses"]} == {None}
    judge(held, always(Label.UNSURE))
    told = map_of(anna, campaign)
    assert [one["label"] for one in told["synapses"]] == ["unsure"] * 6 + [None] * 10
    assert [one["judged"] for one in told["sections"]] == [6, 0, 0]
    reopen_page(campaign, held.page.number, None, team.manager, timezone.now())
    assert {one["label"] for one in map_of(anna, campaign)["synapses"]} == {None}


def test_sections_say_what_one_can_do_there(campaign: Campaign, team: Team) -> None:
    """In two passes: what Anna has done is left for Ben. What Ben holds now is both."""
    anna, ben = client_of(team.anna), client_of(team.ben)
    assert states(anna, campaign) == ["free", "free", "free"]
    for _ in range(5):
        finish(campaign, team.anna)
    told = map_of(anna, campaign)["sections"]
    assert [(one["state"], one["searched"]) for one in told] == [
        ("visited", True),
        ("free", False),
        ("free", False),
    ]
    assert lease_page(campaign, team.anna, timezone.now()).lease
    assert states(anna, campaign) == ["visited", "mine", "free"]
    assert states(ben, campaign) == ["free", "free", "free"]
    stem = campaign.pages.get(number=4).section_id
    for _ in range(2):
        lease = lease_page(campaign, team.ben, timezone.now(), section=stem).lease
        assert lease is not None
        judge(lease, always(Label.CORRECT))
    assert states(ben, campaign)[0] == states(anna, campaign)[0] == "done"


def test_a_section_that_others_hold(
    table: SynapseTable, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = walk_campaign(table, roles, NeuronChoice((FORKED,)))
    for user in (team.ben, team.manager):
        section = campaign.sections.get(number=0).pk
        assert lease_page(campaign, user, timezone.now(), section=section).lease
    assert states(client_of(team.anna), campaign) == ["held", "free", "free"]


def test_gold_is_on_the_map_as_any_other_synapse(
    table: SynapseTable, roles: dict[User, Membership.Role], team: Team
) -> None:
    """It is shown on the page that passes it, at its place; on no other. Rows 14 and 3 are gold:
    the second of the stem, and the third of the long arm."""
    campaign = walk_campaign(
        table, roles, NeuronChoice((FORKED,)), prepared=False, as_draft=True, page_size=6
    )
    gold = [NewGold("row 1", one, Label.CORRECT, "") for one in (14, 3, 16)]
    add_gold(campaign, gold, None, timezone.now())
    GoldPolicy.objects.create(campaign=campaign, rate=0.5, floor=0.5, halving_pages=9)
    open_walk(campaign)
    told = map_of(client_of(team.anna), campaign)
    assert [one["items"] for one in told["sections"]] == [6, 4, 6]
    assert len(told["synapses"]) == 16
    assert told["synapses"][1]["position_nm"] == [1004, 16004, 4004]

    seen: list[list[int]] = []
    for _ in range(6):
        lease = hand_page(campaign, team.anna, timezone.now(), Random(1)).lease
        assert lease is not None
        seen.append([item.instance.source_id for item in items_of_lease(lease)])
        judge(lease, always(Label.CORRECT))
    assert seen == [[15, 14, 13, 12, 11, 10], [], [9, 8, 7, 6], [], [5, 4, 3, 2, 1, 0], []]
    assert GoldExposure.objects.count() == 2, "row 16 is of another neuron and passed by nobody"
    told = map_of(client_of(team.anna), campaign)
    assert {one["label"] for one in told["synapses"]} == {"correct"}
    assert [one["judged"] for one in told["sections"]] == [6, 4, 6]


def test_gold_between_two_pages_is_on_one_of_them(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    """Fourteen along the line, in pages of six; the first, the eighth and the last are gold. Each
    is shown once, on the page before or around it."""
    rows = [row((20000, 1000, 2000 + 1000 * n), 99, STRAIGHT) for n in range(14)]
    campaign = walk_campaign(
        neuron_table(tmp_path, rows),
        roles,
        NeuronChoice((STRAIGHT,)),
        prepared=False,
        as_draft=True,
    )
    gold = [NewGold("row 1", one, Label.CORRECT, "") for one in (0, 7, 13)]
    add_gold(campaign, gold, None, timezone.now())
    GoldPolicy.objects.create(campaign=campaign, rate=0.5, floor=0.5, halving_pages=9)
    open_walk(campaign)
    seen = []
    for _ in range(2):
        lease = hand_page(campaign, team.anna, timezone.now(), Random(1)).lease
        assert lease is not None
        seen.append([item.instance.source_id for item in items_of_lease(lease)])
        judge(lease, always(Label.CORRECT))
    assert seen == [[*range(8)], [*range(8, 14)]]


def test_gold_among_synapses_without_a_walk_is_of_the_same_neuron(
    table: SynapseTable, roles: dict[User, Membership.Role], team: Team
) -> None:
    """Rows 24 and 25 are of the neuron without a skeleton, 24 is gold; so is a row of the line.
    What is judged counts once the page is done: else a label that counts nothing tells gold."""
    campaign = walk_campaign(
        table, roles, NeuronChoice((UNKNOWN, STRAIGHT)), prepared=False, as_draft=True
    )
    gold = [NewGold("row 1", one, Label.CORRECT, "") for one in (24, 20)]
    add_gold(campaign, gold, None, timezone.now())
    GoldPolicy.objects.create(campaign=campaign, rate=0.5, floor=0.5, halving_pages=9)
    open_walk(campaign)
    lease = hand_page(campaign, team.anna, timezone.now(), Random(1)).lease
    assert lease is not None
    items = items_of_lease(lease)
    assert {item.instance.source_id for item in items} == {24, 25}
    anna = client_of(team.anna)
    said = [verdict(item.pk) for item in items]

    def judged() -> list[tuple[int, int]]:
        rows = anna.get(f"/api/campaigns/{campaign.pk}/neurons").json()["neurons"]
        return [(one["items"], one["judged"]) for one in rows]

    assert post(anna, f"/api/leases/{lease.token}/verdicts", {"verdicts": said}).status_code == 200
    assert judged() == [(1, 0), (8, 0)]
    judge(lease, always(Label.CORRECT))
    assert judged() == [(1, 1), (8, 0)]


def test_a_map_is_asked_for_again_cheaply(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    url = f"/api/campaigns/{campaign.pk}/neurons/{FORKED}"
    with CaptureQueriesContext(connection) as captured:
        first = anna.get(url)
    assert len(captured) == 6, "session, person, campaign, neuron, sections, synapses"
    etag = first.headers["ETag"]
    assert anna.get(url, headers={"If-None-Match": etag}).status_code == 304
    for _ in range(4):
        finish(campaign, team.anna)
    assert anna.get(url, headers={"If-None-Match": etag}).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        anna.get(f"/api/campaigns/{campaign.pk}/neurons")
    assert len(captured) == 6, "session, person, campaign, neurons, judged, may they know why"


@pytest.mark.parametrize("root_id", ["1", "-5", "x", str(2**64 + 22), "22.0"])
def test_a_neuron_that_is_not_there(campaign: Campaign, team: Team, root_id: str) -> None:
    answer = client_of(team.anna).get(f"/api/campaigns/{campaign.pk}/neurons/{root_id}")
    assert answer.status_code == 404
    assert "does not go along a neuron" in answer.json()["error"]["sentence"]


def test_a_campaign_is_opened_and_a_section_chosen_by_the_api(
    table: SynapseTable,
    team: Team,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    User.objects.filter(pk=team.manager.pk).update(is_staff=True)
    manager = client_of(User.objects.get(pk=team.manager.pk))
    neurons = {"ids": [str(FORKED)], "synapses": "from"}
    asked = {"table": table.pk, "neurons": neurons, "selection": {"sample": {"count": 9}}}
    counted = post(manager, "/api/campaigns/count", asked).json()
    assert counted["count"] == 9
    body = asked | {"name": "By the API", "order": "neuron", "page_size": 6}
    made = post(manager, "/api/campaigns", body)
    assert made.status_code == 201, made.content
    campaign = Campaign.objects.get()
    told = manager.get(f"/api/campaigns/{campaign.pk}").json()
    assert told["neurons"] == {"count": 1, "roots": [], **neurons}
    refused = post(manager, "/api/campaigns", body | {"name": "Again", "order": "table"}).json()
    assert refused["error"]["field"] == "order"
    make_walk(campaign)
    let_people_in(campaign.pk)
    section = campaign.sections.get(number=1)
    monkeypatch.setattr(cutouts, "PATIENCE_S", 0.0)  # there are no voxels to wait for
    answer = post(manager, f"/api/campaigns/{campaign.pk}/lease", {"section": section.pk})
    assert answer.status_code == 200
    assert campaign.pages.get(section=section, lease__user=team.manager)
    for bad, status in (({"section": "x"}, 400), ({"section": section.pk + 999}, 404)):
        refused = post(manager, f"/api/campaigns/{campaign.pk}/lease", bad)
        assert (refused.status_code, refused.json()["error"]["field"]) == (status, "section")


def test_a_campaign_is_opened_at_the_command_line(
    tmp_path: Path, table: SynapseTable, team: Team
) -> None:
    file = tmp_path / "neurons.txt"
    file.write_text(f"{STRAIGHT}, {FORKED}\n{STRAIGHT}\n")
    out = io.StringIO()
    common = ["open_campaign", "--dataset", "neurons", "--manager", "manager", "--draft"]
    along = ["--order", "neuron", "--neurons", f"@{file}"]
    point = ["--root-point", str(STRAIGHT), "20000", "1000.5", "22000"]
    call_command(*common, "Along", *along, *point, stdout=out)
    assert "a draft with 24 synapses" in out.getvalue()
    neurons = CampaignNeuron.objects.values_list("root_id", "root_nm")
    assert list(neurons) == [(STRAIGHT, [20000, 1000.5, 22000]), (FORKED, None)]
    for options, sentence in (
        ([*along, "--root-point", "7", "1", "2", "3"], "7 is none of the neurons"),
        ([*along, "--root-point", "22", "1", "2", "x"], "'x' is no number"),
        (["--neurons", "22"], "in the order 'neuron'"),
        (["--order", "neuron", "--neurons", "22", "--pre", "3"], "chosen already"),
        (["--order", "neuron", "--neurons", "-"], "'-' is no neuron id"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command(*common, "Again", *options, stdout=out)
    assert Campaign.objects.count() == 1
