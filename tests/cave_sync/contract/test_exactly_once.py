"""What goes wrong in practice, and what holds all the same."""

from __future__ import annotations

from typing import Any

import pytest

from apps.cave_sync.domain.annotations import RootIds
from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveUncertainError,
    Reason,
)
from apps.cave_sync.gateways.annotation_service import AnnotationService
from tests.cave_sync.contract.conftest import NewTables, synapse, verdict
from tests.support.cave_annotations.running import RunningCave

FIVE = list(range(1001, 1006))


def refusal(action: Any, *arguments: Any) -> CaveRefusedError:
    with pytest.raises(CaveRefusedError) as raised:
        action(*arguments)
    return raised.value


@pytest.mark.parametrize("fault", ["lost_reply", "reset_after"])
def test_a_lost_reply_is_uncertain_and_never_sent_again_by_itself(
    service: AnnotationService, stand_in: RunningCave, new_table: NewTables, fault: str
) -> None:
    """A retry would insert everything twice, where rows have no ids of their own."""
    table = new_table()
    stand_in.order(fault, method="POST")
    before = stand_in.told()["calls"].get("POST annotations", 0)
    with pytest.raises(CaveUncertainError):
        service.post(table, [synapse(number) for number in FIVE])
    assert stand_in.told()["calls"]["POST annotations"] == before + 1
    assert sorted(service.read(table, FIVE)) == FIVE


@pytest.mark.parametrize("fault", ["error_before", "reset_before"])
def test_an_error_before_is_just_as_uncertain(
    service: AnnotationService, stand_in: RunningCave, new_table: NewTables, fault: str
) -> None:
    table = new_table()
    stand_in.order(fault, method="POST")
    with pytest.raises(CaveUncertainError):
        service.post(table, [synapse(1)])
    assert service.read(table, [1]) == {}
    assert service.count(table) == 0


def test_an_id_of_ours_is_taken_once(service: AnnotationService, synapses: str) -> None:
    error = refusal(service.post, synapses, [synapse(1006), synapse(1003)])
    assert (error.reason, error.row) == (Reason.ID_TAKEN, 1003)
    assert service.count(synapses) == 5
    assert 1006 not in service.read(synapses, [1006])


def test_the_id_of_a_deleted_row_stays_taken(service: AnnotationService, synapses: str) -> None:
    service.delete(synapses, [1003])
    assert refusal(service.post, synapses, [synapse(1003)]).reason == Reason.ID_TAKEN


def test_after_an_integrity_error_reads_are_asked_once_more(
    service: AnnotationService, synapses: str
) -> None:
    assert refusal(service.post, synapses, [synapse(1001)]).reason == Reason.ID_TAKEN
    assert sorted(service.read(synapses, FIVE)) == FIVE
    service.post(synapses, [synapse(1006)])


def test_after_an_integrity_error_one_call_that_writes_fails(
    service: AnnotationService, synapses: str, stand_in: RunningCave
) -> None:
    refusal(service.post, synapses, [synapse(1001)])
    with pytest.raises(CaveOnceError, match="transaction has been rolled back"):
        service.post(synapses, [synapse(1006)])
    assert 1006 not in service.read(synapses, [1006])
    service.post(synapses, [synapse(1006)])


def test_after_a_freeze_one_call_fails(
    service: AnnotationService, synapses: str, stand_in: RunningCave
) -> None:
    stand_in.freeze(1)
    with pytest.raises(CaveOnceError, match="AdminShutdown"):
        service.put(synapses, [synapse(1001)])
    stand_in.freeze(2)
    assert service.count(synapses) == 5


def test_ids_of_ours_do_not_advance_the_sequence(
    service: AnnotationService, new_table: NewTables
) -> None:
    """What is put there takes an id of the sequence, which begins among ours."""
    table = new_table()
    service.post(table, [synapse(number) for number in (500, 501)])
    new = service.put(table, [synapse(500, size=9)])[500]
    assert 0 < new < 500


def test_a_change_supersedes_a_synapse(service: AnnotationService, synapses: str) -> None:
    new = service.put(synapses, [synapse(1001, size=9)])[1001]
    assert new != 1001
    found = service.read(synapses, [1001, new])
    assert (found[1001].is_valid, found[1001].superseded_by) == (False, new)
    assert found[1001].values["size"] == 1.5
    assert (found[new].is_valid, found[new].values["size"]) == (True, 9)
    error = refusal(service.put, synapses, [synapse(1001, size=10)])
    assert (error.reason, error.row) == (Reason.SUPERSEDED, 1001)


def test_a_change_of_a_verdict_is_made_in_place(service: AnnotationService, verdicts: str) -> None:
    assert service.put(verdicts, [verdict(2, is_valid=False)]) == {2: 2}
    found = service.read(verdicts, range(1, 6))
    assert [found[number].values["is_valid"] for number in range(1, 6)] == [True, False] + [
        True
    ] * 3
    assert service.count(verdicts) == 5
    assert service.put(verdicts, [verdict(2, is_valid=True)]) == {2: 2}


def test_changes_before_a_refused_one_are_made(service: AnnotationService, verdicts: str) -> None:
    rows = [verdict(1, is_valid=False), verdict(2, target=424_242), verdict(3, is_valid=False)]
    error = refusal(service.put, verdicts, rows)
    assert (error.reason, error.row) == (Reason.NO_TARGET, 424_242)
    found = service.read(verdicts, [1, 2, 3])
    assert [found[number].values["is_valid"] for number in (1, 2, 3)] == [False, True, True]


def test_a_deleted_verdict_that_is_changed_is_valid_and_deleted(
    service: AnnotationService, verdicts: str
) -> None:
    """So whether a row is there is told by `is_valid`, not by `deleted`."""
    service.delete(verdicts, [4])
    service.put(verdicts, [verdict(4, is_valid=False)])
    row = service.read(verdicts, [4])[4]
    assert row.is_valid
    assert row.deleted is not None
    assert row.values["is_valid"] is False


def test_targets_stay_where_they_were(
    service: AnnotationService, synapses: str, verdicts: str
) -> None:
    """A verdict is on the row that was judged, also when the lab changes it."""
    service.put(synapses, [synapse(1001, size=9)])
    assert service.read(verdicts, [1])[1].values["target_id"] == 1001


ROOTS = {1001: (864691135000000001, 864691135000000003), 1002: (5, 5), 1003: (None, 7)}


def test_root_ids_are_exact_with_autapses_and_without_missing_ones(
    service: AnnotationService, synapses: str, stand_in: RunningCave
) -> None:
    """A freeze can leave some out; queries for synapses would drop those from a neuron to itself;
    and where one is missing the client makes floats of the others."""
    stand_in.freeze(12, {synapses: ROOTS})
    assert service.versions()[-1] == 12
    assert synapses in service.frozen_tables(12)
    found = service.root_ids(synapses, 12, [*FIVE, 99_999])
    assert {one: found[one] for one in ROOTS} == {k: RootIds(*v) for k, v in ROOTS.items()}
    assert found[1004] == RootIds(None, None)
    assert 99_999 not in found


def test_root_ids_of_more_rows_than_an_answer_has(
    service: AnnotationService, synapses: str, stand_in: RunningCave
) -> None:
    """It is told by a header alone."""
    stand_in.freeze(13, {synapses: {number: (number, 1) for number in FIVE}})
    stand_in.cap(2)
    try:
        found = service.root_ids(synapses, 13, FIVE)
    finally:
        stand_in.cap(200_000)
    assert found == {number: RootIds(number, 1) for number in FIVE}


def test_root_ids_of_no_such_version(
    service: AnnotationService, synapses: str, stand_in: RunningCave
) -> None:
    assert refusal(service.root_ids, synapses, 424_242, FIVE).reason == Reason.NOT_FOUND
