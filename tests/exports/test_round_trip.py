"""A campaign goes out as SynAnno's JSON and comes back equal."""

from __future__ import annotations

import io
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Page
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.paging import make_pages
from apps.datasets.models import Instance, SynapseTable
from apps.evaluation.domain.pace import pace_of, stretches_of
from apps.evaluation.services.reading import read_events
from apps.exports.domain.records import GridTimes
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.revision.models import AddedSynapse
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.people import Team

pytestmark = pytest.mark.django_db

STORED = (Campaign, Page, Item, Lease, Verdict, Instance)
JUDGED = (
    (Label.CORRECT, (), ""),
    (Label.UNSURE, ("cannotJudge",), "the section is torn"),
    (Label.INCORRECT, ("badFit",), "only the left half"),
    (Label.UNSURE, ("polaritySwitch",), ""),
    (Label.INCORRECT, ("falsePositive", "badFit"), ""),
    (Label.UNSURE, (), "my custom flag"),
)


def document(campaign: Campaign) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads("".join(synanno_pieces(campaign)))
    return parsed


def judge_first_page(campaign: Campaign, user: User) -> None:
    """Submit a page of six with every kind of verdict."""
    now = timezone.now()
    lease = lease_page(campaign, user, now).lease
    assert lease is not None
    items = list(lease.page.items.order_by("position"))
    verdicts = [
        NewVerdict(uuid.uuid4(), item.pk, label, now, categories, note)
        for item, (label, categories, note) in zip(items, JUDGED, strict=True)
    ]
    submit_page(lease, verdicts, {v.item_id: v.label for v in verdicts}, now)


def restore(*arguments: str) -> str:
    output = io.StringIO()
    call_command("restore_campaign", *arguments, stdout=output)
    return output.getvalue()


def test_a_campaign_comes_back_equal(campaign: Campaign, team: Team, tmp_path: Path) -> None:
    judge_first_page(campaign, team.anna)
    call_command("export", campaign.name, "--output", str(tmp_path), stdout=io.StringIO())
    file = tmp_path / "synanno.json"

    printed = restore(
        *(str(file), "--dataset", "phantom", "--name", "Again"),
        *("--annotator", "ben", "--manager", "manager", "--polarity-switch", "swapped"),
    )
    again = Campaign.objects.get(name="Again")

    first = json.loads(file.read_text())
    assert document(again)["Metadata"] == first["Metadata"]
    assert [len(record) for record in first["Metadata"]] == [28] * Item.objects.filter(
        campaign=again
    ).count()
    assert "polaritySwitch, in 1 record, was read as swapped pre and post" in printed
    assert f"{len(first['Metadata'])} labels restored" in printed
    assert document(again)["Proofread Time"]["start_grid"] == first["Proofread Time"]["start_grid"]
    verdicts = Verdict.objects.filter(item__campaign=again)
    assert {verdict.user_id for verdict in verdicts} == {team.ben.pk}
    assert not Page.objects.filter(campaign=again, submitted_at=None).exists()
    custom = verdicts.get(item__position=5)
    assert (custom.label, custom.note, custom.categories.count()) == ("unsure", JUDGED[5][2], 0)


def test_no_pace_is_learned_from_a_file(campaign: Campaign, team: Team, tmp_path: Path) -> None:
    """It says when the first page was taken and when the last was done, and nothing between."""
    exported = document(campaign)
    begun, ended = datetime(2024, 3, 1, 9, tzinfo=UTC), datetime(2024, 3, 1, 10, tzinfo=UTC)
    categorized = ("2024-03-01T10:00:00", "2024-03-01T10:20:00", "0:20:00")
    exported["Proofread Time"] = GridTimes(begun, ended, categorized).as_json()
    file = tmp_path / "timed.json"
    file.write_text(json.dumps(exported))

    restore(str(file), "--dataset", "phantom", "--name", "Timed", "--annotator", "ben")

    again = Campaign.objects.get(name="Timed")
    leases = Lease.objects.filter(page__campaign=again)
    assert leases.count() > 1
    assert not leases.exclude(ended_at=F("leased_at")).exists()
    assert pace_of(stretches_of(read_events(again))).per_hour is None
    assert document(again)["Proofread Time"] == exported["Proofread Time"]


def test_the_text_is_what_json_would_write(campaign: Campaign, team: Team) -> None:
    judge_first_page(campaign, team.anna)
    text = "".join(synanno_pieces(campaign))
    assert text == json.dumps(json.loads(text), indent=4)


def test_mended_points_come_back_onto_the_table_with_a_notice(
    campaign: Campaign, team: Team, tmp_path: Path
) -> None:
    exported = document(campaign)
    exported["Metadata"][1]["pre_pt_x"] += 3
    exported["Metadata"][2]["Label"] = "incorrect"
    exported["Metadata"][2]["Error_Description"] = "False Negative"  # somebody's words
    file = tmp_path / "mended.json"
    file.write_text(json.dumps(exported))

    printed = restore(str(file), "--dataset", "phantom", "--name", "Again", "--annotator", "anna")

    assert "The points of the table are shown; of 1 record the file has others." in printed
    items = Item.objects.filter(campaign__name="Again").order_by("position")
    theirs = Item.objects.filter(campaign=campaign).order_by("position")
    assert [one.instance_id for one in items] == [one.instance_id for one in theirs]
    verdict = items[2].verdicts.get()
    assert (verdict.label, verdict.note) == ("incorrect", "False Negative")
    assert not AddedSynapse.objects.filter(campaign__name="Again").exists()


def test_an_imaging_artifact_is_kept_apart(campaign: Campaign, team: Team, tmp_path: Path) -> None:
    judge_first_page(campaign, team.anna)
    file = tmp_path / "out.json"
    file.write_text("".join(synanno_pieces(campaign)))

    restore(
        *(str(file), "--dataset", "phantom", "--name", "Again", "--annotator", "ben"),
        *("--polarity-switch", "artifact"),
    )
    again = Campaign.objects.get(name="Again")

    named = Verdict.objects.get(item__campaign=again, item__position=3).categories.all()
    assert [category.key for category in named] == ["imagingArtifact"]
    assert document(again)["Metadata"] == document(campaign)["Metadata"]


def test_pages_and_order_of_the_file_are_kept(
    campaign: Campaign, team: Team, tmp_path: Path
) -> None:
    exported = document(campaign)
    kept = exported["Metadata"][::-3]
    for place, record in enumerate(kept):
        record["Page"], record["Image_Index"] = 10 + place % 2, 50 - place
    exported["Metadata"] = sorted(kept, key=lambda record: record["Image_Index"])
    file = tmp_path / "some.json"
    file.write_text(json.dumps(exported))

    restore(str(file), "--dataset", "phantom", "--name", "Some", "--annotator", "anna")

    assert document(Campaign.objects.get(name="Some"))["Metadata"] == exported["Metadata"]


@needs_real_data("synanno_exports")
@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("synanno_export.json", [], 24),
        ("synanno_export_fn.json", ["--without-missed"], 12),
    ],
)
def test_real_files_come_back(
    tmp_path: Path, team: Team, name: str, options: list[str], count: int
) -> None:
    """Volume-mode files have no materialization_index: ours name the row of the table then."""
    path = REAL_DATA / "synanno_exports" / name
    real = json.loads(path.read_text())
    theirs = [r for r in real["Metadata"] if r["Error_Description"] != "False Negative"]
    make_empty_dataset(tmp_path, [row_of(record) for record in theirs])

    printed = restore(
        *(str(path), "--dataset", "empty", "--name", "Real", "--annotator", "anna"), *options
    )

    campaign = Campaign.objects.get(name="Real")
    written = document(campaign)
    assert len(written["Metadata"]) == count == len(theirs)
    for ours, record in zip(written["Metadata"], theirs, strict=True):
        expected = dict(record, materialization_index=ours["materialization_index"])
        if record["crop_size_z"] == campaign.crop_z:
            assert ours == expected
        assert [ours[key] for key in ("Label", "Error_Description", "Page", "Image_Index")] == [
            record[key] for key in ("Label", "Error_Description", "Page", "Image_Index")
        ]
    assert written["Proofread Time"]["start_grid"] == real["Proofread Time"]["start_grid"]
    if options:
        assert "Missed synapses left out: 1." in printed
        assert "the crop (256, 256, 6); of 1 record the file has another" in printed


def row_of(record: dict[str, Any]) -> dict[str, int]:
    """The row of a synapse table that a record was made from."""
    points = {f"{p}_pt_{axis}": record[f"{p}_pt_{axis}"] for p in ("pre", "post") for axis in "xyz"}
    center = {axis: record[f"c{axis}0"] for axis in "xyz"}
    return {**points, **center, "pre_neuron_id": -1, "post_neuron_id": -1}


ROW = {
    **{f"{p}_pt_{axis}": 100 for p in ("pre", "post") for axis in "xyz"},
    **{"x": 100, "y": 100, "z": 100, "pre_neuron_id": -1, "post_neuron_id": -1},
}


def test_synapses_at_one_place_are_told_apart_by_their_order(tmp_path: Path, team: Team) -> None:
    table = make_empty_dataset(tmp_path, [ROW, ROW, ROW])
    exported = export_of_new_campaign(table, team)
    for record in exported["Metadata"]:
        record["materialization_index"] = -1
    exported["Metadata"][0]["Label"] = "incorrect"
    file = tmp_path / "twins.json"
    file.write_text(json.dumps(exported))

    restore(str(file), "--dataset", "empty", "--name", "Twins", "--annotator", "anna")

    items = Item.objects.filter(campaign__name="Twins").order_by("position")
    assert [item.instance.source_id for item in items] == [0, 1, 2]
    assert [item.verdicts.get().label for item in items] == ["incorrect", "correct", "correct"]


def export_of_new_campaign(table: SynapseTable, team: Team) -> dict[str, Any]:
    call_command(
        *("open_campaign", "New", "--dataset", table.dataset.name, "--manager", "manager"),
        *("--annotator", "anna", "ben", "--page-size", "6"),
        stdout=io.StringIO(),
    )
    campaign = Campaign.objects.get(name="New")
    make_pages(campaign.pk)
    return document(campaign)


def test_coarse_tables_come_back_in_voxels_of_the_clefts(tmp_path: Path, team: Team) -> None:
    table = make_empty_dataset(tmp_path, [ROW], table_resolution=(16, 16, 40))
    exported = export_of_new_campaign(table, team)
    record = exported["Metadata"][0]
    assert (record["cx0"], record["cy0"], record["cz0"]) == (201, 201, 502)
    file = tmp_path / "coarse.json"
    file.write_text(json.dumps(exported))

    restore(str(file), "--dataset", "empty", "--name", "Coarse", "--annotator", "anna")
    assert document(Campaign.objects.get(name="Coarse"))["Metadata"] == exported["Metadata"]


def changed(field: str, value: object) -> Any:
    return lambda records: records[1].update({field: value})


@pytest.mark.parametrize(
    ("change", "options", "sentence"),
    [
        (changed("cx0", 7), {}, r"bad\.json, record 2 \(Image_Index 1\): the table 'synapses' has"
         r" no synapse centred at \(7, "),
        (lambda records: records[1].update(pre_pt_x=7, materialization_index=-1), {},
         "record 2 .* with other points"),
        (changed("materialization_index", 9), {}, "record 2 .* with another materialization_index"),
        (lambda records: records[1].update(records[0], Image_Index=1), {},
         r"record 2 \(Image_Index 1\): it is the synapse of record 1 again"),
        (lambda records: [r.update(crop_size_x=10**6) for r in records], {},
         "crop_size: crop_size_x is 1000000 voxels"),
        (lambda records: None, {"--annotator": "nobody"}, "annotator: there is no user 'nobody'"),
        (lambda records: None, {"--dataset": "none"}, "dataset: there is no dataset 'none'"),
        (lambda records: None, {"--table": "none"}, "has no table 'none', but synapses"),
        (lambda records: None, {"--name": "Round one"}, "name: there is a campaign 'Round one'"),
        (lambda records: None, {"--name": " "}, "name: give between 1 and 200"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_makes_nothing(
    campaign: Campaign,
    team: Team,
    tmp_path: Path,
    change: Any,
    options: dict[str, str],
    sentence: str,
) -> None:
    exported = document(campaign)
    change(exported["Metadata"])
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(exported))
    before = counts(STORED)
    given = {"--dataset": "phantom", "--name": "Bad", "--annotator": "anna"} | options

    with pytest.raises(CommandError, match=sentence):
        restore(str(file), *(part for option in given.items() for part in option))
    assert counts(STORED) == before


def test_a_page_that_no_grid_shows_is_refused(tmp_path: Path, team: Team) -> None:
    exported = export_of_new_campaign(make_empty_dataset(tmp_path, [ROW] * 25), team)
    for record in exported["Metadata"]:
        record["Page"] = 3
    file = tmp_path / "long.json"
    file.write_text(json.dumps(exported))
    with pytest.raises(CommandError, match="page 3 holds 25 instances; at most 24"):
        restore(str(file), "--dataset", "empty", "--name", "Long", "--annotator", "anna")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"Metadata": [', r"file: bad\.json is not whole JSON"),
        (b"\xff\xfe\x00", r"file: bad\.json is not text in UTF-8"),
        (None, r"file: .*bad\.json cannot be read: No such file"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(
    table: SynapseTable, team: Team, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "bad.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        restore(str(file), "--dataset", "phantom", "--name", "Bad", "--annotator", "anna")


def test_only_the_manager_downloads(campaign: Campaign, team: Team, client: Any) -> None:
    address = f"/campaigns/{campaign.pk}/synanno.json"
    answers = {}
    for user in (team.manager, team.anna, team.outsider):
        client.force_login(user)
        answers[user.username] = client.get(address)
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "manager": 200,
        "anna": 403,
        "outsider": 404,
    }
    downloaded = b"".join(answers["manager"].streaming_content)
    assert json.loads(downloaded) == document(campaign)
    assert "attachment" in answers["manager"]["Content-Disposition"]


def test_a_large_campaign_is_read_in_parts(
    campaign: Campaign, redis_client: redis.Redis, django_assert_max_num_queries: Any
) -> None:
    """A fixed number of queries a part, whatever the number of instances."""
    with django_assert_max_num_queries(13):
        text = "".join(synanno_pieces(campaign))
    assert len(json.loads(text)["Metadata"]) == campaign.table.row_count
