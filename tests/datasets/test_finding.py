"""What is found in the database is what the selection says."""

from __future__ import annotations

import random

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from apps.core.errors import UnavailableError
from apps.datasets.domain.selection import (
    EVERYTHING,
    Between,
    Region,
    Sample,
    Selection,
    Span,
)
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.selectors import (
    any_instance,
    count_instances,
    find_instances,
    finding,
    selected_rows,
    unknown_neurons,
)
from apps.voxels.morton import morton_codes
from tests.support.selections import IDS, selected_of, selections

ROWS = 400


def make_rows(table: SynapseTable, count: int) -> list[Instance]:
    """Instances anywhere in 1,000 voxels, of few neurons or none, some without score or size."""
    rng = random.Random(7)
    centers = [[rng.randint(-50, 1050) for _ in range(3)] for _ in range(count)]
    places = morton_codes(np.array(centers, dtype=np.int64)).tolist()
    return [
        Instance(
            table=table,
            source_id=3 * number,
            place=place,
            **dict(zip(("center_x", "center_y", "center_z"), center, strict=True)),
            **{f"box_lo_{axis}": at for axis, at in zip("xyz", center, strict=True)},
            **{f"box_hi_{axis}": at + 1 for axis, at in zip("xyz", center, strict=True)},
            pre_root_id=rng.choice([*IDS, None]),
            post_root_id=rng.choice([*IDS, None]),
            score=rng.choice([None, rng.randint(0, 10), rng.random() * 10]),
            size=rng.choice([None, rng.randint(0, 10)]),
        )
        for number, (center, place) in enumerate(zip(centers, places, strict=True))
    ]


@pytest.fixture
def rows(db: None) -> SynapseTable:
    """A table of `ROWS` rows beside another with the same rows."""
    dataset = Dataset.objects.create(name="scattered")
    tables = [
        SynapseTable.objects.create(
            dataset=dataset, name=name, source=name, row_count=ROWS,
            resolution_x=8.0, resolution_y=9.5, resolution_z=40.0,
        )
        for name in ("wanted", "other")
    ]  # fmt: skip
    for table in tables:
        Instance.objects.bulk_create(make_rows(table, ROWS))
    return tables[0]


def found_by(table: SynapseTable, selection: Selection) -> set[int]:
    statement, values = selected_rows(table, selection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT source_id FROM {statement} found", values)  # noqa: S608 - our own words
        return {source_id for (source_id,) in cursor.fetchall()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(selection=selections())
def test_the_database_finds_what_plain_python_finds(
    rows: SynapseTable, selection: Selection
) -> None:
    instances = list(rows.instances.all())
    expected = selected_of(instances, selection, rows.resolution)
    assert found_by(rows, selection) == expected
    assert count_instances(rows, selection).number == len(expected)
    found = find_instances(rows, selection, ROWS)
    assert [one.source_id for one in found] == sorted(expected)
    assert any_instance(rows, selection) == bool(expected)


@pytest.mark.parametrize(
    ("selection", "number"),
    [
        (EVERYTHING, ROWS),
        (Selection(pre_ids=(2**64 - 1,)), None),
        (Selection(either_ids=(2**63,)), None),
        (Selection(box=Region((0, 0, 0), (500, 500, 500))), None),
        (Selection(between=Between((1, 2), (3,), both_directions=True)), None),
        (Selection(score=Span(5, None), size=Span(None, 5)), None),
        (Selection(sample=Sample(17, 3)), 17),
        (Selection(sample=Sample(ROWS * 2, 3)), ROWS),
        (Selection(box=Region((5000, 0, 0), (5001, 500, 500))), 0),
    ],
)
def test_usual_selections(rows: SynapseTable, selection: Selection, number: int | None) -> None:
    """The same for one of each kind, so that none is left to chance, and none is empty."""
    expected = selected_of(list(rows.instances.all()), selection, rows.resolution)
    assert found_by(rows, selection) == expected
    assert count_instances(rows, selection).number == len(expected)
    if number is None:
        assert 0 < len(expected) < ROWS
    else:
        assert len(expected) == number


def test_a_seed_draws_the_same_again_and_another_seed_others(rows: SynapseTable) -> None:
    first = found_by(rows, Selection(sample=Sample(50, 1)))
    assert found_by(rows, Selection(sample=Sample(50, 1))) == first
    assert found_by(rows, Selection(sample=Sample(50, 2))) != first
    assert first < found_by(rows, Selection(sample=Sample(80, 1)))


def test_a_hundred_thousand_ids_can_be_asked_for(rows: SynapseTable) -> None:
    ids = tuple(range(2**64 - 100_000, 2**64))
    expected = {one.source_id for one in rows.instances.filter(pre_root_id=2**64 - 1)}
    assert expected
    assert found_by(rows, Selection(pre_ids=ids)) == expected


def test_neurons_without_synapses_are_told_in_their_order(rows: SynapseTable) -> None:
    of_none = [2**64 - 2, 10**12]
    known = [one for one in IDS if count_instances(rows, Selection(either_ids=(one,))).number]
    assert known
    assert unknown_neurons(rows, [of_none[0], *known, of_none[1]]) == of_none
    assert unknown_neurons(rows, []) == []


def test_many_are_not_counted_to_the_end(
    rows: SynapseTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_COUNTED", 100)
    anywhere = Selection(box=Region((-100, -100, -100), (2000, 2000, 2000)))
    assert str(count_instances(rows, anywhere)) == "more than 100"
    assert str(count_instances(rows, Selection(sample=Sample(100)))) == "100"


def test_what_takes_too_long_is_told_and_leaves_no_limit(
    rows: SynapseTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        monkeypatch.setattr(
            finding, "_conditions", lambda table, selection: ("pg_sleep(20) AS slept", {})
        )
        for ask in (count_instances, any_instance):
            with pytest.raises(UnavailableError, match=r"cannot be counted within 0\.05 s"):
                ask(rows, Selection(pre_ids=(1,)), within_s=0.05)
        monkeypatch.undo()
        assert count_instances(rows, Selection(sample=Sample(5)), within_s=5).number == 5
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before
