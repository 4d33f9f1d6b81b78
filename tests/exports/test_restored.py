"""What a restored campaign exports is what was restored, byte for byte."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.leasing import lease_page
from apps.exports.models import RestoredPlace
from apps.exports.services.restores_places import indexes_of
from apps.exports.services.writers.synanno import first_after_items
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services.discarding import discard_false_positives
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.revision.models import AddedSynapse
from apps.revision.selectors import outcomes
from apps.revision.services.additions import NewSynapse, add_synapse
from apps.voxels.geometry import Point
from tests.exports.test_older_files import as_form_a
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.paper import paper_campaign, work
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    UNKNOWN,
    fork_rows,
    line_rows,
    neuron_table,
    row,
    walk_campaign,
)

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
SAID = (
    (Label.CORRECT, (), ""),
    (Label.INCORRECT, ("falsePositive",), ""),
    (Label.UNSURE, ("cannotJudge",), "the section is torn: twice"),
    (Label.INCORRECT, ("polaritySwitch", "badFit"), 'só, "so"'),
    (Label.UNSURE, (), "None, but a note"),
    (Label.INCORRECT, (), ""),
)
NM = 8


def text_of(campaign: Campaign) -> str:
    return "".join(synanno_pieces(campaign))


def records_of(text: str) -> str:
    """All but the times, as they stand there."""
    return text[text.index('"Metadata"') :]


def restored(text: str, folder: Path, name: str, dataset: str, *options: str) -> Campaign:
    file = folder / f"{name}.json"
    file.write_text(text)
    given = ("--dataset", dataset, "--name", name, "--annotator", "ben", *options)
    call_command("restore_campaign", str(file), *given, stdout=io.StringIO())
    return Campaign.objects.get(name=name)


def add(campaign: Campaign, team: Team, at: tuple[int, int, int], *ends: Point) -> None:
    pre, post = ends or (None, None)
    new = NewSynapse(uuid.uuid4(), Point(*at), at[2] - 1, at[2] + 1, pre, post, "seen twice")
    add_synapse(campaign, team.anna, new, timezone.now())


def test_a_judged_and_discarded_campaign_with_missed_ones(tmp_path: Path, team: Team) -> None:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6)
    now = timezone.now()
    lease = lease_page(campaign, team.anna, now).lease
    assert lease is not None
    items = items_of_lease(lease)
    said = [
        NewVerdict(uuid.uuid4(), item.pk, label, now, keys, note)
        for item, (label, keys, note) in zip(items, SAID, strict=True)
    ]
    submit_page(lease, said, {one.item_id: one.label for one in said}, now)
    discard_false_positives(campaign, team.anna, uuid.uuid4(), 1, now)
    add(campaign, team, (700, 710, 720))
    add(campaign, team, (800, 810, 820), Point(801, 811, 820), Point(790, 811, 821))
    text = text_of(campaign)
    assert text.count("False Negative") == 2

    again = restored(
        text, tmp_path, "Again", campaign.table.dataset.name, "--polarity-switch", "swapped"
    )

    assert text_of(again) == text
    added = AddedSynapse.objects.filter(campaign=again).order_by("pk")
    assert [one.instance.center for one in added] == [(700, 710, 720), (800, 810, 820)]
    assert added[0].note == "From Again.json, record 7 (Image_Index 6)."
    assert added[0].added_by == team.ben


def test_a_campaign_along_neurons(tmp_path: Path, team: Team) -> None:
    """The places on the walk are kept for the file; the campaign itself has no sections."""
    rows = [*line_rows(2), *fork_rows(), row((9000, 9000, 9000), UNKNOWN, 99)]
    table = neuron_table(tmp_path, rows)
    roles = {team.anna: ROLE.ANNOTATOR}
    choice = NeuronChoice((UNKNOWN, FORKED, STRAIGHT), "either")
    campaign = walk_campaign(table, roles, choice)
    work(campaign, team.anna)
    add(campaign, team, (700, 710, 720))
    text = text_of(campaign)
    assert f'"neuron_id": {FORKED}' in text

    again = restored(text, tmp_path, "Again", table.dataset.name)

    assert records_of(text_of(again)) == records_of(text)
    assert not again.sections.exists()


def test_what_is_added_later_is_numbered_after_what_was_restored(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.MANAGER}, instances=2)
    add(campaign, team, (700, 710, 720))
    exported = json.loads(text_of(campaign))
    exported["Metadata"][2] |= {"Image_Index": 276, "Page": 4}
    exported["Metadata"][1] |= {"crop_size_z": 30, "Padding": [[0, 0], [0, 0], [1, 0]]}
    exported["Metadata"][2] |= {"section_index": 2, "tree_traversal_index": 5, "neuron_id": "864"}

    again = restored(
        json.dumps(exported), tmp_path, "Again", campaign.table.dataset.name, "--manager", "anna"
    )
    assert json.loads(text_of(again))["Metadata"] == exported["Metadata"]

    Campaign.objects.filter(pk=again.pk).update(status=Campaign.Status.OPEN)
    again.refresh_from_db()
    add(again, team, (300, 310, 320))
    numbers = [one["Image_Index"] for one in json.loads(text_of(again))["Metadata"]]
    assert numbers == [0, 1, 276, 277]
    first = AddedSynapse.objects.filter(campaign=again).earliest("pk")
    kept = indexes_of(again, list(outcomes(again)))  # by which masks are named
    assert (kept, first_after_items(again)) == ({first.pk: 276}, 277)


def real(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((REAL_DATA / "synanno_exports" / name).read_text())
    return document


REAL = ("synanno_export.json", "synanno_export_fn.json")


def empty(folder: Path) -> None:
    at = {"x": 100, "y": 100, "z": 100, "pre_neuron_id": -1, "post_neuron_id": -1}
    points = {f"{side}_pt_{axis}": 100 for side in ("pre", "post") for axis in "xyz"}
    make_empty_dataset(folder, [points | at])


@needs_real_data("synanno_exports")
@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("form", ["B", "A"])
def test_real_files_come_back_with_what_was_missed(
    tmp_path: Path, team: Team, name: str, form: str
) -> None:
    """Ours name the row of the table."""
    empty(tmp_path)
    document = real(name)
    given = document if form == "B" else [as_form_a(one) for one in document["Metadata"]]
    first = restored(json.dumps(given), tmp_path, "First", "empty", "--new-table", "theirs")

    text = text_of(first)
    written = json.loads(text)["Metadata"]
    same = [key for key in written[0] if key not in OUR_OWN]
    for ours, theirs in zip(written, document["Metadata"], strict=True):
        assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
    second = restored(text, tmp_path, "Second", "empty", "--table", "theirs")
    assert records_of(text_of(second)) == records_of(text)
    categorized = [key for key in document["Proofread Time"] if key.endswith("_categorize")]
    for key in categorized if form == "B" else []:
        assert json.loads(text)["Proofread Time"][key] == document["Proofread Time"][key]
    missed = [one for one in document["Metadata"] if "False" in one["Error_Description"]]
    kept = RestoredPlace.objects.filter(campaign=first, added__isnull=False)
    assert kept.count() == len(missed)
    for synapse in AddedSynapse.objects.filter(campaign=first):
        assert (synapse.first_z, synapse.last_z) == (40, 55)


OUR_OWN = ("materialization_index",)


@needs_real_data("synanno_exports")
def test_a_real_file_with_missed_ones_outside_makes_nothing(tmp_path: Path, team: Team) -> None:
    empty(tmp_path)
    document = real(REAL[1])
    document["Metadata"][-1] |= {"cx0": 5000}
    before = counts()
    with pytest.raises(
        CommandError,
        match=r"record 13 \(Image_Index 276\): cx0, cy0, cz0: .* outside of the image\. The file "
        r"may belong to another volume: the cleft volume of 'empty' spans \(0, 0, 0\) to",
    ):
        restored(json.dumps(document), tmp_path, "Far", "empty", "--new-table", "theirs")
    assert counts() == before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_polarity_switch_meant_is_asked(
    tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.MANAGER}, instances=3)
    exported = json.loads(text_of(campaign))
    for number, said in ((1, "polaritySwitch"), (2, "polaritySwitch: at the border")):
        exported["Metadata"][number] |= {"Label": "incorrect", "Error_Description": said}
    text, dataset = json.dumps(exported), campaign.table.dataset.name
    asked = (
        r"in \w+\.json 2 records say polaritySwitch, the first is record 2 \(Image_Index 1\)\. "
        "SynAnno means an imaging artifact by it since April 2025"
    )
    with pytest.raises(CommandError, match=asked):
        restored(text, tmp_path, "Unsaid", dataset)
    monkeypatch.setattr("sys.stdin", Terminal("perhaps\n"))
    with pytest.raises(CommandError, match=asked):
        restored(text, tmp_path, "Unsaid", dataset)
    assert Campaign.objects.count() == 1

    monkeypatch.setattr("sys.stdin", Terminal("Artifact\n"))
    again = restored(text, tmp_path, "Asked", dataset)
    named = again.items.filter(verdicts__categories__key="imagingArtifact")
    assert [one.position for one in named.order_by("position")] == [1, 2]
    assert not restored(text, tmp_path, "Unread", dataset, "--without-labels").pages.filter(
        submitted_at__isnull=False
    )


@needs_real_data("synanno_exports")
@pytest.mark.parametrize(
    ("answer", "category"), [("artifact", "imagingArtifact"), ("swapped", "polaritySwitch")]
)
def test_neither_answer_moves_a_point(
    tmp_path: Path, team: Team, answer: str, category: str
) -> None:
    """They say which category it was; the file says what it said."""
    empty(tmp_path)
    document = real(REAL[0])
    record = document["Metadata"][2]
    record |= {"Label": "incorrect", "Error_Description": "polaritySwitch: see below"}
    name = answer.capitalize()
    options = ("--new-table", "theirs", "--polarity-switch", answer)
    campaign = restored(json.dumps(document), tmp_path, name, "empty", *options)

    one = list(outcomes(campaign))[2]
    assert (one.final.label, one.final.categories) == (Label.INCORRECT, (category,))
    assert one.judged.note == "see below"
    assert one.pre is not None
    assert one.post is not None
    for side, point in (("pre", one.pre.voxel), ("post", one.post.voxel)):
        assert point == Point(*(record[f"{side}_pt_{axis}"] for axis in "xyz"))
    written = json.loads(text_of(campaign))["Metadata"][2]
    assert written == record | {"materialization_index": 2}


@needs_real_data("synanno_exports")
def test_every_key_has_the_type_and_the_place_that_it_has_in_the_original(
    tmp_path: Path, team: Team
) -> None:
    """Also of what was judged and added here, which the original is to load."""
    roles = {team.anna: ROLE.MANAGER}
    campaign = paper_campaign(tmp_path, roles, instances=3)
    work(campaign, team.anna)
    add(campaign, team, (700, 710, 720))
    ours = json.loads(text_of(campaign))
    theirs = real(REAL[1])
    assert list(ours) == list(theirs)
    assert list(ours["Proofread Time"]) == list(theirs["Proofread Time"])
    assert {type(one) for one in ours["Proofread Time"].values()} <= {str, type(None)}
    judged, missed = theirs["Metadata"][0], theirs["Metadata"][-1]
    for record in ours["Metadata"]:
        like = missed if record["Error_Description"] == "False Negative" else judged
        assert list(record) == list(like)
        assert shape_of(record) == shape_of(like)


def shape_of(value: Any) -> Any:
    """The types in a value, and the keys and lengths of what holds others."""
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in value.items()}
    return [shape_of(each) for each in value] if isinstance(value, list) else type(value)
