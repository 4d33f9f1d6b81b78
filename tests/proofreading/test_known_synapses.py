"""Where one looks for missed synapses, those that the table has are shown, wherever they came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.leasing import lease_page
from apps.datasets.models import Volume
from apps.proofreading.domain import Label
from apps.proofreading.selectors import neurons
from apps.proofreading.services import viewing
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.viewing import section_state
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    fork_rows,
    line_rows,
    make_walk,
    neuron_table,
    row,
    walk_campaign,
)
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

HERE = "https://synanno.example"


def search_of(campaign: Campaign, root_id: int, number: int) -> Page:
    return campaign.pages.get(
        kind="search", section__neuron__root_id=root_id, section__number=number
    )


def shown(state: dict[str, Any]) -> list[list[float]]:
    """The known points, in voxels of 8 nm."""
    for layer in state["layers"]:
        if layer["name"] == "known synapses":
            assert all(set(one) == {"type", "id", "point"} for one in layer["annotations"])
            return [one["point"] for one in layer["annotations"]]
    return []


def test_all_that_touch_the_neuron_around_its_section(tmp_path: Path, team: Team) -> None:
    """What the fork sends is left out by the choice, but for the first of the rows more, which
    comes to the straight neuron. The second is gold, and a point as any. The third lies too far
    away, the fourth is of neurons elsewhere."""
    more = [
        row((1000, 16000, 3000), FORKED, STRAIGHT),
        row((1400, 16000, 5000), 99, FORKED),
        row((30000, 30000, 30000), FORKED, 99),
        row((1000, 16000, 3500), 98, 99),
    ]
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows(2), *more])
    campaign = walk_campaign(
        table,
        {team.anna: Membership.Role.ANNOTATOR},
        NeuronChoice((STRAIGHT, FORKED), "onto"),
        prepared=False,
        as_draft=True,
    )
    add_gold(campaign, [NewGold("row 1", 19, Label.CORRECT, "")], None, timezone.now())
    Campaign.objects.update(status=Campaign.Status.PREPARING)
    make_walk(campaign)
    let_people_in(campaign.pk)
    campaign.refresh_from_db()
    page = search_of(campaign, FORKED, 0)
    Page.objects.filter(pk=page.pk).update(rank=-9)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    assert lease.page_id == page.pk
    told = client_of(team.anna).get(f"/api/leases/{lease.token}/neuroglancer").json()
    points = shown(told["state"])
    assert [125.5, 2000.5, 375.5] in points, "given to the straight neuron"
    assert [175.5, 2000.5, 625.5] in points, "gold"
    assert [125.5, 2000.5, 250.5] in points, "left out: the fork sends it"
    assert [3750.5] * 3 not in points
    assert [125.5, 2000.5, 437.5] not in points
    assert told["problems"] == []


def test_more_than_can_be_shown_are_said_to_be_more(
    tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = walk_campaign(
        neuron_table(tmp_path, line_rows(4)),
        {team.anna: Membership.Role.ANNOTATOR},
        NeuronChoice((STRAIGHT,)),
    )
    for module in (neurons, viewing):
        monkeypatch.setattr(module, "MOST_KNOWN", 3)
    view = section_state(search_of(campaign, STRAIGHT, 0), HERE)
    assert view is not None
    assert len(shown(view.state)) == 3
    assert ["More synapses are known" in one.sentence for one in view.problems] == [True]


def test_a_section_that_begins_outside_a_volume_is_no_synapse(tmp_path: Path, team: Team) -> None:
    campaign = walk_campaign(
        neuron_table(tmp_path, line_rows(1)),
        {team.anna: Membership.Role.ANNOTATOR},
        NeuronChoice((STRAIGHT,)),
    )
    Volume.objects.filter(dataset=campaign.table.dataset, kind="cleft").update(hi_x=100)
    view = section_state(search_of(campaign, STRAIGHT, 0), HERE)
    assert view is not None
    (problem,) = view.problems
    assert problem.sentence.startswith("The place lies outside the volume “clefts”: it is voxel")
