"""CAVE answers 500 whatever happens to it: a row at which it stumbles is set aside alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.db.models import QuerySet
from django.utils import timezone

from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import ASIDE, Delivery, OutboxRow, SyncRun
from apps.cave_sync.selectors import counts_of
from apps.cave_sync.services import syncing
from apps.cave_sync.services.batches import LATE
from apps.cave_sync.services.outbox import annotation_of
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement
from tests.cave_sync.delivering import FIRST_ID, Desk, check_same, during
from tests.support.cave_annotations.people import OWN_TOKEN
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

State = OutboxRow.State


@pytest.fixture(autouse=True)
def small_batches(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=4)


def aside(delivery: Delivery) -> QuerySet[OutboxRow]:
    return delivery.rows.filter(ASIDE).order_by("pk")


def stumble(desk: Desk, *, method: str, before: int, after: int = 0) -> None:
    """The next calls that change rows so are answered with 500, some of them once it is done."""
    kinds = [*["stumble_before"] * before, *["stumble_after"] * after]
    desk.cave.order(*kinds, method=method, what="annotations")


def calls(desk: Desk, method: str) -> int:
    found: int = desk.cave.told()["calls"].get(f"{method} annotations", 0)
    return found


def check_goes_on(delivery: Delivery, run: SyncRun) -> None:
    """It has given up for now, as at any outage; none is refused."""
    assert (run.stage, run.failed) == ("failed", 0)
    assert "answers 500: " in run.words
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure) == ("active", "")
    assert delivery.due_at is not None


def test_a_row_at_which_cave_stumbles_is_set_aside_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.lab_has_its_rows()
    desk.settle(*range(8))
    delivery = desk.started("verdicts")
    desk.cave.poison(FIRST_ID, FIRST_ID + 6, FIRST_ID + 7)
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.failed) == ("done", 5, 0)
    assert run.words == "3 rows are not in CAVE yet as wanted; they are tried again at each run."
    for row in aside(delivery):
        assert (row.state, row.sent_at, row.doubted_at) == (State.SENDING, None, None)
        assert row.error.startswith("CAVE stumbles at this one: tiny at")
        assert "answers 500: list index out of range" in row.error
    check_same(desk, delivery)
    delivery.refresh_from_db()
    assert delivery.due_at is not None, "once more, also where nobody has said a schedule"
    manager = client_of(desk.manager)
    page = " ".join(manager.get(f"/campaigns/{desk.campaign.pk}/cave").content.decode().split())
    assert "<b>5</b> in CAVE · <b>0</b> waiting · <b>3</b> failed" in page
    assert f"Synapses {FIRST_ID}, {FIRST_ID + 6}, {FIRST_ID + 7}: CAVE stumbles at" in page
    rows = f"/api/campaigns/{desk.campaign.pk}/deliveries/{delivery.pk}/rows?state=failed"
    told = manager.get(rows).json()
    assert [row["state"] for row in told["results"]] == ["sending"] * 3
    desk.cave.poison(FIRST_ID + 6)
    posts, under_way = calls(desk, "POST"), list[int]()
    of_late = aside(delivery).exclude(doubted_at=None)
    during(monkeypatch, "post", lambda: under_way.append(of_late.count()))
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.failed) == ("done", 2, 0)
    assert under_way == [1], "were its worker killed now, it would wait until it may not arrive"
    assert not of_late.exists()
    assert run.words == "1 row is not in CAVE yet as wanted; it is tried again at each run."
    assert calls(desk, "POST") == posts + 3, "each once, by itself"
    delivery.refresh_from_db()
    assert delivery.due_at is None
    desk.cave.poison()
    run = desk.sync(delivery)
    assert (run.posted, run.words, counts_of(delivery).failed) == (1, "", 0)
    check_same(desk, delivery)


def test_nothing_is_deleted_because_cave_stumbles_at_a_change(desk: Desk) -> None:
    desk.lab_has_its_rows()
    desk.settle(0, 1, 2)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    desk.cave.poison(FIRST_ID + 1)
    desk.settle(0, 1, label=Label.INCORRECT)
    run = desk.sync(delivery)
    assert (run.stage, run.put, run.deleted, run.failed) == ("done", 1, 0, 0)
    [row] = aside(delivery)
    assert desk.there(delivery)[row.pk]["is_valid"] is True, "as it was before"
    desk.settle(1, label=Label.CORRECT)
    desk.cave.poison()
    run = desk.sync(delivery)
    assert (run.stage, run.put, run.words) == ("done", 1, "")
    check_same(desk, delivery)


def test_the_old_row_of_a_changed_synapse_stays_until_the_new_one_is_there(desk: Desk) -> None:
    desk.settle(0, 1)
    delivery = desk.started()
    desk.sync(delivery)
    Instance.objects.filter(source_id=FIRST_ID).update(pre_x=7)
    stumble(desk, method="POST", before=2)
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.deleted) == ("done", 0, 0)
    assert len(desk.there(delivery)) == 2
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.posted, run.deleted) == ("done", "", 1, 1)
    check_same(desk, delivery)


def test_a_deletion_at_which_cave_stumbles_is_set_aside_too(desk: Desk) -> None:
    """Of four one cannot be taken out."""
    desk.settle(*range(5))
    delivery = desk.started()
    desk.sync(delivery)
    Settlement.objects.exclude(item__position=0).delete()
    stumble(desk, method="DELETE", before=6)
    run = desk.sync(delivery)
    assert (run.stage, run.deleted) == ("done", 3)
    [row] = aside(delivery)
    assert row.state == State.LEAVING
    assert "stumbles at this one: tiny at" in row.error
    deletions = calls(desk, "DELETE")
    stumble(desk, method="DELETE", before=1)
    assert desk.sync(delivery).deleted == 0
    stumble(desk, method="DELETE", before=0, after=1)
    assert desk.sync(delivery).deleted == 1, "it was done, as reading shows"
    assert calls(desk, "DELETE") == deletions + 1, "of those that arrived"
    check_same(desk, delivery)


def test_where_cave_commits_and_says_500_in_the_end_the_row_is_found(desk: Desk) -> None:
    desk.settle(0)
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(1)
    stumble(desk, method="POST", before=1, after=1)
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.posted, run.mended) == ("done", "", 1, 1)
    check_same(desk, delivery)
    desk.settle(2)
    stumble(desk, method="POST", before=1, after=1)
    desk.cave.order("delay", *["error_before"] * 6, method="GET", what="annotations")
    assert desk.sync(delivery).stage == "failed", "nor could it be read"
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.posted, run.mended) == ("done", "", 1, 1)
    check_same(desk, delivery)


def test_where_cave_takes_no_new_row_and_changes_others_none_is_refused(desk: Desk) -> None:
    """The lab's table is locked: what it is asked of rows that are there is answered at once."""
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    desk.settle(0, label=Label.INCORRECT)
    desk.settle(*range(2, 12))
    stumble(desk, method="POST", before=200)
    for _ in range(2):
        check_goes_on(delivery, desk.sync(delivery))
    run = desk.sync(delivery)
    assert (run.stage, run.put) == ("done", 1), "of two in turn nobody can say"
    assert run.words == "10 rows are not in CAVE yet as wanted; they are tried again at each run."
    desk.cave.calm()
    assert not delivery.rows.filter(state=State.FAILED).exists()
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.posted) == ("done", "", 10)
    check_same(desk, delivery)


@pytest.mark.parametrize("held", [0, 1])
def test_where_cave_stumbles_at_every_row_none_is_refused(desk: Desk, held: int) -> None:
    desk.settle(*range(held))
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(*range(8))
    stumble(desk, method="POST", before=300)
    run = desk.sync(delivery)
    check_goes_on(delivery, run)
    assert "'NoneType' object has no attribute" in run.words
    assert run.posted == 0
    desk.cave.calm()
    stumble(desk, method="POST", before=7, after=1)
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.mended) == ("done", 7 - held, 1)
    assert aside(delivery).count() == 1
    assert desk.sync(delivery).posted == 1
    check_same(desk, delivery)


def test_the_only_row_of_a_delivery_is_tried_again_as_after_any_outage(desk: Desk) -> None:
    """Nobody knows whether CAVE takes any."""
    desk.settle(0)
    delivery = desk.started()
    for _ in range(2):
        stumble(desk, method="POST", before=2)
        desk.cave.order("delay", method="POST", what="tables")
        check_goes_on(delivery, desk.sync(delivery))
        desk.cave.calm()
    assert desk.sync(delivery).posted == 1
    check_same(desk, delivery)


def test_rows_beside_each_other_at_which_cave_stumbles_do_not_keep_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAVE stumbles at so many in turn as in an outage, the first ones of all. Where they are very
    many some are tried again, and the others in a run of their own."""
    desk.lab_has_its_rows()
    desk.settle(*range(8))
    delivery = desk.started("verdicts")
    desk.cave.poison(*range(FIRST_ID, FIRST_ID + 5))
    check_goes_on(delivery, desk.sync(delivery))
    run = desk.sync(delivery)
    assert (run.stage, run.failed) == ("done", 0)
    delivery.refresh_from_db()
    assert (counts_of(delivery).held, counts_of(delivery).failed) == (3, 5)
    check_same(desk, delivery)
    for most in (4, 5):
        monkeypatch.setattr(syncing, "_MOST_ASIDE", most)
        before = calls(desk, "POST")
        assert desk.sync(delivery).stage == "done"
        assert calls(desk, "POST") == before + most
        delivery.refresh_from_db()
        assert (delivery.due_at is not None) == (most < 5)


def test_a_row_set_aside_before_is_no_sign_of_an_outage(desk: Desk) -> None:
    """CAVE stumbles at the last three of a batch, and at the one of the run before."""
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    delivery = desk.started("verdicts")
    desk.cave.poison(*(FIRST_ID + number for number in (1, 3, 4, 5)))
    assert desk.sync(delivery).stage == "done"
    desk.settle(*range(2, 6))
    run = desk.sync(delivery)
    assert (run.stage, run.posted, aside(delivery).count()) == ("done", 1, 4)
    check_same(desk, delivery)


def test_a_change_set_aside_and_then_refused_is_taken_out_in_the_same_run(desk: Desk) -> None:
    """CAVE says by then that the lab's row is gone: what the old one says holds no more."""
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    desk.settle(1, label=Label.INCORRECT)
    stumble(desk, method="PUT", before=2)
    assert desk.sync(delivery).stage == "done"
    assert aside(delivery).count() == 1
    desk.cave.lose(desk.lab, [FIRST_ID + 1])
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.failed, run.deleted) == ("done", "", 1, 1)
    assert not delivery.rows.filter(state=State.LEAVING).exists()
    check_same(desk, delivery)


def test_a_row_that_may_still_arrive_is_not_refused(desk: Desk) -> None:
    """Its first call had no answer; then CAVE refuses it, and it arrives after that."""
    desk.lab_has_its_rows()
    desk.settle(0)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    desk.settle(1)
    desk.cave.order("reset_before", method="POST", what="annotations")
    desk.cave.lose(desk.lab, [FIRST_ID + 1])
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.failed) == ("done", 0, 0)
    row = aside(delivery).get()
    assert (row.state, row.sent_at) == (State.SENDING, None)
    assert row.doubted_at is not None
    assert "the reference table lacks a row" in row.error
    delivery.refresh_from_db()
    assert delivery.due_at is not None
    desk.lab_has_its_rows()
    late = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    late.post(delivery.table, [annotation_of(row)])
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.posted, run.mended) == ("done", "", 1, 1)
    check_same(desk, delivery)


@pytest.mark.parametrize("arrives", [False, True])
def test_a_row_that_may_still_arrive_waits_until_that_is_known(desk: Desk, arrives: bool) -> None:
    """Its first call had no answer; then CAVE stumbles at it, and it is changed."""
    desk.lab_has_its_rows()
    desk.settle(0)
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    desk.settle(1)
    desk.cave.order("reset_before", method="POST", what="annotations")
    stumble(desk, method="POST", before=2)
    assert desk.sync(delivery).stage == "done"
    row = aside(delivery).get()
    desk.settle(1, label=Label.INCORRECT)
    posts = calls(desk, "POST")
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.put, calls(desk, "POST")) == ("done", 0, 0, posts)
    delivery.refresh_from_db()
    assert delivery.due_at is not None
    if arrives:
        late = AnnotationService(desk.cave.datastack, OWN_TOKEN)
        late.post(delivery.table, [annotation_of(row)])
    else:
        aside(delivery).update(doubted_at=timezone.now() - 2 * LATE)
    run = desk.sync(delivery)
    told = ("done", "", 1, int(arrives), int(arrives))
    assert (run.stage, run.words, run.posted, run.put, run.mended) == told
    check_same(desk, delivery)
    assert desk.there(delivery)[row.pk]["is_valid"] is False


def test_a_row_that_may_still_arrive_is_not_given_up(desk: Desk) -> None:
    """What it says holds no more; it arrives after that, and is taken out."""
    desk.settle(0)
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(1)
    desk.cave.order("reset_before", method="POST", what="annotations")
    stumble(desk, method="POST", before=2)
    desk.sync(delivery)
    row = aside(delivery).get()
    Settlement.objects.filter(item__position=1).delete()
    assert desk.sync(delivery).stage == "done"
    assert aside(delivery).get() == row
    late = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    late.post(delivery.table, [annotation_of(row)])
    run = desk.sync(delivery)
    assert (run.stage, run.words, run.posted, run.deleted) == ("done", "", 1, 1)
    check_same(desk, delivery)
