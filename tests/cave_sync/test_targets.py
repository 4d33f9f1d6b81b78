"""Verdicts are on rows of the lab's table: a dry run finds whether these are the campaign's
synapses, and not others with the same ids."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from apps.cave_sync.domain.annotations import AnnotationRow, NewTable, Point
from apps.cave_sync.domain.places import NEAR_NM, Sample, apart_nm
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.datasets.models import Instance, SynapseTable
from apps.proofreading.domain import Label
from tests.cave_sync.delivering import FIRST_ID, LAB_RESOLUTION, Desk, row_of_lab
from tests.support.cave_annotations.people import LAB_TOKEN, PUBLIC_DATASTACK

pytestmark = pytest.mark.django_db


@given(st.integers(1, 40).map(lambda half: 2 * half), st.integers(0, 2_000))
def test_a_sample_is_spread_evenly_over_all(most: int, count: int) -> None:
    sample = Sample[int](most)
    for number in range(count):
        sample.add(number)
    kept = sample.kept
    assert len(kept) <= most
    assert len(kept) >= min(count, most // 2)
    steps = {later - sooner for sooner, later in pairwise(kept)}
    assert len(steps) <= 1
    if kept:
        [step] = steps or {1}
        assert kept[0] == 0
        assert kept[-1] + step >= count


def test_two_synapses_are_as_far_apart_as_their_nearest_points() -> None:
    ours = [(0.0, 0.0, 0.0), (200.0, 0.0, 0.0)]
    assert apart_nm(ours, [(200.0, 300.0, 400.0), (9e9, 0.0, 0.0)]) == 500
    assert apart_nm(ours, []) > NEAR_NM


@pytest.fixture
def lab(desk: Desk) -> AnnotationService:
    return AnnotationService(desk.cave.datastack, LAB_TOKEN)


def table_of_lab(
    desk: Desk, lab: AnnotationService, rows: list[AnnotationRow], schema: str = "synapse"
) -> str:
    name = f"lab_{desk.number}_{len(lab.tables())}"
    lab.create_table(NewTable(name, schema, "The lab's.", LAB_RESOLUTION))
    lab.post(name, rows)
    return name


def at_place(row: AnnotationRow, at: Point) -> AnnotationRow:
    return AnnotationRow(row.id, {**row.values, "pre_pt": at, "ctr_pt": at, "post_pt": at})


def rows_of(desk: Desk) -> list[AnnotationRow]:
    found = Instance.objects.filter(table=desk.campaign.table).order_by("source_id")
    return [row_of_lab(one) for one in found.select_related("table")]


def tried(desk: Desk, table: str, **more: Any) -> tuple[list[tuple[str, str]], str]:
    """The problems and notices of a dry run on this table."""
    number = desk.campaign.deliveries.count()
    given = {"reference_table": table, "table": f"said_{desk.number}_{number}"} | more
    found = desk.tried(desk.make("verdicts", **given))
    problems = [(one["field"], one["sentence"]) for one in found["problems"]]
    return problems, " ".join(found["notices"])


def test_rows_that_are_not_there_are_told(desk: Desk, lab: AnnotationService) -> None:
    """Also those of synapses that nobody has judged yet."""
    desk.settle(0)
    rows = rows_of(desk)
    [(field, sentence)], _ = tried(desk, table_of_lab(desk, lab, rows[:0]))
    assert field == "reference_table"
    assert f"no row with the id {FIRST_ID} or {FIRST_ID + 1} or {FIRST_ID + 2}" in sentence
    problems, notices = tried(desk, table_of_lab(desk, lab, rows[:-2]))
    assert problems == []
    assert f"no row with the id {FIRST_ID + 10} or {FIRST_ID + 11} (2 of 12 synapses" in notices
    [(field, sentence)], _ = tried(desk, "nowhere")
    assert (field, "no table 'nowhere'" in sentence) == ("reference_table", True)


def test_other_synapses_with_the_same_ids_are_refused(desk: Desk, lab: AnnotationService) -> None:
    rows = rows_of(desk)
    fine = table_of_lab(desk, lab, rows)
    assert tried(desk, fine)[0] == []
    others = [at_place(row, (7 * row.id % 5_000 + 900, 500, 60)) for row in rows]
    [(field, sentence)], _ = tried(desk, table_of_lab(desk, lab, others))
    assert field == "reference_table"
    assert "12 of 12 synapses that were looked at lie elsewhere than the row of" in sentence
    assert "Its rows are other synapses" in sentence


def test_a_wrong_resolution_is_found_by_places(desk: Desk, lab: AnnotationService) -> None:
    table = table_of_lab(desk, lab, rows_of(desk))
    SynapseTable.objects.filter(pk=desk.campaign.table_id).update(
        resolution_z=F("resolution_z") * 2
    )
    [(field, sentence)], _ = tried(desk, table)
    assert field == "reference_table"
    assert "12 of 12 synapses that were looked at lie elsewhere" in sentence
    assert f"as {FIRST_ID} and {FIRST_ID + 1} and {FIRST_ID + 2}, the first by 2.4 µm" in sentence
    assert "a wrong resolution" in sentence


def test_a_few_that_lie_elsewhere_are_for_a_person_to_look_at(
    desk: Desk, lab: AnnotationService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.cave_sync.services.targets._MOST_ELSEWHERE", 0.1)
    rows = rows_of(desk)
    at = (9_000, 9_000, 90)
    moved = at_place(rows[4], at)
    problems, notices = tried(desk, table_of_lab(desk, lab, [*rows[:4], moved, *rows[5:]]))
    assert problems == []
    assert "1 of 12 synapses that were looked at lies elsewhere" in notices
    assert f"as {FIRST_ID + 4}, the first by" in notices
    one_point = AnnotationRow(rows[4].id, {**rows[4].values, "pre_pt": at, "ctr_pt": at})
    _, notices = tried(desk, table_of_lab(desk, lab, [*rows[:4], one_point, *rows[5:]]))
    assert "elsewhere" not in notices, "a point of it lies where it should"


def test_what_the_lab_has_deleted_since_is_told(desk: Desk, lab: AnnotationService) -> None:
    table = table_of_lab(desk, lab, rows_of(desk))
    lab.delete(table, [FIRST_ID + 3])
    problems, notices = tried(desk, table)
    assert problems == []
    assert f"1 of 12 synapses that were looked at is deleted or replaced in {table}" in notices


def test_one_row_without_a_field_hides_no_others(desk: Desk, lab: AnnotationService) -> None:
    """CAVE reads none of a list with such a row in it."""
    rows = rows_of(desk)
    table = table_of_lab(desk, lab, [])
    raw = lab._client.annotation
    raw.post_annotation(table, [body(row, size=row.id != FIRST_ID + 5) for row in rows])
    problems, notices = tried(desk, table)
    assert problems == []
    assert f"Whether {table} has 1 of 12 cannot be seen" in notices
    table = table_of_lab(desk, lab, [])
    raw.post_annotation(table, [body(row, size=False) for row in rows])
    problems, notices = tried(desk, table)
    assert problems == []
    assert f"Whether {table} has the campaign's synapses cannot be seen" in notices


def body(row: AnnotationRow, *, size: bool) -> dict[str, Any]:
    points = {name: {"position": row.values[name]} for name in ("pre_pt", "ctr_pt", "post_pt")}
    return {"id": row.id, **points, **({"size": 1.0} if size else {})}


def test_the_table_may_say_itself_of_which_rows_it_is(desk: Desk, lab: AnnotationService) -> None:
    table, other = (table_of_lab(desk, lab, rows_of(desk)) for _ in range(2))
    server = f"server={desk.cave.address}"
    fine = f"cave://tiny/{table}?version=12&{server}"
    shared = f"cave://{PUBLIC_DATASTACK}/{table}?version=12&{server}"
    for source, words in (
        (fine, ""),
        (shared, ""),
        ("cave://tiny/?cut off", ""),
        ("/data/synapses.csv", ""),
        (f"cave://tiny/{other}?version=12&{server}", f"rows of {other} of tiny"),
        (f"cave://large/{table}?version=12&{server}", f"rows of {table} of large"),
        (f"cave://tiny/{table}?version=12", "at https://global.daf-apis.com"),
    ):
        SynapseTable.objects.filter(pk=desk.campaign.table_id).update(source=source)
        problems, _ = tried(desk, table)
        assert [field for field, _ in problems] == ["reference_table"] * bool(words), source
        assert all(words in sentence for _, sentence in problems), problems


def test_synapses_that_people_added_are_no_rows_of_the_lab(
    desk: Desk, lab: AnnotationService
) -> None:
    """Of rows without points only the ids are compared."""
    desk.settle(0, label=Label.INCORRECT)
    table = table_of_lab(desk, lab, rows_of(desk))
    notes = f"notes_{desk.number}"
    lab.create_table(NewTable(notes, "reference_tag", "Notes.", LAB_RESOLUTION, table))
    lab.post(notes, [AnnotationRow(r.id, {"target_id": r.id, "tag": "a"}) for r in rows_of(desk)])
    problems, notices = tried(desk, notes)
    assert problems == []
    assert f"The rows of {notes} have no points" in notices
