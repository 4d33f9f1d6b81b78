"""What becomes of an outcome in CAVE: whole rows, in the voxels of the table, or a reason."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cave_sync.domain.annotations import Field, FieldKind, Schema
from apps.cave_sync.domain.deliveries import Filling, Kind, MendedAs, Plan, Source, Taken
from apps.cave_sync.domain.mapping import Said, problems_of, rows_of
from apps.cave_sync.domain.rows import BEYOND, UnfitError, are_same, digest_of, plain, voxel_at

POINT, NUMBER = FieldKind.POINT, FieldKind.NUMBER


def schema(name: str, **fields: FieldKind) -> Schema:
    return Schema(name, tuple(Field(one, kind, is_required=True) for one, kind in fields.items()))


SYNAPSE = schema("synapse", pre_pt=POINT, ctr_pt=POINT, post_pt=POINT, size=NUMBER)
NOCLEFT = schema("nocleft_synapse", pre_pt=POINT, post_pt=POINT, score=NUMBER)
PLASTIC = schema("plastic", pre_pt=POINT, post_pt=POINT, plasticity=FieldKind.INTEGER)
VALID = schema("reference_synapse_valid", target_id=FieldKind.TARGET, is_valid=FieldKind.YES_NO)
TAG = schema("reference_tag", target_id=FieldKind.TARGET, tag=FieldKind.TEXT)
WHOLE = schema("reference_integer", target_id=FieldKind.TARGET, value=FieldKind.INTEGER)
CELL = schema("cell_type_local", pt=POINT, cell_type=FieldKind.TEXT)

SAID = Said(
    instance=7,
    source_id=991,
    state="settled",
    label="correct",
    categories=(),
    judged_label="correct",
    judged_categories=(),
    is_added=False,
    center_nm=(402.0, 806.0, 3015.0),
    pre_nm=(382.0, 806.0, 3015.0),
    post_nm=(422.0, 806.0, 3015.0),
    size=31,
    score=0.75,
    p_correct=0.875,
    votes=3,
)


def plan(kind: Kind, of: Schema, **more: Any) -> Plan:
    return Plan(kind, of, (4.0, 4.0, 30.0), **more)


SYNAPSES = plan(Kind.SYNAPSES, SYNAPSE)


def only(said: Said, to: Plan) -> dict[str, Any]:
    [row] = rows_of(said, to)
    assert row.part == ""
    return row.values


def test_a_synapse_is_told_in_the_voxels_of_the_table_with_every_field() -> None:
    assert only(SAID, SYNAPSES) == {
        **{"pre_pt": (95, 201, 100), "ctr_pt": (100, 201, 100), "post_pt": (105, 201, 100)},
        "size": 31.0,
    }
    nothing = replace(SAID, size=None)
    assert only(nothing, SYNAPSES)["size"] == 0.0, "what is not known is sent all the same"
    assert only(SAID, plan(Kind.SYNAPSES, NOCLEFT))["score"] == 0.75
    votes = {"plasticity": Filling(Source.VOTES)}
    assert only(SAID, plan(Kind.SYNAPSES, PLASTIC, fillings=votes))["plasticity"] == 3


@given(
    st.tuples(*[st.integers(0, 2**24)] * 3),
    st.tuples(*[st.sampled_from([1.0, 4.0, 4.3, 8.0, 30.0, 40.0, 49.6])] * 3),
)
def test_a_voxel_of_the_same_size_is_the_same(
    voxel: tuple[int, int, int], size: tuple[float, float, float]
) -> None:
    """Be it told by its middle or by its border."""
    for shift in (0.5, 0.0):
        nm = [(at + shift) * each for at, each in zip(voxel, size, strict=True)]
        assert voxel_at(nm, size, "pre_pt") == voxel


@given(st.floats(0, 1e7), st.floats(0.5, 100))
def test_a_place_lies_in_the_voxel_that_is_told(nm: float, size: float) -> None:
    x, _, _ = voxel_at((nm, nm, nm), (size, size, size), "pre_pt")
    border = 1e-5 * size
    assert x * size - border <= nm <= (x + 1) * size + border


@pytest.mark.parametrize("at", [-0.5, math.nan, math.inf, -math.inf, BEYOND * 4.0])
def test_a_place_that_cave_cannot_hold_is_refused(at: float) -> None:
    """A negative one would read back as 2^64 − 1."""
    with pytest.raises(UnfitError, match=r"post_pt lies at .* along y"):
        rows_of(replace(SAID, post_nm=(4.0, at, 30.0)), SYNAPSES)


def test_what_has_no_point_is_no_row() -> None:
    with pytest.raises(UnfitError, match="it has no pre_pt"):
        rows_of(replace(SAID, pre_nm=None), SYNAPSES)
    assert only(replace(SAID, pre_nm=None), plan(Kind.VERDICTS, VALID)) == {
        **{"target_id": 991, "is_valid": True}
    }


@pytest.mark.parametrize(
    ("state", "label", "is_added", "taken"),
    [
        ("settled", "correct", False, Taken.CORRECT),
        ("settled", "incorrect", False, None),
        ("mended", "correct", False, Taken.MENDED),
        ("fine", "correct", False, Taken.FINE),
        ("added", "correct", True, Taken.ADDED),
        ("mended", "correct", True, Taken.ADDED),
        ("unmendable", "correct", True, None),
        ("no_synapse", "incorrect", True, None),
        ("waiting", "correct", False, None),
        ("disputed", "unsure", False, None),
        ("discarded", "incorrect", False, None),
        ("unjudged", None, False, None),
    ],
)
def test_the_manager_says_which_outcomes_become_synapses(
    state: str, label: str | None, is_added: bool, taken: Taken | None
) -> None:
    said = replace(SAID, state=state, label=label, is_added=is_added)
    for one in Taken:
        found = rows_of(said, replace(SYNAPSES, taken=frozenset({one})))
        assert len(found) == (one is taken)


def test_verdicts_speak_of_the_labs_row() -> None:
    wrong = replace(SAID, label="incorrect", judged_label="incorrect", judged_categories=("a",))
    unsure = replace(SAID, label="unsure")
    assert only(wrong, plan(Kind.VERDICTS, VALID)) == {"target_id": 991, "is_valid": False}
    assert rows_of(unsure, plan(Kind.VERDICTS, VALID)) == [], "there is no word for it"
    assert only(unsure, plan(Kind.VERDICTS, TAG))["tag"] == "unsure"
    words = {"correct": 10, "unsure": 5}
    assert only(unsure, plan(Kind.VERDICTS, WHOLE, words=words))["value"] == 5
    assert only(wrong, plan(Kind.VERDICTS, WHOLE, words=words))["value"] == 0
    for state in ("waiting", "disputed", "unjudged"):
        assert rows_of(replace(SAID, state=state), plan(Kind.VERDICTS, VALID)) == []
    assert rows_of(replace(SAID, state="added", is_added=True), plan(Kind.VERDICTS, VALID)) == []
    mended = replace(wrong, state="mended", label="correct", categories=())
    assert only(mended, plan(Kind.VERDICTS, VALID))["is_valid"] is True
    judged = plan(Kind.VERDICTS, VALID, mended_as=MendedAs.JUDGED)
    assert only(mended, judged)["is_valid"] is False


def test_each_category_is_a_row() -> None:
    wrong = replace(SAID, label="incorrect", categories=("badFit", "polarity"))
    to = plan(Kind.CATEGORIES, TAG, words={"badFit": "bad fit"})
    assert [(row.part, row.values["tag"]) for row in rows_of(wrong, to)] == [
        ("badFit", "bad fit"),
        ("polarity", "polarity"),
    ]
    assert rows_of(SAID, to) == []
    untold = plan(Kind.CATEGORIES, TAG, words={"badFit": None})
    assert [row.part for row in rows_of(wrong, untold)] == ["polarity"]


@pytest.mark.parametrize("source_id", [0, -1])
def test_an_id_that_no_row_can_have_is_refused(source_id: int) -> None:
    with pytest.raises(UnfitError, match=f"its id {source_id}"):
        rows_of(replace(SAID, source_id=source_id), plan(Kind.VERDICTS, VALID))


def test_values_of_numpy_become_plain() -> None:
    for value in (np.float32(0.5), np.uint64(7), np.int8(3), np.bool_(1), np.float64(0.25)):
        found = plain(value, "size")
        assert json.loads(json.dumps(found)) == value
        assert type(found) in (int, float, bool)
    unusable: list[object] = [math.nan, np.float32("inf"), [1], {}]
    for wrong in unusable:
        with pytest.raises(UnfitError, match="size is"):
            plain(wrong, "size")
    half = {"plasticity": Filling(Source.SCORE)}
    with pytest.raises(UnfitError, match=r"plasticity would be 0\.75, which is no whole number"):
        rows_of(SAID, plan(Kind.SYNAPSES, PLASTIC, fillings=half))


def sentences(to: Plan) -> str:
    return " ".join(problem.sentence for problem in problems_of(to))


def test_a_plan_that_fits_has_no_problems() -> None:
    for to in (
        SYNAPSES,
        plan(Kind.SYNAPSES, NOCLEFT),
        plan(Kind.VERDICTS, VALID),
        plan(Kind.VERDICTS, WHOLE, words={"unsure": None, "correct": 3}),
        plan(Kind.CATEGORIES, TAG, words={"badFit": "bad fit"}),
    ):
        assert problems_of(to) == []


def test_what_does_not_fit_the_schema_is_told() -> None:
    score = {"score": Filling(Source.SCORE)}
    assert "synapse has no field score; it has pre_pt, ctr_pt, post_pt, size" in sentences(
        plan(Kind.SYNAPSES, SYNAPSE, fillings=score)
    )
    assert "cell_type_local is not for synapses: it has no pre_pt and no post_pt" in sentences(
        plan(Kind.SYNAPSES, CELL)
    )
    assert "a field plasticity; say what fills it" in sentences(plan(Kind.SYNAPSES, PLASTIC))
    assert "it has no pre_pt" in sentences(plan(Kind.SYNAPSES, TAG))
    assert "it has no target_id" in sentences(plan(Kind.VERDICTS, SYNAPSE))
    assert "has no field tag" in sentences(plan(Kind.CATEGORIES, VALID))
    text = {"size": Filling(Source.SIZE, "large")}
    assert "size would be 'large', which is no number" in sentences(
        plan(Kind.SYNAPSES, SYNAPSE, fillings=text)
    )
    assert "words: for correct, is_valid would be 'ja'" in sentences(
        plan(Kind.VERDICTS, VALID, words={"correct": "ja"})
    )


def test_rows_are_told_apart_by_what_they_say() -> None:
    first = only(SAID, SYNAPSES)
    again = dict(reversed(only(SAID, SYNAPSES).items()))
    assert digest_of(first) == digest_of(again)
    assert digest_of(first) != digest_of({**first, "size": 32.0})
    stored = json.loads(json.dumps(first))
    assert are_same(stored, {**first, "pre_pt_supervoxel": 5, "size": 31.000001})
    assert not are_same(stored, {**first, "size": 32.0})
    assert not are_same(stored, {**first, "pre_pt": (95, 201, 101)})
    assert not are_same(stored, {"size": 31.0})
