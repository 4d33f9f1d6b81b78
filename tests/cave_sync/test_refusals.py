"""Where CAVE refuses, or somebody else writes, rows keep what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import F
from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.domain.cave_errors import CaveRefusedError, Reason
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services import batches, syncing
from apps.cave_sync.services.batches import LATE
from apps.cave_sync.services.deliveries import (
    change_delivery,
    pause_delivery,
    start_delivery,
    sync_due,
)
from apps.cave_sync.services.syncing import sync
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement
from tests.cave_sync.delivering import FIRST_ID, Desk, check_same, during
from tests.support.cave_annotations.people import OWN_TOKEN
from tests.support.people import Team

pytestmark = pytest.mark.django_db

State = OutboxRow.State


def started_again(desk: Desk, delivery: Delivery) -> SyncRun:
    start_delivery(delivery, desk.manager, timezone.now())
    sync(delivery.pk)
    return delivery.runs.latest("pk")


def test_rows_that_are_there_and_nobody_could_read_are_found_by_the_next_run(desk: Desk) -> None:
    """They were inserted, the answer was lost, and then CAVE refused to tell."""
    desk.settle(0, 1)
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(2, 3)
    desk.cave.order("lost_reply", method="POST", what="annotations")
    desk.cave.order("forbidden", method="GET", what="annotations")
    run = desk.sync(delivery)
    assert run.stage == "failed"
    assert "Not now" in run.words
    assert delivery.rows.filter(state=State.SENDING).count() == 2
    run = started_again(desk, delivery)
    assert (run.stage, run.words, run.posted, run.mended) == ("done", "", 2, 2)
    check_same(desk, delivery)


def test_rows_whose_second_call_is_refused_may_be_there(desk: Desk) -> None:
    """The first was reset before it arrived, which nobody can know."""
    desk.settle(0)
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(1)
    desk.cave.order("reset_before", "forbidden", method="POST", what="annotations")
    assert desk.sync(delivery).stage == "failed"
    assert delivery.rows.get(sent_at=None).state == State.SENDING
    assert started_again(desk, delivery).posted == 1
    check_same(desk, delivery)


def test_what_is_refused_at_once_waits_and_may_change(desk: Desk, team: Team) -> None:
    """Nothing of it is there, so that it needs no looking for."""
    desk.settle(0, 1)
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(2)
    desk.cave.order("forbidden", method="POST", what="annotations")
    assert desk.sync(delivery).stage == "failed"
    waiting = delivery.rows.get(sent_at=None)
    assert waiting.state == State.WANTED
    fillings = {"size": {"source": "votes"}}
    change_delivery(delivery, desk.settings(fillings=fillings), team.manager, timezone.now())
    delivery.refresh_from_db()
    assert desk.tried(delivery)["problems"] == []
    assert started_again(desk, delivery).stage == "done"
    check_same(desk, delivery)
    changed = delivery.rows.get(pk=waiting.pk)
    assert (changed.state, changed.error, changed.payload["size"]) == (State.HELD, "", 1)


THEIRS: dict[str, dict[str, Any]] = {
    "synapses": dict.fromkeys(("pre_pt", "ctr_pt", "post_pt"), (1, 2, 3)) | {"size": 5.0},
    "verdicts": {"target_id": FIRST_ID + 5, "is_valid": False},
}


@pytest.mark.parametrize("kind", ["synapses", "verdicts"])
def test_a_row_of_somebody_else_under_our_id_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It comes after the rows were counted, so that only its values tell."""
    desk.lab_has_its_rows()
    desk.settle(0)
    delivery = desk.started(kind)
    desk.sync(delivery)
    desk.settle(1)
    their_own = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    taken: list[int] = []

    def somebody_writes() -> None:
        taken.append(OutboxRow.objects.latest("pk").pk)
        their_own.post(delivery.table, [AnnotationRow(taken[0], THEIRS[kind])])

    during(monkeypatch, "post", somebody_writes)
    runs = [desk.sync(delivery), started_again(desk, delivery)]
    for run in runs:
        assert (run.stage, run.posted, run.put, run.deleted) == ("failed", 0, 0, 0)
        assert f"has a row {taken[0]} that this delivery has not sent" in run.words
    [there] = [row for row in desk.cave.rows(delivery.table) if row["id"] == taken[0]]
    assert there["valid"]
    told = [there["values"].get("size"), there["values"].get("target_id")]
    assert told == [THEIRS[kind].get("size"), THEIRS[kind].get("target_id")]


def test_too_many_refused_ones_end_a_run_once_and_keep_nothing_back(
    desk: Desk, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of eight the first three speak of rows that the lab has not, and two is the most. Once they
    are known they end no run any more."""
    monkeypatch.setattr(batches, "MOST_BAD", 2)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=4)
    desk.lab_has_its_rows()
    desk.settle(*range(8))
    delivery = desk.started("verdicts")
    for number in range(3):
        Instance.objects.filter(source_id=FIRST_ID + number).update(source_id=70 + number)
    run = desk.sync(delivery)
    assert (run.stage, run.failed, run.posted) == ("failed", 3, 0)
    assert "CAVE refuses more than 2 rows. The last: " in run.words
    run = started_again(desk, delivery)
    assert (run.stage, run.failed, run.posted) == ("done", 3, 5)
    Settlement.objects.filter(item__position=7).delete()
    run = desk.sync(delivery)
    assert (run.stage, run.failed, run.deleted) == ("done", 3, 1)
    check_same(desk, delivery)


def test_good_rows_beside_too_many_bad_ones_arrive_in_the_next_run(
    desk: Desk, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAVE refuses the call for what three of its four rows hold, and names none."""
    monkeypatch.setattr(batches, "MOST_BAD", 2)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=4)
    desk.lab_has_its_rows()
    desk.settle(*range(4))
    delivery = desk.started("verdicts")
    bad, real = {FIRST_ID, FIRST_ID + 1, FIRST_ID + 2}, AnnotationService.post

    def refuse(service: AnnotationService, table: str, rows: Sequence[AnnotationRow]) -> None:
        if bad.intersection(row.values["target_id"] for row in rows):
            raise CaveRefusedError("a row is refused.", reason=Reason.DATA, words="Missing data")
        real(service, table, rows)

    monkeypatch.setattr(AnnotationService, "post", refuse)
    run = desk.sync(delivery)
    assert (run.stage, run.failed, run.posted) == ("failed", 3, 0)
    run = started_again(desk, delivery)
    assert (run.stage, run.failed, run.posted) == ("done", 3, 1)
    check_same(desk, delivery)


def test_where_many_are_refused_again_the_others_are_left_as_they_were(
    desk: Desk, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "MOST_BAD", 1)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=2)
    desk.lab_has_its_rows()
    desk.settle(*range(8))
    delivery = desk.started("verdicts")
    Instance.objects.filter(table=desk.campaign.table).update(source_id=F("source_id") + 5000)
    assert desk.sync(delivery).failed == 8
    before = desk.cave.told()["calls"]["POST annotations"]
    run = desk.sync(delivery)
    assert (run.stage, run.failed) == ("done", 8)
    calls = desk.cave.told()["calls"]["POST annotations"] - before
    assert 0 < calls <= 4, "of the first batch alone"


def test_what_was_under_way_is_not_sent_to_a_table_that_another_has_written_in(
    desk: Desk,
) -> None:
    """A worker was killed before its call; then somebody writes."""
    desk.settle(0)
    delivery = desk.started()
    desk.sync(delivery)
    row = delivery.rows.get()
    killed = {"instance": other_instance(desk), "state": State.SENDING, "sent_at": None}
    for name, value in killed.items():
        setattr(row, name, value)
    row.pk = None
    row.save(force_insert=True)
    service = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    others = [AnnotationRow(10**9 + number, THEIRS["synapses"]) for number in range(2)]
    service.post(delivery.table, others)
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.mended) == ("failed", 0, 0)
    assert "somebody else writes in it" in run.words


def other_instance(desk: Desk) -> Instance:
    return Instance.objects.get(table=desk.campaign.table, source_id=FIRST_ID + 1)


def test_a_change_that_cave_refuses_takes_the_old_row_out(desk: Desk) -> None:
    """What the old one says holds no more."""
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    desk.settle(0, label=Label.INCORRECT)
    Instance.objects.filter(source_id=FIRST_ID).update(source_id=77)
    run = desk.sync(delivery)
    assert (run.stage, run.failed, run.deleted) == ("done", 1, 1)
    check_same(desk, delivery)
    failed = delivery.rows.get(state=State.FAILED)
    assert failed.replaces is not None
    assert (failed.sent_at, failed.replaces.state) == (None, State.GONE)
    Instance.objects.filter(source_id=77).update(source_id=FIRST_ID)
    run = desk.sync(delivery)
    assert (run.posted, run.failed) == (1, 0)
    check_same(desk, delivery)


def test_of_a_changed_synapse_there_are_never_two_for_long(
    desk: Desk, settings: LazySettings
) -> None:
    """Old rows go batch by batch: where the second is refused, nothing is there twice."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=2)
    desk.settle(0, 1, 2, 3)
    delivery = desk.started()
    desk.sync(delivery)
    Instance.objects.filter(table=desk.campaign.table).update(pre_x=7)
    desk.cave.order("delay", "forbidden", method="POST", what="annotations")
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.deleted) == ("failed", 2, 2)
    moved = [row["pre_pt"][0] == 7 for row in desk.there(delivery).values()]
    assert sorted(moved) == [False, False, True, True]
    run = started_again(desk, delivery)
    assert (run.stage, run.posted, run.deleted) == ("done", 2, 2)
    check_same(desk, delivery)


@pytest.mark.parametrize("then", [Label.CORRECT, None])
def test_a_change_that_is_overtaken_by_an_older_one_is_mended(
    desk: Desk, then: Label | None
) -> None:
    """An answer to a PUT is lost; what it said comes once more, after a later change, or after the
    row was deleted. Some minutes later it is looked at again."""
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    row = delivery.rows.order_by("pk")[0]
    desk.settle(0, label=Label.INCORRECT)
    desk.cave.order("lost_reply", method="PUT")
    desk.sync(delivery)
    delivery.refresh_from_db()
    assert delivery.due_at is not None, "also where nobody has said a schedule"
    if then is None:
        Settlement.objects.filter(item__position=0).delete()
    else:
        desk.settle(0, label=then)
    desk.sync(delivery)
    service = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    late = AnnotationRow(row.pk, {"target_id": FIRST_ID, "is_valid": False})
    service.put(delivery.table, [late])
    valid = [one["id"] for one in desk.cave.rows(delivery.table) if one["valid"]]
    assert row.pk in valid
    delivery.rows.exclude(doubted_at=None).update(doubted_at=timezone.now() - 2 * LATE)
    assert desk.sync(delivery).stage == "done"
    check_same(desk, delivery)
    valid = [one["id"] for one in desk.cave.rows(delivery.table) if one["valid"]]
    assert (row.pk in valid) == (then is not None)
    assert not delivery.rows.exclude(doubted_at=None).exists()
    delivery.refresh_from_db()
    assert delivery.due_at is None


def test_when_it_is_due_is_what_was_said_last(
    desk: Desk, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.settle(0)
    delivery = desk.started(every_minutes=5)
    given = desk.settings(every_minutes=600)

    def change() -> None:
        change_delivery(delivery, given, team.manager, timezone.now())

    during(monkeypatch, "count", change)
    assert desk.sync(delivery).stage == "done"
    delivery.refresh_from_db()
    assert delivery.due_at is not None
    assert delivery.due_at > timezone.now() + timedelta(minutes=500)
    desk.settle(1)
    during(monkeypatch, "count", lambda: pause_delivery(delivery, team.manager, timezone.now()))
    assert desk.sync(delivery).stage == "stopped"
    paused = Delivery.objects.get(pk=delivery.pk)
    assert (paused.state, paused.due_at) == ("paused", None)


def test_another_mapping_outlives_a_refusal_of_the_old_one(
    desk: Desk, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is refused when somebody has changed the delivery and started it again."""
    desk.settle(0)
    delivery = desk.started()
    fillings = {"size": {"source": "votes"}}

    def change() -> None:
        changed = change_delivery(
            delivery, desk.settings(fillings=fillings), team.manager, timezone.now()
        )
        now = {"state": Delivery.State.ACTIVE, "checked_revision": changed.revision}
        Delivery.objects.filter(pk=delivery.pk).update(**now)
        desk.cave.order("forbidden", method="POST", what="annotations")

    during(monkeypatch, "post", change)
    assert desk.sync(delivery).stage == "failed"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure) == (Delivery.State.ACTIVE, "")


def test_what_is_started_again_while_a_run_stops_is_due_at_once(
    desk: Desk, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who starts it is told of the run that is about to end."""
    desk.settle(0)
    delivery = desk.started()
    real = syncing._end

    def start_and_end(run: SyncRun, *arguments: Any, **more: Any) -> None:
        assert start_delivery(delivery, team.manager, timezone.now()) == run
        real(run, *arguments, **more)

    monkeypatch.setattr(syncing, "_end", start_and_end)
    during(monkeypatch, "count", lambda: pause_delivery(delivery, team.manager, timezone.now()))
    assert desk.sync(delivery).stage == "stopped"
    monkeypatch.undo()
    assert sync_due(timezone.now()) == 1
    sync(delivery.pk)
    assert delivery.runs.latest("pk").stage == "done"
    check_same(desk, delivery)
