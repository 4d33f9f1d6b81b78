"""Whatever is sent as a file of SynAnno, it is read or refused with a sentence; nothing is half
done."""

from __future__ import annotations

import copy
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.exports.domain.holdings import holdings_of
from apps.exports.domain.reading import RECORD_KEYS, SynAnnoFileError, read_document
from apps.exports.models import RestoredPlace
from apps.proofreading.models import Verdict
from apps.revision.models import AddedSynapse
from tests.exports.test_older_files import OF_2022, as_form_a
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.counts import MODELS, counts
from tests.support.datasets import make_empty_dataset
from tests.support.people import Team

_LONGEST_SENTENCE = 400
_HUGE = "\x01huge\x01"  # stands for a number that `json.dumps` does not write
_STORED: tuple[type[Model], ...] = (*MODELS, Verdict, AddedSynapse, RestoredPlace)

strange = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 2**31 - 1, 2**31, -(2**31), 2**63, 2**64, 10**39, 10**400]),
    st.sampled_from([_HUGE, float("nan"), float("inf"), -0.0, 1e308, 1.5]),
    st.sampled_from(["", "None", "a\0b", "\ud800", "\udc00x", "x" * 70_000, "=1+1", "🧠", "48"]),
    st.sampled_from(["polaritySwitch", "False Negative", "False Negatives", "Correct", "unsure"]),
    st.sampled_from([[], {}, [[]] * 1000, {"a": {"b": [1]}}, [None] * 6, [0, 1], [0] * 6]),
    st.integers(),
    st.text(max_size=20),
    st.recursive(st.integers() | st.text(max_size=3), st.lists, max_leaves=8),
)


def real_document() -> dict[str, Any]:
    """The real file with a missed synapse, cut to its last five records."""
    path = REAL_DATA / "synanno_exports" / "synanno_export_fn.json"
    document: dict[str, Any] = json.loads(path.read_text())
    document["Metadata"] = document["Metadata"][-5:]
    return document


def forms() -> list[Any]:
    document = real_document()
    older = [as_form_a(record) for record in document["Metadata"]]
    return [
        document,
        older,
        {"Data": [OF_2022 | {"Image_Index": number} for number in range(3)]},
    ]


def text_of(document: Any) -> str:
    return json.dumps(document).replace(json.dumps(_HUGE), "9" * 100_000)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Whatever holds something else, with the key or the number of that."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    inner = [at for at in keys if isinstance(value[at], dict | list)]
    return [(value, at) for at in keys] + [one for at in inner for one in places_in(value[at])]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A file of any form with one to three things in it changed."""
    document = copy.deepcopy(draw(st.sampled_from(forms())))
    for _ in range(draw(st.integers(1, 3))):
        places = places_in(document)
        if not places:
            break
        holder, at = draw(st.sampled_from(places))
        deed = draw(st.sampled_from(["replace", "replace", "remove", "add", "swap"]))
        if deed == "remove":
            del holder[at]
        elif deed == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["GT", "\ud800", "Data", "x" * 9000, "Page"]))] = 1
        elif deed == "swap":
            other, its = draw(st.sampled_from(places))
            holder[at] = copy.deepcopy(other.get(its) if isinstance(other, dict) else None)
        else:
            holder[at] = copy.deepcopy(draw(strange))
    text = text_of(document)
    cut = draw(st.sampled_from(["whole", "whole", "whole", "cut", "twice"]))
    if cut == "cut":
        return text[: draw(st.integers(0, len(text)))]
    if cut == "twice":
        key = draw(st.sampled_from(sorted(RECORD_KEYS)))
        return text.replace(f'"{key}": ', f'"{key}": 1, "{key}": ', 1)
    return text


def check_sentence(sentence: str) -> None:
    assert sentence.startswith(("file: fuzz.json", "crop_size: ", "page: ", "name: "))
    assert sentence.endswith(".")
    assert len(sentence) < _LONGEST_SENTENCE
    assert "\0" not in sentence
    sentence.encode()  # Postgres and HTTP take no half of a character


@needs_real_data("synanno_exports")
@given(mutated())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_a_file_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = holdings_of(read_document(text, "fuzz.json"))
    except SynAnnoFileError as error:
        check_sentence(error.sentence)
    else:
        assert found["records"] + found["missed"] > 0
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()


@needs_real_data("synanno_exports")
@pytest.mark.django_db
def test_a_campaign_is_made_of_a_file_or_nothing_is(tmp_path: Path, team: Team) -> None:
    """What reading lets pass, whatever it says, makes all or nothing."""
    at = {"x": 100, "y": 100, "z": 100, "pre_neuron_id": -1, "post_neuron_id": -1}
    points = {f"{side}_pt_{axis}": 100 for side in ("pre", "post") for axis in "xyz"}
    make_empty_dataset(tmp_path, [points | at])
    ends = [-(2**31), -1, 0, 1, 2**31 - 1]
    random_ = random.Random(7)
    document = real_document()
    keys = sorted(RECORD_KEYS - {"Original_Bbox", "Adjusted_Bbox", "Padding"})
    made = 0
    for round_ in range(30):
        changed = copy.deepcopy(document)
        key = keys[round_ % len(keys)]
        record = random_.choice(changed["Metadata"][-2:])
        if isinstance(record[key], str):
            record[key] = random_.choice(["", "polaritySwitch", "x" * 10_000, "unsure", "🧠"])
        else:
            record[key] = random_.choice(ends)
        record["Adjusted_Bbox"] = [random_.choice(ends) for _ in range(6)]
        path = tmp_path / "fuzz.json"
        path.write_text(json.dumps(changed))
        before = counts(_STORED)
        try:
            restore(path, f"Fuzz {round_}")
        except CommandError as error:
            check_sentence(str(error))
            assert counts(_STORED) == before, (key, record[key])
        else:
            made += 1
    assert 2 < made < 28


def restore(path: Path, name: str) -> None:
    call_command(
        *("restore_campaign", str(path), "--dataset", "empty", "--name", name),
        *("--new-table", name, "--annotator", "anna", "--polarity-switch", "artifact"),
        stdout=io.StringIO(),
    )
