"""Our records against those that SynAnno itself wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.exports.domain.descriptions import describe_error, split_error
from apps.exports.domain.reading import MISSED, read_document
from apps.exports.domain.records import GridTimes, SynapseRecord
from apps.proofreading.domain import STANDARD_CATEGORIES
from apps.voxels.geometry import Box, Point
from tests.real_data import REAL_DATA, needs_real_data

FILES = ("synanno_export.json", "synanno_export_fn.json")
BOUNDS = Box(Point(0, 0, 0), Point(4096, 4096, 4096))
KNOWN = tuple(key for key, _ in STANDARD_CATEGORIES)


def ours(number: int, text: str, bounds: Box = BOUNDS) -> dict[str, Any]:
    """The record that we write for what we read of a record of theirs."""
    record = read_document(text, "theirs").records[number]
    return SynapseRecord(
        page=record.page,
        index=record.index,
        source_id=-1 if record.source_id is None else record.source_id,
        label=record.label.value,
        error_description=record.error_description,
        center=record.center,
        pre_pt=record.pre_pt,
        post_pt=record.post_pt,
        crop=record.crop,
        bounds=bounds,
    ).as_json()


@needs_real_data("synanno_exports")
@pytest.mark.parametrize("name", FILES)
def test_every_record_that_synanno_wrote_is_written_alike(name: str) -> None:
    text = (REAL_DATA / "synanno_exports" / name).read_text()
    theirs = json.loads(text)["Metadata"]
    compared = 0
    for number, record in enumerate(theirs):
        if record["Error_Description"] in MISSED:
            continue  # a missed synapse: its crop is not the one that its keys name
        written = ours(number, text)
        assert json.dumps(written) == json.dumps(record), "the same keys, types and order"
        compared += 1
    assert compared >= 12


@needs_real_data("synanno_exports")
def test_the_missed_synapse_of_a_real_file_is_read() -> None:
    text = (REAL_DATA / "synanno_exports" / FILES[1]).read_text()
    missed = [r for r in read_document(text, FILES[1]).records if r.is_missed_synapse]
    assert [(r.index, r.center, r.pre_pt, r.post_pt) for r in missed] == [
        (276, Point(500, 500, 48), None, None)
    ]


@pytest.mark.parametrize(
    ("center", "adjusted", "padding"),
    [
        ((128, 512, 75), [0, 256, 384, 640, 72, 78], [[0, 0], [0, 0], [0, 0]]),
        ((100, 512, 75), [0, 228, 384, 640, 72, 78], [[28, 0], [0, 0], [0, 0]]),
        ((1000, 512, 75), [872, 1024, 384, 640, 72, 78], [[0, 104], [0, 0], [0, 0]]),
        ((512, 5, 1), [384, 640, 0, 133, 0, 4], [[0, 0], [123, 0], [2, 0]]),
        ((512, 512, 95), [384, 640, 384, 640, 92, 96], [[0, 0], [0, 0], [0, 2]]),
    ],
)
def test_a_box_over_the_border_is_clamped_and_its_overhang_is_the_padding(
    center: tuple[int, int, int], adjusted: list[int], padding: list[list[int]]
) -> None:
    point = Point(*center)
    bounds = Box(Point(0, 0, 0), Point(1024, 1024, 96))
    record = SynapseRecord(
        1, 0, 0, "correct", "None", point, point, point, Point(256, 256, 6), bounds
    ).as_json()
    assert record["Adjusted_Bbox"] == adjusted
    assert record["Padding"] == padding
    original = record["Original_Bbox"]
    restored = [
        edge + sign * pad
        for edge, sign, pad in zip(
            adjusted, (-1, 1) * 3, (p for pair in padding for p in pair), strict=True
        )
    ]
    assert restored == original


def test_times_that_are_missing_are_null() -> None:
    assert set(GridTimes(None, None).as_json().values()) == {None}


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_description_is_written_again_as_it_was_read(text: str) -> None:
    categories, note = split_error(text, KNOWN)
    assert describe_error(categories, note) == (text or "None")


@given(st.lists(st.sampled_from(KNOWN), unique=True), st.text(max_size=20))
def test_categories_survive_the_file(categories: list[str], note: str) -> None:
    in_order = tuple(key for key in KNOWN if key in categories)
    read, _ = split_error(describe_error(in_order, note), KNOWN)
    if in_order:
        assert read == in_order
    else:
        assert describe_error(read, note) in (note or "None", "None")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("None", ((), "")),
        ("badFit", (("badFit",), "")),
        ("falsePositive, badFit", (("falsePositive", "badFit"), "")),
        ("badFit, falsePositive", ((), "badFit, falsePositive")),
        ("badFit: left half", (("badFit",), "left half")),
        ("badFit: ", ((), "badFit: ")),
        ("my custom flag", ((), "my custom flag")),
    ],
)
def test_descriptions(text: str, expected: tuple[tuple[str, ...], str]) -> None:
    assert split_error(text, KNOWN) == expected
