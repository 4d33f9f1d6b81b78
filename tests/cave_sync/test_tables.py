"""Of which table a delivery is: made by it, or one that it has shown before it takes it over."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import AuditEntry
from apps.cave_sync.domain.annotations import NewTable, Permission
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.deliveries import (
    change_delivery,
    pause_delivery,
    remove_delivery,
    start_delivery,
)
from apps.cave_sync.services.syncing import sync
from apps.core.errors import ConflictError
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from tests.cave_sync.delivering import FIRST_ID, Desk, check_same, during
from tests.support.cave_annotations.people import (
    DATASTACK,
    LAB_TOKEN,
    OWN_TOKEN,
    PUBLIC_DATASTACK,
)
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


def of_lab(desk: Desk, name: str, description: str = "For SynAnno.") -> None:
    """The lab makes an empty table in which others may write."""
    lab = AnnotationService(desk.cave.datastack, LAB_TOKEN)
    shared = {"write_permission": Permission.PUBLIC}
    lab.create_table(NewTable(name, "synapse", description, desk.resolution, **shared))


def only(found: dict[str, Any]) -> tuple[str, str]:
    [problem] = found["problems"]
    return problem["field"], problem["sentence"]


def ran(delivery: Delivery) -> SyncRun:
    sync(delivery.pk)
    delivery.refresh_from_db()
    return delivery.runs.latest("pk")


def test_an_empty_table_of_the_lab_is_taken_over_by_whoever_was_told(desk: Desk) -> None:
    table = desk.settings().table
    of_lab(desk, table)
    delivery = desk.make()
    found = desk.tried(delivery)
    assert found["problems"] == []
    told = " ".join(found["notices"])
    assert "was not made by this delivery, but by the person 2 of CAVE ('For SynAnno.')" in told
    start_delivery(delivery, desk.manager, timezone.now())
    assert ran(delivery).stage == "done"
    assert delivery.made_at is None, "nothing of it is in there yet"
    desk.settle(0)
    assert desk.sync(delivery).posted == 1
    desk.settle(1)
    assert desk.sync(delivery).posted == 1
    delivery.refresh_from_db()
    assert delivery.made_at is not None
    check_same(desk, delivery)
    assert "was not made by" not in " ".join(desk.tried(paused(desk, delivery))["notices"])


def paused(desk: Desk, delivery: Delivery) -> Delivery:
    return pause_delivery(delivery, desk.manager, timezone.now())


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_table_that_the_dry_run_has_not_shown_is_left_alone(desk: Desk, is_shown: bool) -> None:
    """It was made between the dry run and the first row, or is another than the one shown."""
    desk.settle(0)
    table = desk.settings().table
    if is_shown:
        of_lab(desk, table, "For SynAnno.")
    delivery = desk.started()
    if is_shown:
        desk.cave.lose(table)
    of_lab(desk, table, "For my own.")
    run = ran(delivery)
    assert (run.stage, delivery.state, delivery.made_at) == ("failed", "failed", None)
    assert "is there already and was not made by this delivery" in delivery.failure
    assert desk.cave.rows(table) == []
    desk.tried(delivery)
    start_delivery(delivery, desk.manager, timezone.now())
    assert ran(delivery).posted == 1, "now that it was shown"
    check_same(desk, delivery)


def test_a_table_that_came_while_it_was_made_is_told_from_ones_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAVE says of both that the name is taken."""
    desk.settle(0)
    delivery = desk.started()
    table = delivery.table
    during(monkeypatch, "create_table", lambda: of_lab(desk, table, "Faster."))
    assert ran(delivery).stage == "failed"
    assert "was not made by this delivery" in delivery.failure
    second = desk.started(table=f"{table}_2")
    lab = AnnotationService(desk.cave.datastack, LAB_TOKEN)
    resolution = second.resolution
    theirs = NewTable(second.table, "synapse", f"(delivery {second.key}).", resolution)
    during(monkeypatch, "create_table", lambda: lab.create_table(theirs))
    ran(second)
    assert second.made_at is not None, "its key is in it: an older call of its own has arrived"


def test_a_table_is_made_at_the_second_try_after_somebody_elses_error(desk: Desk) -> None:
    """What CAVE says once after an integrity error is not about the table."""
    desk.settle(0)
    delivery = desk.started()
    desk.cave.fail_once()
    assert ran(delivery).posted == 1
    check_same(desk, delivery)


def test_while_nothing_was_sent_it_may_go_elsewhere_or_be_removed(desk: Desk, team: Team) -> None:
    delivery = desk.started()
    assert ran(delivery).stage == "done"
    assert delivery.made_at is not None
    table = delivery.table
    changed = change_delivery(
        delivery, desk.settings(table=f"{table}_2"), team.manager, timezone.now()
    )
    assert (changed.made_at, changed.aligned_volume) == (None, "")
    other = desk.make()
    assert "was not made by this delivery" in " ".join(desk.tried(other)["notices"])
    desk.cave.lose(table)
    remove_delivery(other, team.manager, timezone.now())
    desk.tried(changed)
    start_delivery(changed, team.manager, timezone.now())
    desk.settle(0)
    assert ran(changed).posted == 1
    check_same(desk, changed)
    for refused in (
        lambda: change_delivery(changed, desk.settings(), team.manager, timezone.now()),
        lambda: remove_delivery(changed, team.manager, timezone.now()),
    ):
        with pytest.raises(ConflictError, match=r"rows are in|is in CAVE already"):
            refused()


def test_a_table_that_was_taken_away_empty_is_made_again(desk: Desk) -> None:
    delivery = desk.started()
    ran(delivery)
    desk.cave.lose(delivery.table)
    found = desk.tried(paused(desk, delivery))
    assert found["problems"] == []
    desk.settle(0)
    start_delivery(delivery, desk.manager, timezone.now())
    assert ran(delivery).posted == 1
    check_same(desk, delivery)
    desk.cave.lose(delivery.table)
    field, sentence = only(desk.tried(paused(desk, delivery)))
    assert (field, "which is in CAVE no more" in sentence) == ("table", True)


def test_its_table_is_not_changed_while_a_worker_may_be_making_it(
    desk: Desk, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its rows change meanwhile, the table is known again."""
    desk.settle(0)
    delivery = desk.started()
    now = timezone.now()

    def change() -> None:
        with pytest.raises(ConflictError, match="table: a worker is still at"):
            change_delivery(delivery, desk.settings(table="other"), team.manager, now)
        with pytest.raises(ConflictError, match="delivery: a worker is still at"):
            remove_delivery(delivery, team.manager, now)
        change_delivery(delivery, desk.settings(taken=("correct",)), team.manager, now)

    during(monkeypatch, "create_table", change)
    assert ran(delivery).stage == SyncRun.Stage.STOPPED
    assert (delivery.state, delivery.made_at) == (Delivery.State.DRAFT, None)
    assert desk.tried(delivery)["problems"] == []
    start_delivery(delivery, team.manager, timezone.now())
    assert ran(delivery).posted == 1
    check_same(desk, delivery)


def test_rows_of_which_nobody_knows_whether_they_are_there_are_no_somebody_else(
    desk: Desk,
) -> None:
    """They were inserted, the answer was lost, and they could not be read."""
    desk.settle(0, 1)
    delivery = desk.started()
    desk.sync(delivery)
    desk.settle(2, 3)
    desk.cave.order("lost_reply", method="POST", what="annotations")
    desk.cave.order(*["error_before"] * 6, method="GET", what="annotations")
    assert desk.sync(delivery).stage == "failed"
    assert delivery.rows.filter(state=OutboxRow.State.SENDING).count() == 2
    assert len(desk.cave.rows(delivery.table)) == 4
    assert desk.tried(paused(desk, delivery))["problems"] == []
    start_delivery(delivery, desk.manager, timezone.now())
    assert ran(delivery).mended == 2
    check_same(desk, delivery)


def test_rows_that_are_missing_in_cave_are_told_and_sent_again_if_a_manager_says_so(
    desk: Desk,
) -> None:
    """A backup was restored, in which one that is gone is there again, and an older change; and
    somebody has taken a row out by hand. Nobody else writes there."""
    desk.settle(0, 1, 2)
    delivery = desk.started()
    desk.sync(delivery)
    by_hand, *_ = delivery.rows.order_by("pk").values_list("pk", flat=True)
    desk.cave.back_up(delivery.table, "older")
    desk.settle(3, 4)
    desk.settle(1, label=Label.INCORRECT)
    Instance.objects.filter(source_id=FIRST_ID + 2).update(pre_x=7)
    assert desk.sync(delivery).deleted == 2
    desk.cave.put_back(delivery.table, "older")
    AnnotationService(desk.cave.datastack, OWN_TOKEN).delete(delivery.table, [by_hand])
    assert desk.sync(delivery).stage == "failed"
    delivery.refresh_from_db()
    assert "has 3 rows in CAVE, and this delivery has sent 6: 3 are missing there" in (
        delivery.failure
    )
    assert "until a manager has what is missing sent again" in delivery.failure
    found = desk.tried(delivery)
    assert found["problems"] == []
    assert any("3 are missing there" in notice for notice in found["notices"])
    assert len(desk.cave.rows(delivery.table)) == 3
    manager = client_of(desk.manager)
    page = manager.get(f"/campaigns/{desk.campaign.pk}/cave").content.decode()
    assert "<b>4</b> should be in CAVE" in page
    assert "Send the 3 missing rows again" in " ".join(page.split())
    one = f"/api/campaigns/{desk.campaign.pk}/deliveries/{delivery.pk}"
    assert manager.get(one).json()["missing"] == 3
    assert manager.post(f"{one}/missing").status_code == 200
    run = ran(delivery)
    assert (run.stage, run.words, run.posted, run.deleted) == ("done", "", 4, 2)
    told = manager.get(one).json()
    assert told["missing"] == 0
    assert told["run"]["notice"] == (
        "Of the rows that were sent 3 were not there and are sent again; 1 was deleted there, so "
        "that its id is used up: it is sent with a new one; 2 were there again though they were "
        "deleted, and are taken out."
    )
    check_same(desk, delivery)
    entry = AuditEntry.objects.get(action="delivery_missing_sent")
    assert (entry.actor, entry.details["missing"]) == (desk.manager, 3)
    assert manager.post(f"{one}/missing").status_code == 200, "also where none is missed"
    assert ran(delivery).notice == "Each row that was sent is in CAVE as it should be."
    check_same(desk, delivery)


def test_a_table_has_one_delivery_by_whatever_name_its_datastack_is_called(desk: Desk) -> None:
    """Tables lie in the aligned volume, which two datastacks share."""
    table = desk.settings().table
    first, second = desk.make(), desk.make(datastack=PUBLIC_DATASTACK)
    for one in (first, second):
        assert desk.tried(one)["problems"] == [], "neither has it yet"
        assert one.aligned_volume == "tiny_volume"
    start_delivery(first, desk.manager, timezone.now())
    with pytest.raises(ConflictError, match=f"table: a campaign delivers to {table} of tiny"):
        start_delivery(second, desk.manager, timezone.now())
    field, sentence = only(desk.tried(second))
    assert (field, f"delivers to {table} of {DATASTACK} already" in sentence) == ("table", True)
    pause_delivery(first, desk.manager, timezone.now())
    ran(first)
    change_delivery(first, desk.settings(table=f"{table}_2"), desk.manager, timezone.now())
    assert desk.tried(second)["problems"] == [], "the other went elsewhere, nothing being sent"
    start_delivery(second, desk.manager, timezone.now())
    desk.settle(0)
    assert ran(second).posted == 1
