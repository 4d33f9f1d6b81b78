"""A manager chooses, and changes, the neurons along which a draft is to go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.cancelling import take_part_away
from apps.campaigns.services.life import change_status
from apps.datasets.domain.selection import Selection, read_selection
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import Label
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.gold import NewGold, add_gold
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    fork_rows,
    line_rows,
    make_walk,
    neuron_table,
    walk_campaign,
)
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
LINE = {"ids": [str(STRAIGHT)], "synapses": "onto", "roots": []}


@pytest.fixture
def table(tmp_path: Path) -> SynapseTable:
    return neuron_table(tmp_path, [*fork_rows(), *line_rows()])


@pytest.fixture
def draft(table: SynapseTable, team: Team) -> Campaign:
    """Of all but two of the table, along nothing."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    some = read_selection({"sample": {"count": 20, "seed": 1}})
    return open_campaign("Later", table, roles, selection=some, as_draft=True)


def change(campaign: Campaign, user: Any, **settings: Any) -> Any:
    url = f"/api/campaigns/{campaign.pk}"
    return client_of(user).patch(url, data=settings, content_type="application/json")


def entry(campaign: Campaign) -> Any:
    last = campaign.audit.order_by("pk").last()
    assert last is not None
    return last


def test_neurons_are_chosen_changed_and_left_out(draft: Campaign, team: Team) -> None:
    begin = {"root_id": str(FORKED), "position_nm": [1000.0, 16000.0, 1000.5]}
    both = {"ids": [str(FORKED), str(STRAIGHT)], "synapses": "either", "roots": [begin]}
    told = change(draft, team.manager, order="neuron", neurons=both).json()
    assert told["neurons"] == {"count": 2, **both}
    assert told["selection"]["sample"] == {"count": 20, "seed": 1}, "what else was chosen stays"
    assert entry(draft).actor == team.manager
    assert entry(draft).details["neurons"] == {
        "from": "none",
        "to": {
            **{"neurons": 2, "synapses": "either", "ids": both["ids"]},
            "walks that begin elsewhere": 1,
        },
    }
    known = draft.audit.count()
    assert change(draft, team.manager, neurons=both).status_code == 200
    assert draft.audit.count() == known, "nothing was changed"

    told = change(draft, team.manager, neurons=LINE).json()
    assert told["neurons"] == {"count": 1, **LINE}
    assert selection_of(draft.pk).post_ids == (STRAIGHT,)
    assert selection_of(draft.pk).either_ids is None
    assert change(draft, team.manager, neurons=None).json()["neurons"] is None
    assert selection_of(draft.pk) == read_selection({"sample": {"count": 20, "seed": 1}})
    assert entry(draft).details["neurons"]["to"] == "none"


def test_a_preparation_that_was_cancelled_is_done_anew(table: SynapseTable, team: Team) -> None:
    """Along the fork at first, with gold on it; then along the line, of whose sections it has its
    pages. The gold of the fork stays, on no section."""
    campaign = walk_campaign(
        table, {team.manager: ROLE.MANAGER}, NeuronChoice((FORKED,)), prepared=False, as_draft=True
    )
    now = timezone.now()
    add_gold(campaign, [NewGold("row 1", 14, Label.CORRECT, "")], None, now)
    Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.PREPARING)
    make_walk(campaign)
    assert campaign.pages.count() == 6
    change_status(campaign, "draft", team.manager, now)
    while take_part_away(campaign.pk):
        pass
    assert change(campaign, team.manager, neurons=LINE).status_code == 200
    assert campaign.items.count() == 1
    make_walk(campaign)
    assert [one.root_id for one in campaign.neurons.all()] == [STRAIGHT]
    assert campaign.pages.count() == 3, "two with eight synapses, one to look for others"
    assert {one.section_id for one in campaign.items.filter(sheet=None)} == {None}


def refused(answer: Any) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["field"], error["sentence"]


def test_what_cannot_be_gone_along_changes_nothing(draft: Campaign, team: Team) -> None:
    """The name is sent with it, and stays as well."""
    nowhere = {"ids": ["4"]}
    for neurons, order, field in (
        (LINE, "table", "order"),
        (nowhere, "neuron", "selection"),
        ({"ids": []}, "neuron", "neurons.ids"),
        (LINE | {"roots": [{"root_id": "7"}]}, "neuron", "neurons.roots.root_id"),
    ):
        answer = change(draft, team.manager, name="Other", order=order, neurons=neurons)
        assert refused(answer)[:2] == (400, field)
    assert not draft.neurons.exists()
    draft.refresh_from_db()
    assert (draft.name, draft.order) == ("Later", "table")
    draft.table.dataset.skeleton_source.delete()
    answer = change(draft, team.manager, order="neuron", neurons=LINE)
    assert "has no skeletons to go along" in refused(answer)[2]


def test_neurons_of_a_campaign_that_was_started_stay(table: SynapseTable, team: Team) -> None:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    campaign = walk_campaign(table, roles, NeuronChoice((FORKED,)))
    status, field, sentence = refused(change(campaign, team.manager, neurons=LINE))
    assert (status, field) == (409, "neurons")
    assert "in a draft only" in sentence
    assert change(campaign, team.anna, neurons=LINE).status_code == 403
    assert change(campaign, team.outsider, neurons=LINE).status_code == 404
    assert [one.root_id for one in campaign.neurons.all()] == [FORKED]
    page = client_of(team.manager).get(f"/campaigns/{campaign.pk}/manage/?show=neurons")
    assert "They are chosen in a" in page.content.decode()


def test_the_page_of_a_draft_has_them_in_its_form(draft: Campaign, team: Team) -> None:
    """A manager who may open no campaigns sees the dataset in 3-D as well."""
    address = f"/campaigns/{draft.pk}/manage/?show=neurons"
    manager = client_of(team.manager)
    empty = manager.get(address).content.decode()
    assert "goes along no neurons" in empty
    assert f"/api/campaigns/{draft.pk}/choosing" in empty
    begin = {"root_id": str(STRAIGHT), "position_nm": [20000, 1000, 1000.5]}
    change(draft, team.manager, order="neuron", neurons=LINE | {"roots": [begin]})
    page = manager.get(address).content.decode()
    assert f">{STRAIGHT}</textarea>" in page
    assert f">{STRAIGHT} 20000 1000 1000.5</textarea>" in page
    assert '<option value="onto" selected>' in page
    shown = manager.get(f"/api/campaigns/{draft.pk}/choosing").json()
    assert shown["address"].startswith("/neuroglancer/#!")
    change(draft, team.manager, order="table")
    assert "Its order is “as in the table”" in manager.get(address).content.decode()


def test_a_choice_of_before_is_no_choice_of_neurons(table: SynapseTable, team: Team) -> None:
    """Synapses of some neurons, in another order: these are not the neurons to go along."""
    some = Selection(pre_ids=(FORKED,))
    roles = {team.manager: ROLE.MANAGER}
    draft = open_campaign("Some", table, roles, selection=some, as_draft=True)
    answer = change(draft, team.manager, order="neuron", neurons=LINE)
    assert refused(answer)[:2] == (400, "selection.pre_ids")
    assert selection_of(draft.pk) == some
