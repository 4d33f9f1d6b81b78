"""SynAnno's older files are read, and campaigns begin from files without a table."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.campaigns.models import Campaign
from apps.datasets.models import Instance, SynapseTable
from apps.exports.domain.older import FORM_2022, FORM_A, FORM_B
from apps.exports.domain.reading import SynAnnoFileError, read_document
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.models import Verdict
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.people import Team

NEW_KEYS = ("materialization_index", "section_index", "tree_traversal_index", "neuron_id")
ROW = {f"{p}_pt_{axis}": 100 for p in ("pre", "post") for axis in "xyz"} | {
    **{"x": 100, "y": 100, "z": 100, "pre_neuron_id": -1, "post_neuron_id": -1}
}
OF_2022 = {
    "Image_Name": "image.tif", "Image_Index": 7, "GT": "Images/Syn/7", "EM": "Images/Img/7",
    "Label": "Incorrect", "Annotated": "No", "Middle_Slice": "12",
    "Global_Bbox": [10, 15, 200, 220, 300, 341], "Rotation_Info": [67.0, [1.0, 2.0]],
    "Bounding_Boxes": [[1, 2, 3, 4]], "Padding": [[0, 0, 0, 0]],
}  # fmt: skip


def real(name: str = "synanno_export.json") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((REAL_DATA / "synanno_exports" / name).read_text())
    return document


def as_form_a(record: dict[str, Any]) -> dict[str, Any]:
    """The same record as version A wrote it."""
    kept = {key: value for key, value in record.items() if key not in NEW_KEYS}
    paths = {"GT": "/Images/Syn/1", "EM": "/Images/Img/1"}
    described = record["Error_Description"].replace("False Negative", "False Negatives")
    label = record["Label"].capitalize()
    return {**kept, **paths, "Label": label, "Error_Description": described}


@needs_real_data("synanno_exports")
def test_form_a_says_what_form_b_says() -> None:
    for name in ("synanno_export.json", "synanno_export_fn.json"):
        document = real(name)
        present = read_document(json.dumps(document), "b.json")
        older = read_document(json.dumps([as_form_a(r) for r in document["Metadata"]]), "a.json")
        assert (present.form, older.form) == (FORM_B, FORM_A)
        assert older.records == present.records
        assert older.times.started_at is None
    assert [record.is_missed_synapse for record in older.records].count(True) == 1


@needs_real_data("synanno_exports")
def test_a_bare_list_of_records_of_today_is_read_too() -> None:
    document = real()
    bare = read_document(json.dumps(document["Metadata"]), "bare.json")
    assert bare.form == FORM_B
    assert bare.records == read_document(json.dumps(document), "b.json").records


@needs_real_data("synanno_exports")
def test_pages_that_count_from_0_count_from_1() -> None:
    records = [as_form_a(record) for record in real()["Metadata"]]
    for record in records:
        record["Page"] -= 1
    read = read_document(json.dumps(records), "a.json").records
    assert [record.page for record in read] == [r["Page"] for r in real()["Metadata"]]


def test_the_form_of_2022_has_boxes_in_z_y_x_with_both_ends_inside() -> None:
    records = [OF_2022 | {"Image_Index": 7 + number} for number in range(13)]
    file = read_document(json.dumps({"Data": records}), "2022.json")
    first = file.records[0]
    assert file.form == FORM_2022
    assert (first.center, first.pre_pt, first.post_pt) == ((320, 210, 12), None, None)
    assert (first.label, first.error_description, first.source_id) == ("incorrect", "None", None)
    assert [record.page for record in file.records] == [1] * 12 + [2]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Global_Bbox": [1, 2, 3]}, "record 1: Global_Bbox: it must be a list of six"),
        ({"Middle_Slice": "twelve"}, "record 1: Middle_Slice: 'twelve' is not a whole number"),
        ({"Label": "Maybe"}, "record 1: Label: 'maybe' is none of correct, incorrect"),
        ({"Label": 5}, "record 1: Label: 5 is not text"),
        ({"Image_Index": "7"}, "record 1: Image_Index: '7' is not a whole number"),
    ],
)
def test_what_does_not_fit_in_an_older_file_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SynAnnoFileError, match=rf"2022\.json, {sentence}"):
        read_document(json.dumps({"Data": [OF_2022 | change]}), "2022.json")


@pytest.mark.parametrize("key", ["Image_Index", "Label", "Annotated", "Middle_Slice"])
def test_an_older_record_needs_its_keys(key: str) -> None:
    record = {name: value for name, value in OF_2022.items() if name != key}
    with pytest.raises(SynAnnoFileError, match=f"record 1: it lacks the key '{key}'"):
        read_document(json.dumps({"Data": [record]}), "2022.json")


def restore(file: Path, *options: str) -> str:
    output = io.StringIO()
    arguments = ("--dataset", "empty", "--name", "Restored", "--annotator", "anna", *options)
    call_command("restore_campaign", str(file), *arguments, stdout=output)
    return output.getvalue()


@needs_real_data("synanno_exports")
@pytest.mark.django_db
def test_a_campaign_begins_from_a_file_without_a_table(tmp_path: Path, team: Team) -> None:
    make_empty_dataset(tmp_path, [ROW])
    document = real()
    file = tmp_path / "real.json"
    file.write_text(json.dumps(document))

    printed = restore(file, "--new-table", "from the file")

    assert "24 labels restored" in printed
    campaign = Campaign.objects.get()
    assert (campaign.table.name, campaign.table.version) == ("from the file", 1)
    assert campaign.table.source == "synanno json real.json"
    assert campaign.table.row_count == Instance.objects.filter(table=campaign.table).count() == 24
    written = json.loads("".join(synanno_pieces(campaign)))["Metadata"]
    for number, (ours, record) in enumerate(zip(written, document["Metadata"], strict=True)):
        assert ours == record | {"materialization_index": number}


@pytest.mark.django_db
def test_a_file_of_2022_begins_a_campaign_that_nobody_has_judged(
    tmp_path: Path, team: Team
) -> None:
    make_empty_dataset(tmp_path, [ROW])
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Data": [OF_2022, OF_2022 | {"Image_Index": 8}]}))

    printed = restore(file, "--new-table", "old", "--without-labels")

    campaign = Campaign.objects.get()
    assert "no points, no pages and no crop" in printed
    assert campaign.items.count() == 2
    assert campaign.pages.get().submitted_at is None
    assert not Verdict.objects.exists()
    assert {one.center for one in Instance.objects.filter(table=campaign.table)} == {(320, 210, 12)}


@pytest.mark.django_db
def test_a_file_that_lies_outside_the_volumes_makes_nothing(tmp_path: Path, team: Team) -> None:
    make_empty_dataset(tmp_path, [ROW])
    file = tmp_path / "far.json"
    file.write_text(
        json.dumps({"Data": [OF_2022 | {"Global_Bbox": [10, 15, 200, 220, 9300, 9341]}]})
    )
    before = counts()
    with pytest.raises(CommandError, match=r"far\.json, record 1 \(.*\): the middle of its box: "):
        restore(file, "--new-table", "far")
    assert counts() == before
    assert SynapseTable.objects.count() == 1
