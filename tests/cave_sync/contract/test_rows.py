"""Rows: how they come and go, and in which words they are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import requests

from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.domain.cave_errors import CaveRefusedError, Reason
from apps.cave_sync.gateways.annotation_service import AnnotationService
from tests.cave_sync.contract.conftest import NewTables, body, synapse, verdict

FIVE = list(range(1001, 1006))


def refusal(action: Any, *arguments: Any) -> CaveRefusedError:
    with pytest.raises(CaveRefusedError) as raised:
        action(*arguments)
    return raised.value


def test_rows_are_read_as_they_were_sent(service: AnnotationService, synapses: str) -> None:
    """Though they come flat, in no order, with times as text and without those that are unknown."""
    found = service.read(synapses, [*FIVE, 77])
    assert sorted(found) == FIVE
    for number in FIVE:
        assert dict(found[number].values) == dict(synapse(number).values)
        assert found[number].is_valid
        assert found[number].deleted is None
        assert found[number].created is not None
        assert found[number].superseded_by is None


def test_nothing_to_do_asks_nothing(service: AnnotationService, synapses: str) -> None:
    service.post(synapses, [])
    assert service.put(synapses, []) == {}
    assert service.delete(synapses, []) == []
    assert service.read(synapses, []) == {}


def test_more_rows_than_fit_into_an_address(
    service: AnnotationService, new_table: NewTables
) -> None:
    table = new_table("nocenter_synapse")
    ids = [10**15 + 7 * number for number in range(1_100)]
    rows = [
        AnnotationRow(one, {"pre_pt": (1, 2, 3), "post_pt": (4, 5, 6), "size": n})
        for n, one in enumerate(ids)
    ]
    service.post(table, rows[:600])
    service.post(table, rows[600:])
    found = service.read(table, ids)
    assert [found[one].values["size"] for one in ids] == list(range(1_100))


def test_a_row_without_a_field_refuses_all(
    service: AnnotationService, raw: Any, new_table: NewTables
) -> None:
    table = new_table()
    lacking = AnnotationRow(3, {"pre_pt": (1, 1, 1), "post_pt": (2, 2, 2), "size": 1})
    error = refusal(service.post, table, [synapse(1), synapse(2), lacking])
    assert error.reason == Reason.DATA
    assert "ctr_pt" in error.sentence
    assert "Missing data" in error.words
    assert service.count(table) == 0


def test_too_many_rows_are_refused(service: AnnotationService, new_table: NewTables) -> None:
    table = new_table()
    error = refusal(service.post, table, [synapse(number) for number in range(1, 10_002)])
    assert error.reason == Reason.TOO_MANY
    assert "10000" in error.words
    assert service.count(table) == 0


def test_deleted_rows_are_counted_and_read_but_not_valid(
    service: AnnotationService, synapses: str
) -> None:
    assert sorted(service.delete(synapses, [1001, 1002])) == [1001, 1002]
    assert service.count(synapses) == 5
    found = service.read(synapses, FIVE)
    assert [number for number in FIVE if found[number].is_valid] == [1003, 1004, 1005]
    assert found[1001].deleted is not None


def test_of_unknown_rows_only_the_known_are_deleted(
    service: AnnotationService, synapses: str
) -> None:
    assert service.delete(synapses, [1005, 99_999]) == [1005]
    assert refusal(service.delete, synapses, [99_999]).reason == Reason.NOT_FOUND


def test_deleting_again_harms_nothing(service: AnnotationService, synapses: str) -> None:
    service.delete(synapses, [1001])
    assert service.delete(synapses, [1001]) == [1001]
    assert service.count(synapses) == 5


def test_a_verdict_on_no_synapse_is_refused_and_named(
    service: AnnotationService, verdicts: str
) -> None:
    error = refusal(service.post, verdicts, [verdict(6, target=1001), verdict(7, target=424_242)])
    assert (error.reason, error.row) == (Reason.NO_TARGET, 424_242)
    assert service.count(verdicts) == 5


def test_fractions_are_cut_off_so_they_are_not_sent(
    service: AnnotationService, raw: Any, new_table: NewTables
) -> None:
    table = new_table()
    raw.post_annotation(table, [body(synapse(1), pre_pt={"position": [10.9, 2.5, 3]})])
    assert service.read(table, [1])[1].values["pre_pt"] == (10, 2, 3)
    fraction: Any = (1.5, 2, 3)
    error = refusal(service.post, table, [synapse(2, pre_pt=fraction)])
    assert (error.reason, error.row) == (Reason.DATA, 2)
    assert "pre_pt is (1.5, 2, 3)" in error.sentence
    assert service.count(table) == 1


def test_negative_positions_come_back_huge_so_they_are_not_sent(
    service: AnnotationService, raw: Any, new_table: NewTables
) -> None:
    table = new_table()
    raw.post_annotation(table, [body(synapse(1), pre_pt={"position": [-1, 2, 3]})])
    assert service.read(table, [1])[1].values["pre_pt"] == (18446744073709551615, 2, 3)
    assert refusal(service.post, table, [synapse(2, pre_pt=(-1, 2, 3))]).reason == Reason.DATA


def test_unknown_fields_are_dropped_without_a_word(
    service: AnnotationService, new_table: NewTables
) -> None:
    table = new_table()
    service.post(table, [synapse(1, colour="blue")])
    assert "colour" not in service.read(table, [1])[1].values


def test_a_row_without_an_optional_field_hides_the_others(
    service: AnnotationService, raw: Any, synapses: str
) -> None:
    """So all fields are sent, always."""
    raw.post_annotation(synapses, [body(synapse(1006), "size")])
    assert sorted(service.read(synapses, FIVE)) == FIVE
    assert refusal(service.read, synapses, [*FIVE, 1006]).reason == Reason.UNREADABLE
    assert refusal(service.post, synapses, [synapse(1007, size=None)]).reason == Reason.DATA


def test_numbers_that_are_none_are_not_sent(
    service: AnnotationService, raw: Any, new_table: NewTables
) -> None:
    table = new_table()
    with pytest.raises(requests.HTTPError):
        raw.post_annotation(table, [body(synapse(1), size=float("nan"))])
    with pytest.raises(TypeError):
        raw.post_annotation(table, [body(synapse(1), size=np.float32(1.5))])
    of_numpy: Any = np.float32(1.5)
    for size in (float("nan"), float("inf"), of_numpy):
        assert refusal(service.post, table, [synapse(1, size=size)]).reason == Reason.DATA
    assert service.count(table) == 0
