"""What a campaign delivers is in CAVE as it should be: nothing lost, nothing doubled."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.selectors import counts_of
from apps.cave_sync.services import deliveries, syncing
from apps.cave_sync.services.deliveries import (
    ask_sync,
    change_delivery,
    pause_delivery,
    start_delivery,
    sync_due,
)
from apps.cave_sync.services.syncing import sync
from apps.core import locks
from apps.core.errors import ConflictError
from apps.core.jobs import Job
from apps.datasets.models import Instance, Secret
from apps.datasets.services.secrets import replace_secret
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement
from apps.revision.domain import Decision
from apps.revision.services.additions import NewSynapse, add_synapse, withdraw_synapse
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import gather_all
from apps.voxels.geometry import Point
from tests.cave_sync.delivering import FIRST_ID, Desk, check_same
from tests.revision.drawing import set_point
from tests.support.cave_annotations.people import OWN_TOKEN, READING_TOKEN
from tests.support.locks import busy
from tests.support.people import Team
from tests.support.revisions import take_revision

pytestmark = pytest.mark.django_db

State = OutboxRow.State


def states(delivery: Delivery) -> list[str]:
    return list(delivery.rows.order_by("pk").values_list("state", flat=True))


def test_correct_mended_and_added_synapses_arrive(desk: Desk, team: Team) -> None:
    desk.settle(0, 1)
    desk.settle(2, label=Label.INCORRECT)
    gather_all()
    lease = take_revision(desk.campaign, team.ben)
    set_point(lease, "pre", 1, 84)
    finish(lease, Decision.MENDED, "", timezone.now())
    delivery = desk.started()
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.failed, run.words) == ("done", 3, 0, "")
    assert (run.done, run.total) == (3, 3)
    check_same(desk, delivery)
    first, _, mended = delivery.rows.order_by("pk")
    assert first.payload["ctr_pt"] == [100, 200, 300]
    assert desk.there(delivery)[mended.pk]["pre_pt"] == (10, 10, 10), "84 nm of 8"
    assert (mended.outcome, mended.version) == ("mended", desk.campaign.version)
    assert mended.people == [team.ben.pk]
    assert mended.wanted_in is not None
    assert mended.wanted_in.policy["rule"] == "majority"


def test_what_changes_and_what_is_withdrawn_follows(desk: Desk, team: Team) -> None:
    desk.settle(0, 1, 2)
    at = Point(900, 900, 900)
    new = NewSynapse(uuid.uuid4(), at, 899, 901, pre=Point(880, 900, 900), post=at)
    added = add_synapse(desk.campaign, team.anna, new, timezone.now())
    delivery = desk.started()
    assert desk.sync(delivery).posted == 4
    again = desk.sync(delivery)
    assert (again.posted, again.deleted, again.total) == (0, 0, 0), "nothing has changed"
    desk.settle(1, label=Label.INCORRECT)
    withdraw_synapse(desk.campaign, added.pk, team.anna, timezone.now())
    gather_all()
    mended = take_revision(desk.campaign, team.ben)
    set_point(mended, "post", 1, 800)
    finish(mended, Decision.MENDED, "", timezone.now())
    run = desk.sync(delivery)
    assert (run.posted, run.deleted) == (1, 2)
    assert states(delivery) == ["held", "gone", "held", "gone", "held"]
    check_same(desk, delivery)
    moved = delivery.rows.latest("pk")
    assert moved.payload["post_pt"] == [100, 100, 100]
    assert delivery.rows.filter(state=State.GONE, gone_at__isnull=True).count() == 0


def test_verdicts_change_in_place_and_are_deleted(desk: Desk) -> None:
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    desk.settle(2, label=Label.INCORRECT)
    delivery = desk.started("verdicts")
    assert desk.sync(delivery).posted == 3
    ids = list(delivery.rows.order_by("pk").values_list("pk", flat=True))
    desk.settle(0, label=Label.INCORRECT)
    desk.settle(1, label=Label.UNSURE)
    run = desk.sync(delivery)
    assert (run.posted, run.put, run.deleted) == (0, 1, 1)
    there = desk.there(delivery)
    assert {pk: (row["target_id"], row["is_valid"]) for pk, row in there.items()} == {
        ids[0]: (FIRST_ID, False),
        ids[2]: (FIRST_ID + 2, False),
    }
    desk.settle(1)
    assert desk.sync(delivery).posted == 1, "a deleted row is not put, but has an heir"
    check_same(desk, delivery)
    assert len(desk.cave.rows(delivery.table)) == 4


def test_what_is_not_answered_is_looked_at_and_mended(desk: Desk) -> None:
    desk.lab_has_its_rows()
    for fault in ("lost_reply", "reset_after", "reset_before", "error_before"):
        desk.settle(0, 1, 2)
        Settlement.objects.filter(item__position__in=(3, 4)).delete()
        delivery = desk.started("verdicts", table=f"verdicts_{desk.number}_{fault}")
        desk.sync(delivery)
        desk.settle(0, label=Label.INCORRECT)
        desk.settle(1, label=Label.UNSURE)
        desk.settle(3, 4)
        for method in ("POST", "PUT", "DELETE"):
            desk.cave.order(fault, fault, method=method, what="annotations")
        run = desk.sync(delivery)
        desk.cave.calm()
        assert (run.stage, run.put, run.posted, run.deleted) == ("done", 1, 2, 1), fault
        check_same(desk, delivery)


def test_a_table_that_was_made_without_an_answer_is_known_again(desk: Desk) -> None:
    desk.settle(0)
    delivery = desk.started()
    desk.cave.order("lost_reply", method="POST")
    assert desk.sync(delivery).stage == "done"
    check_same(desk, delivery)


def test_where_cave_is_down_rows_wait_and_it_is_tried_again(desk: Desk) -> None:
    desk.settle(0, 1)
    delivery = desk.started(every_minutes=60)
    desk.cave.disturb(1.0, kinds=["error_before"])
    run = desk.sync(delivery)
    assert run.stage == "failed"
    assert "503" in run.words
    delivery.refresh_from_db()
    assert delivery.state == "active"
    assert delivery.due_at is not None
    assert delivery.due_at < timezone.now() + timedelta(minutes=6), "sooner than in an hour"
    desk.cave.disturb(0.0)
    Delivery.objects.update(due_at=timezone.now())
    assert sync_due(timezone.now()) == 1
    sync(delivery.pk)
    check_same(desk, delivery)
    delivery.refresh_from_db()
    assert counts_of(delivery).held == 2
    assert delivery.due_at > timezone.now() + timedelta(minutes=58)


def test_a_row_that_cave_refuses_is_told_and_the_others_go_on(desk: Desk) -> None:
    desk.lab_has_its_rows()
    desk.settle(*range(8))
    delivery = desk.started("verdicts")
    Instance.objects.filter(source_id=FIRST_ID + 3).update(source_id=77)
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.failed) == ("done", 7, 1)
    [failed] = delivery.rows.filter(state=State.FAILED)
    assert "lacks a row that is spoken of: 404 Not Found" in failed.error
    check_same(desk, delivery)
    again = desk.sync(delivery)
    assert (again.posted, again.failed) == (0, 1)
    Instance.objects.filter(source_id=77).update(source_id=FIRST_ID + 3)
    assert desk.sync(delivery).posted == 1
    assert counts_of(delivery).failed == 0


def test_what_cannot_be_sent_is_failed_by_instance(desk: Desk) -> None:
    desk.settle(0, 1)
    first = Instance.objects.get(source_id=FIRST_ID)
    Instance.objects.filter(pk=first.pk).update(pre_x=None, pre_y=None, pre_z=None)
    delivery = desk.started()
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.failed) == ("done", 1, 1)
    [failed] = delivery.rows.filter(state=State.FAILED)
    assert failed.error == f"Synapse {FIRST_ID}: it has no pre_pt."
    Instance.objects.filter(pk=first.pk).update(pre_x=5, pre_y=5, pre_z=5)
    assert desk.sync(delivery).posted == 1
    Instance.objects.filter(pk=first.pk).update(pre_x=None, pre_y=None, pre_z=None)
    run = desk.sync(delivery)
    assert (run.deleted, run.failed) == (1, 1)
    check_same(desk, delivery)


def test_who_may_write_no_more_ends_it_for_good(desk: Desk, team: Team) -> None:
    desk.settle(0)
    delivery = desk.started(every_minutes=5)
    secret = Secret.objects.get(name="cave")
    replace_secret(secret, READING_TOKEN, team.manager)
    run = desk.sync(delivery)
    delivery.refresh_from_db()
    assert (run.stage, delivery.state, delivery.due_at) == ("failed", "failed", None)
    assert "missing_permission" in delivery.failure
    assert READING_TOKEN not in delivery.failure
    with pytest.raises(ConflictError, match="Start it first"):
        ask_sync(delivery, team.manager, timezone.now())
    replace_secret(secret, OWN_TOKEN, team.manager)
    start_delivery(delivery, team.manager, timezone.now())
    sync(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure) == ("active", "")
    check_same(desk, delivery)


def test_in_a_table_that_somebody_else_writes_nothing_is_sent(desk: Desk) -> None:
    desk.settle(0)
    delivery = desk.started()
    desk.sync(delivery)
    at = (1, 2, 3)
    other = AnnotationRow(10**9, {"pre_pt": at, "ctr_pt": at, "post_pt": at, "size": 1.0})
    AnnotationService(desk.cave.datastack, OWN_TOKEN).post(delivery.table, [other])
    desk.settle(1)
    run = desk.sync(delivery)
    assert run.stage == "failed"
    assert "has 2 rows, of which this delivery has sent 1: somebody else writes in it" in run.words
    assert len(desk.cave.rows(delivery.table)) == 2


def test_a_paused_delivery_sends_nothing(desk: Desk, team: Team) -> None:
    desk.settle(0)
    delivery = desk.started(every_minutes=1)
    pause_delivery(delivery, team.manager, timezone.now())
    sync(delivery.pk)
    assert delivery.runs.get().stage == "stopped"
    assert delivery.rows.count() == 0
    assert sync_due(timezone.now() + timedelta(hours=1)) == 0
    start_delivery(delivery, team.manager, timezone.now())
    sync(delivery.pk)
    check_same(desk, delivery)


def test_a_run_whose_worker_died_is_taken_up(desk: Desk, monkeypatch: Any) -> None:
    sent: list[tuple[Job, dict[str, Any]]] = []
    monkeypatch.setattr(deliveries, "enqueue", lambda job, **more: sent.append((job, more)))
    desk.settle(0)
    delivery = desk.started()
    sent.clear()
    assert sync_due(timezone.now()) == 0
    SyncRun.objects.update(stage="sending", attempts=1, done=1, total=2)
    with busy(f"cave delivery {delivery.pk}"):  # a worker is there yet, in a call that lasts
        assert sync_due(timezone.now() + timedelta(minutes=2)) == 1
        assert (delivery.runs.get().stage, syncing.send_waiting_syncs()) == ("sending", 0)
    sent.clear()
    assert sync_due(timezone.now() + timedelta(minutes=4)) == 1
    assert sent == [(Job.SYNC_DELIVERY, {"delivery_id": delivery.pk})]
    run = delivery.runs.get()
    assert (run.stage, run.attempts, run.done, run.total) == ("waiting", 1, 0, 0)
    assert syncing.send_waiting_syncs() == 1, "each time that a turn ends, of whomever"
    SyncRun.objects.update(attempts=5)
    sync(delivery.pk)
    run = delivery.runs.get()
    assert (run.stage, run.words) == ("failed", "Its worker was stopped again and again.")


def test_another_mapping_is_tried_before_it_is_sent(desk: Desk, team: Team) -> None:
    desk.settle(0, 1)
    delivery = desk.started()
    desk.sync(delivery)
    fillings = {"size": {"source": "votes"}}
    changed = change_delivery(
        delivery, desk.settings(fillings=fillings), team.manager, timezone.now()
    )
    assert changed.state == "draft"
    with pytest.raises(ConflictError, match="try it first"):
        start_delivery(delivery, team.manager, timezone.now())
    with pytest.raises(ConflictError, match="rows are in"):
        change_delivery(delivery, desk.settings(schema="x"), team.manager, timezone.now())
    assert desk.tried(changed)["problems"] == []
    start_delivery(changed, team.manager, timezone.now())
    sync(delivery.pk)
    assert [row["size"] for row in desk.there(delivery).values()] == [1.0, 1.0]
    assert states(delivery) == ["gone", "gone", "held", "held"]
    check_same(desk, delivery)


def test_syncs_leave_a_process_to_those_who_wait_for_pages(
    desk: Desk, team: Team, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two workers one is at a sync already, of another delivery, or at an export. It is not
    waited for: the sync is sent again."""
    ended: list[Job] = []
    monkeypatch.setattr(syncing, "turn_has_ended", ended.append)
    slept: list[float] = []
    monkeypatch.setattr(locks, "time", SimpleNamespace(sleep=slept.append))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, worker_processes=2)
    desk.settle(0)
    delivery = desk.started()
    with busy("jobs that last 0"):
        sync(delivery.pk)
        run = delivery.runs.get()
        assert (run.stage, run.attempts, ended, any(slept)) == ("waiting", 0, [], False)
        assert syncing.send_waiting_syncs() == 1
    sync(delivery.pk)
    check_same(desk, delivery)
    assert delivery.runs.get().stage == "done"
    assert (ended, syncing.send_waiting_syncs()) == ([Job.SYNC_DELIVERY], 0)
    sync(delivery.pk)
    assert len(ended) == 2, "nothing was to be done"
    ask_sync(delivery, team.manager, timezone.now())

    def fail(*_: object) -> AnnotationService:
        raise RuntimeError("nobody has expected this")

    with pytest.raises(RuntimeError):
        sync(delivery.pk, fail)
    assert (len(ended), syncing.send_waiting_syncs()) == (3, 0), "the sweep takes it up"
