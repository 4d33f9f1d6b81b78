"""What CAVE has lost, or somebody has deleted there, is sent again on a manager's order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.batches import LATE
from apps.cave_sync.services.deliveries import remove_delivery
from apps.cave_sync.services.missing import send_missing
from apps.cave_sync.services.syncing import sync
from apps.core.errors import ConflictError
from apps.proofreading.domain import Label
from tests.cave_sync.delivering import Desk, check_same, during
from tests.support.cave_annotations.people import OWN_TOKEN
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

State = OutboxRow.State


def mended(desk: Desk, delivery: Delivery) -> SyncRun:
    """As a manager has ordered, and a worker has done."""
    send_missing(delivery, desk.manager, timezone.now())
    sync(delivery.pk)
    return delivery.runs.latest("pk")


def delete_in_cave(desk: Desk, delivery: Delivery, *rows: OutboxRow) -> None:
    """Somebody does, with a client of their own."""
    service = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    service.delete(delivery.table, [row.pk for row in rows])


def valid(desk: Desk, delivery: Delivery) -> list[int]:
    """Rows that CAVE shows."""
    return [row["id"] for row in desk.cave.rows(delivery.table) if row["valid"]]


def sent_verdicts(desk: Desk, count: int) -> Delivery:
    desk.lab_has_its_rows()
    desk.settle(*range(count))
    delivery = desk.started("verdicts")
    desk.sync(delivery)
    return delivery


def test_a_row_that_is_valid_though_it_was_deleted_is_deleted_once_more(desk: Desk) -> None:
    """It was changed after somebody had deleted it, which keeps it valid; another takes its
    place."""
    delivery = sent_verdicts(desk, 2)
    row = delivery.rows.order_by("pk")[0]
    delete_in_cave(desk, delivery, row)
    desk.settle(0, label=Label.INCORRECT)
    assert desk.sync(delivery).put == 1
    assert row.pk in valid(desk, delivery)
    run = mended(desk, delivery)
    assert (run.stage, run.posted, run.deleted) == ("done", 1, 1)
    assert row.pk not in valid(desk, delivery)
    check_same(desk, delivery)
    assert sorted(valid(desk, delivery)) == sorted(desk.there(delivery))


def test_a_change_that_waits_is_not_made_to_a_row_that_somebody_has_deleted(desk: Desk) -> None:
    delivery = sent_verdicts(desk, 2)
    row = delivery.rows.order_by("pk")[0]
    desk.settle(0, label=Label.INCORRECT)
    desk.cave.order("forbidden", method="PUT")
    assert desk.sync(delivery).stage == "failed"
    row.refresh_from_db()
    assert row.state == State.WANTED
    delete_in_cave(desk, delivery, row)
    run = mended(desk, delivery)
    assert (run.stage, run.posted, run.put) == ("done", 1, 0)
    assert row.pk not in valid(desk, delivery)
    check_same(desk, delivery)


def test_an_older_change_is_looked_for_also_where_its_row_was_lost_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had no answer; the row, sent anew and changed again, is overtaken by it."""
    delivery = sent_verdicts(desk, 2)
    row = delivery.rows.order_by("pk")[0]
    desk.settle(0, label=Label.INCORRECT)
    during(monkeypatch, "put", lambda: desk.cave.lose(delivery.table, [row.pk]))
    desk.cave.order("reset_before", method="PUT", what="annotations")
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.put) == ("done", 1, 0)
    delivery.refresh_from_db()
    assert delivery.due_at is not None
    desk.settle(0, label=Label.CORRECT)
    assert desk.sync(delivery).put == 1
    service = AnnotationService(desk.cave.datastack, OWN_TOKEN)
    late = {"target_id": row.payload["target_id"], "is_valid": False}
    service.put(delivery.table, [AnnotationRow(row.pk, late)])
    delivery.rows.exclude(doubted_at=None).update(doubted_at=timezone.now() - 2 * LATE)
    assert desk.sync(delivery).put == 1
    check_same(desk, delivery)
    assert not delivery.rows.exclude(doubted_at=None).exists()


def test_nothing_is_said_of_rows_that_could_not_be_read(desk: Desk) -> None:
    delivery = sent_verdicts(desk, 1)
    desk.cave.order(*["error_before"] * 6, method="GET", what="annotations")
    run = mended(desk, delivery)
    assert (run.stage, run.notice) == ("failed", "")
    run = mended(desk, delivery)
    assert run.notice == "Each row that was sent is in CAVE as it should be."


def test_a_killed_comparison_goes_on_where_it_was(desk: Desk, settings: LazySettings) -> None:
    """A worker was killed after the first two of five rows, and so were others before it."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=2)
    delivery = sent_verdicts(desk, 5)
    ids = list(delivery.rows.order_by("pk").values_list("pk", flat=True))
    send_missing(delivery, desk.manager, timezone.now())
    killed = {"compared_to": ids[1], "compared": {"away": 1}, "attempts": 4, "stage": "reading"}
    delivery.runs.filter(finished_at=None).update(**killed)
    desk.cave.lose(delivery.table, ids[3:4])
    reads = desk.cave.told()["calls"]["GET annotations"]
    desk.cave.order("delay", *["error_before"] * 6, method="GET", what="annotations")
    sync(delivery.pk)
    run = delivery.runs.latest("pk")
    assert (run.stage, run.compared_to, run.attempts) == ("failed", ids[3], 0)
    assert run.compared == {"away": 2}
    assert desk.cave.told()["calls"]["GET annotations"] == reads + 1
    assert mended(desk, delivery).posted == 1
    check_same(desk, delivery)


def test_a_delivery_of_which_cave_has_lost_all_is_not_forgotten(desk: Desk, team: Team) -> None:
    """Who said what stays, also before it is there again."""
    delivery = sent_verdicts(desk, 2)
    desk.cave.lose(delivery.table, list(delivery.rows.values_list("pk", flat=True)))
    desk.cave.order("forbidden", method="POST", what="annotations")
    assert mended(desk, delivery).stage == "failed"
    assert not delivery.rows.exclude(sent_at=None).exists()
    with pytest.raises(ConflictError, match="is in CAVE already"):
        remove_delivery(delivery, team.manager, timezone.now())


def test_who_may_have_missing_rows_sent_again_and_when(
    desk: Desk, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a worker is at it the order is kept for the run that follows."""
    draft, delivery = desk.make(), sent_verdicts(desk, 2)
    one = f"/api/campaigns/{desk.campaign.pk}/deliveries/{delivery.pk}/missing"
    assert client_of(team.anna).post(one).status_code == 403
    assert client_of(team.outsider).post(one).status_code == 404
    manager = client_of(team.manager)
    refused = manager.post(one.replace(f"/{delivery.pk}/", f"/{draft.pk}/"))
    assert refused.status_code == 409
    assert "nothing was sent" in refused.json()["error"]["sentence"]
    assert not Delivery.objects.filter(mends=True).exists()
    answers: list[int] = []
    during(monkeypatch, "count", lambda: answers.append(manager.post(one).status_code))
    first = desk.sync(delivery)
    delivery.refresh_from_db()
    assert (answers, first.stage, first.compared, delivery.mends) == ([200], "done", None, True)
    assert delivery.due_at is not None
    assert delivery.due_at <= timezone.now()
    run = desk.sync(delivery)
    delivery.refresh_from_db()
    assert (run.compared, delivery.mends) == ({}, False)


def test_a_process_of_before_an_upgrade_still_writes_deliveries() -> None:
    """It does not name the columns that came with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE column_default IS NULL AND "
            "column_name IN ('resolution_from_cave', 'missing', 'mends', 'compared_to') AND "
            "table_name LIKE 'cave_sync%%'"
        )
        assert cursor.fetchall() == []
