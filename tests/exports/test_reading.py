"""Files that cannot be read are refused with a sentence that says where and why."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.exports.domain.holdings import holdings_of
from apps.exports.domain.reading import RECORD_KEYS, SynAnnoFileError, read_document
from apps.exports.domain.records import GridTimes, SynapseRecord
from apps.proofreading.domain import Label
from apps.voxels.geometry import Box, Point

Document = dict[str, Any]


@pytest.fixture
def document() -> Document:
    records = [
        SynapseRecord(
            page=1,
            index=index,
            source_id=index,
            label="correct",
            error_description="None",
            center=Point(100 + index, 50, 20),
            pre_pt=Point(90, 50, 20),
            post_pt=None if index == 1 else Point(110, 50, 20),
            crop=Point(64, 64, 6),
            bounds=Box(Point(0, 0, 0), Point(256, 256, 64)),
        ).as_json()
        for index in range(3)
    ]
    return {"Proofread Time": GridTimes(None, None).as_json(), "Metadata": records}


def test_a_file_is_read(document: Document) -> None:
    file = read_document(json.dumps(document), "a.json")
    assert [record.index for record in file.records] == [0, 1, 2]
    second = file.records[1]
    assert (second.center, second.pre_pt, second.post_pt) == ((101, 50, 20), (90, 50, 20), None)
    assert second.crop == (64, 64, 6)
    assert second.label is Label.CORRECT


def test_a_time_without_its_zone_is_taken_for_utc_and_that_is_noted(document: Document) -> None:
    for told, hour in (("2025-04-01T00:10:00", 0), ("2025-04-01T00:10:00-09:00", 9)):
        document["Proofread Time"]["start_grid"] = told
        file = read_document(json.dumps(document), "a.json")
        assert file.times.started_at == datetime(2025, 4, 1, hour, 10, tzinfo=UTC)
        assert holdings_of(file)["names_zone"] is (hour == 9)


def test_a_record_has_28_keys(document: Document) -> None:
    assert len(RECORD_KEYS) == 28
    assert set(document["Metadata"][0]) == RECORD_KEYS


@pytest.mark.parametrize("key", sorted(RECORD_KEYS))
def test_every_key_is_needed(document: Document, key: str) -> None:
    del document["Metadata"][1][key]
    with pytest.raises(SynAnnoFileError, match=rf"a\.json, record 2: it lacks the key '{key}'"):
        read_document(json.dumps(document), "a.json")


@pytest.mark.parametrize("key", sorted(RECORD_KEYS))
@pytest.mark.parametrize("value", [{}, 1.5, True, [[1]]])
def test_every_key_has_its_type(document: Document, key: str, value: object) -> None:
    document["Metadata"][2][key] = value
    with pytest.raises(SynAnnoFileError, match=rf"a\.json, record 3: {key}: "):
        read_document(json.dumps(document), "a.json")


def with_record(**changes: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["Metadata"][1].update(changes)

    return change


def with_document(**changes: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document.update({key.replace("_", " "): value for key, value in changes.items()})

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_record(Label="Correct"), "record 2: Label: 'Correct' is none of correct, incorrect"),
        (with_record(Page=0), "record 2: Page: 0 is less than 1"),
        (with_record(Page=2**31), "record 2: Page: 2147483648 is out of range"),
        (with_record(Image_Index=-1), "record 2: Image_Index: -1 is less than 0"),
        (with_record(Image_Index=0), "record 2: Image_Index: 0 is that of record 1, too"),
        (with_record(cx0=10**30), "record 2: cx0: 10+ is out of range"),
        (with_record(crop_size_z=0), "record 2: crop_size_z: 0 is less than 1"),
        (with_record(pre_pt_x=None), "record 2: pre_pt_x: null is not a whole number"),
        (with_record(cy0=float("nan")), "record 2: cy0: NaN is not a whole number"),
        (with_record(cy0=float("-inf")), "record 2: cy0: -Infinity is not a whole number"),
        (with_record(cy0=[[[[]]] * 9] * 9), r"record 2: cy0: \[\[\[.*… is not a whole number"),
        (with_record(Adjusted_Bbox=[0] * 5 + [10**30]), "Adjusted_Bbox: 10+ is out of range"),
        (with_record(Padding=[[0, 0], [0, 0], [0, 10**30]]), "Padding: 10+ is out of range"),
        (with_record(neuron_id="9" * 201), "neuron_id: it has 201 characters; at most 200 are"),
        (with_record(Error_Description="x" * 10_001), "Error_Description: it has 10,001 char"),
        (with_record(Original_Bbox=[1, 2, 3]), "Original_Bbox: it must be a list of six"),
        (with_record(Padding=[[0, 0], [0, 0]]), "Padding: it must be three pairs"),
        (with_record(Error_Description="a\0b"), "Error_Description: it holds characters"),
        (with_record(Error_Description="\ud800"), "Error_Description: it holds characters"),
        (with_record(GT="path"), "record 2: it has the key 'GT', which SynAnno's files do not"),
        (with_document(Metadata=[]), "Metadata: it must be a list of at least one record"),
        (with_document(Metadata={"a": 1}), "Metadata: it must be a list of at least one record"),
        (with_document(Metadata=[5]), "record 1: it is not a JSON object"),
        (with_document(Proofread_Time=None), "Proofread Time: it must have the keys start_grid"),
    ],
)
def test_what_does_not_fit_is_named(
    document: Document, change: Callable[[Document], None], sentence: str
) -> None:
    changed = copy.deepcopy(document)
    change(changed)
    with pytest.raises(SynAnnoFileError, match=sentence):
        read_document(json.dumps(changed), "a.json")


@pytest.mark.parametrize("moment", ["yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_times_are_times(document: Document, moment: str) -> None:
    document["Proofread Time"]["start_grid"] = moment
    with pytest.raises(SynAnnoFileError, match=f"Proofread Time: start_grid: '{moment}' is"):
        read_document(json.dumps(document), "a.json")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"a\.json is not whole JSON: it breaks off at line 1, column 1;"),
        ('{"Proofread Time": {}, "Metadata": [', r"is not whole JSON: .*line 1, column 37"),
        ("[]", "Metadata: it must be a list of at least one record"),
        ('{"Data": []}', "Data: it must be a list of at least one record"),
        ('{"Data": 5}', "Data: it must be a list of at least one record"),
        ("[5]", "record 1: it is not a JSON object"),
        ("5", "it does not hold a JSON object"),
        ("{}", "it lacks the key 'Proofread Time'"),
        ('{"Proofread Time": {}}', "it lacks the key 'Metadata'"),
        ("[" * 200_000, "is nested too deeply"),
        ("[" + "[]," * 1_200_000 + "1]", "holds far more lists and values than SynAnno's"),
        ('{"Metadata": ' + "9" * 100_000 + "}", "it lacks the key 'Proofread Time'"),
        ('{"Metadata": 1, "Metadata": 2}', "it has the key 'Metadata' twice"),
        ('[{"Page": 1, "Page": 1}]', "record 1: it has the key 'Page' twice"),
        ('{"Data": [5, {"x": 1, "x": 1}]}', "record 2: it has the key 'x' twice"),
        ('{"Proofread Time": {"a": 1, "a": 1}}', "Proofread Time: it has the key 'a' twice"),
    ],
)
def test_broken_json_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SynAnnoFileError, match=sentence):
        read_document(text, "a.json")


def test_a_number_of_very_many_digits_is_told_as_it_stands(document: Document) -> None:
    """Python refuses to read one of some thousands, and floats end at some hundreds."""
    text = json.dumps(document).replace('"cx0": 101', f'"cx0": -{"7" * 100_000}')
    told = rf"a\.json, record 2: cx0: -{'7' * 19}… \(100,000 digits\) is out of range"
    with pytest.raises(SynAnnoFileError, match=told):
        read_document(text, "a.json")
