"""A campaign of a part of a table, through the API and at the command line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.campaigns.models import Campaign
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.rendering import prepare_campaign
from apps.core.errors import UnavailableError
from apps.datasets.domain.selection import Between, Region, Sample, Selection
from apps.datasets.models import SynapseTable
from apps.proofreading.api import campaigns as campaigns_api
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

LARGE = 2**64 - 1


@pytest.fixture
def thirty(tmp_path: Path, db: None) -> SynapseTable:
    """Thirty synapses along x; a third of them from each of three neurons."""
    rows = []
    for number in range(30):
        center = {"x": 100 + number, "y": 200, "z": 300}
        points = {f"{one}_pt_{axis}": center[axis] for one in ("pre", "post") for axis in "xyz"}
        neurons = {"pre_neuron_id": (1, 2, LARGE)[number % 3], "post_neuron_id": 1 + number % 2}
        rows.append(center | points | neurons)
    return make_empty_dataset(tmp_path / "thirty", rows, name="thirty")


def post(team: Team, url: str, body: dict[str, Any]) -> Any:
    return client_of(team.manager).post(url, body, "application/json")


def test_what_is_counted_is_what_the_campaign_is_of(thirty: SynapseTable, team: Team) -> None:
    box = {"lo": [0, 0, 0], "hi": [120, 999, 999]}
    body = {"table": thirty.pk, "selection": {"pre_ids": [str(LARGE)], "box": box}}
    counted = post(team, "/api/campaigns/count", body)
    assert counted.json() == {
        "count": 6,
        "is_exact": True,
        "selected": [
            "centred from (0, 0, 0) to (120, 999, 999) voxels",
            f"from neuron {LARGE}",
        ],
    }
    assert not Campaign.objects.exists()

    made = post(team, "/api/campaigns", body | {"name": "Part", "draft": True})
    assert made.status_code == 201, made.content
    campaign = Campaign.objects.get()
    told = client_of(team.manager).get(f"/api/campaigns/{campaign.pk}").json()
    assert told["selected"] == counted.json()["selected"]
    assert told["selection"] == {"pre_ids": [str(LARGE)], "box": box | {"unit": "voxels"}}


def test_the_manager_reads_what_is_selected_and_cancels_the_preparation(
    thirty: SynapseTable, team: Team
) -> None:
    body = {"name": "Part", "table": thirty.pk, "selection": {"post_ids": ["2"]}}
    made = post(team, "/api/campaigns", body).json()["id"]
    manager = client_of(team.manager)
    page = manager.get(f"/campaigns/{made}/manage/").content.decode()
    assert "Of synapses: onto neuron 2" in page
    assert ">Cancel</button>" in page

    asked = post(team, f"/api/campaigns/{made}/status", {"to": "draft"})
    assert (asked.status_code, asked.json()) == (200, {"to": "preparing"})
    assert manager.get(f"/api/campaigns/{made}/progress").json()["cancelling"] is True
    assert ">Cancel</button>" not in manager.get(f"/campaigns/{made}/manage/").content.decode()
    prepare_campaign(made)
    assert manager.get(f"/api/campaigns/{made}/progress").json() == {
        "status": "draft", "cancelling": False, "placed": 0, "to_place": 0,
        "neurons": 0, "walked": 0, "prepared": 0, "to_prepare": 0,
        "pages_done": 0, "pages_total": 0,
    }  # fmt: skip


def test_without_a_selection_all_are_counted(thirty: SynapseTable, team: Team) -> None:
    told = post(team, "/api/campaigns/count", {"table": thirty.pk}).json()
    assert told == {"count": 30, "is_exact": True, "selected": []}


@pytest.mark.parametrize(
    ("selection", "field", "words"),
    [
        ({"pre_ids": ["one"]}, "selection.pre_ids", "'one' is no neuron id"),
        ({"score": {"least": 2, "most": 1}}, "selection.score.most", "backwards"),
        ("all", "selection", "give an object"),
        (None, "selection", "null"),
        ({"size": {"least": 1}}, "selection", "has no instance that is size at least 1"),
    ],
)
def test_a_bad_selection_makes_nothing(
    thirty: SynapseTable, team: Team, selection: Any, field: str, words: str
) -> None:
    before = counts()
    body = {"name": "Part", "table": thirty.pk, "selection": selection}
    response = post(team, "/api/campaigns", body)
    assert response.status_code == 400
    assert response.json()["error"]["field"] == field
    assert words in response.json()["error"]["sentence"]
    assert counts() == before


def test_a_count_that_takes_long_says_so(
    thirty: SynapseTable, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, within_s: float) -> None:
        raise UnavailableError(f"not within {within_s:g} s", field="selection")

    monkeypatch.setattr(campaigns_api, "count_instances", slow)
    response = post(team, "/api/campaigns/count", {"table": thirty.pk})
    assert response.status_code == 503
    assert response.json()["error"]["sentence"] == "not within 10 s"


def command(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_the_same_at_the_command_line(thirty: SynapseTable, team: Team, tmp_path: Path) -> None:
    file = tmp_path / "neurons.txt"
    file.write_text(f"1,\n{LARGE}\n")
    options = [
        *("--dataset", "thirty", "--either", f"@{file}", "7"),
        *("--box", "0", "0", "0", "900.5", "8000", "8000", "--box-unit", "nm"),
        *("--between-pre", "1", "2", "--between-post", "1", "--both-directions"),
        *("--sample", "3", "--sample-seed", "5"),
    ]
    assert command("count_instances", *options) == (
        "synapses v1: 3 synapses (centred from (0, 0, 0) to (900.5, 8,000, 8,000) nm; "
        f"from or onto neurons 1, 7, {LARGE}; from neurons 1, 2 onto neuron 1, or back; "
        "a random sample of 3 (seed 5)).\n"
    )
    printed = command("open_campaign", "Part", *options, "--manager", "manager", "--draft")
    assert "a draft with 3 synapses of synapses v1." in printed
    assert selection_of(Campaign.objects.get().pk) == Selection(
        box=Region((0, 0, 0), (900.5, 8000, 8000), "nm"),
        either_ids=(1, 7, LARGE),
        between=Between((1, 2), (1,), both_directions=True),
        sample=Sample(3, 5),
    )


def test_spans_may_be_open_at_the_command_line(thirty: SynapseTable, team: Team) -> None:
    printed = command(
        *("count_instances", "--dataset", "thirty", "--score", "-", "0.5", "--size", "10", "-")
    )
    assert printed == "synapses v1: 0 synapses (score at most 0.5; size at least 10).\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--pre", "@nowhere.txt"], r"pre: nowhere\.txt cannot be read: No such file"),
        (["--pre", "4.4E+11"], r"selection\.pre_ids: '4\.4E\+11' is no neuron id"),
        (["--between-pre", "4"], r"selection\.between\.post: give a list"),
        (["--box", "1", "2", "3", "4", "5", "six"], r"box: 'six' is no number"),
        (["--score", "-", "-"], r"selection\.score: give the least, the most, or both"),
        (["--sample", "0"], r"selection\.sample\.count: give a whole number"),
    ],
)
def test_options_that_cannot_be_are_a_sentence(
    thirty: SynapseTable, options: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        command("count_instances", "--dataset", "thirty", *options)
