"""A dry run finds what would go wrong, shows what would be there, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from apps.cave_sync.domain.annotations import AnnotationRow, DatastackFacts, NewTable, Permission
from apps.cave_sync.domain.deliveries import why_no_table_name
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.services import trying
from apps.cave_sync.services.deliveries import (
    ask_dry_run,
    change_delivery,
    pause_delivery,
    remove_delivery,
    start_delivery,
)
from apps.cave_sync.services.syncing import sync
from apps.cave_sync.services.trying import try_delivery
from apps.core.errors import ConflictError
from apps.core.jobs import Job
from apps.datasets.models import Instance, Secret
from apps.datasets.services.secrets import replace_secret
from tests.cave_sync.delivering import FIRST_ID, LAB_RESOLUTION, Desk
from tests.support.cave_annotations.people import LAB_TOKEN, READING_TOKEN, TERMS_TOKEN
from tests.support.locks import busy

pytestmark = pytest.mark.django_db


def problems(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["field"], one["sentence"]) for one in found["problems"]]


def only(found: dict[str, Any]) -> tuple[str, str]:
    [problem] = problems(found)
    return problem


def test_it_shows_ten_rows_and_the_count_and_writes_nothing(desk: Desk) -> None:
    desk.settle(*range(12))
    Instance.objects.filter(source_id=FIRST_ID + 2).update(post_x=None, post_y=None, post_z=None)
    before = desk.cave.told()["tables"]
    delivery = desk.make()
    found = desk.tried(delivery)
    assert (found["problems"], found["count"], found["unfit"]) == ([], 11, 1)
    assert [row["source_id"] for row in found["rows"]] == [
        *(FIRST_ID + n for n in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10))
    ]
    assert found["rows"][0]["values"]["pre_pt"] == [95, 200, 300]
    assert found["examples"] == [f"Synapse {FIRST_ID + 2}: it has no post_pt."]
    told = " ".join(found["notices"])
    assert "is made when the delivery is started" in told
    assert "Of 11 of 11 rows the campaign has no size: 0 is sent as their size." in told
    assert "Neuroglancer shows tiny in voxels of 4 × 4 × 40 nm" in told
    assert desk.cave.told()["tables"] == before
    assert delivery.rows.count() == 0


def test_what_cave_has_by_that_name_is_looked_at(desk: Desk) -> None:
    lab = AnnotationService(desk.cave.datastack, LAB_TOKEN)
    at = (1, 2, 3)
    row = AnnotationRow(5, {"pre_pt": at, "ctr_pt": at, "post_pt": at, "size": 1.0})
    other = desk.settings().table
    lab.create_table(NewTable(other, "synapse", "The lab's.", (4.0, 4.0, 40.0)))
    lab.post(other, [row])
    desk.settle(0)
    found = problems(desk.tried(desk.make()))
    assert "1 rows, of which this delivery has sent 0: somebody else" in dict(found)["table"]
    assert "voxels of 4 × 4 × 40 nm, not 8 × 8 × 8 nm" in dict(found)["resolution"]
    again = desk.tried(desk.make(table=f"{other}_empty"))
    assert problems(again) == []
    lab.create_table(NewTable(f"{other}_tag", "bound_tag", "A tag.", (8.0, 8.0, 8.0)))
    field, sentence = only(desk.tried(desk.make(table=f"{other}_tag")))
    assert (field, "holds bound_tag, not synapse" in sentence) == ("schema", True)
    lab.create_table(NewTable(f"{other}_like", "synapse", "Like it.", (8.0, 8.0, 8.0)))
    like = desk.tried(desk.make(table=f"{other}_like"))
    field, sentence = only(like)
    assert (field, "You cannot write to" in sentence) == ("table", True)
    assert "takes it over" not in " ".join(like["notices"])


SHARED = {"write_permission": Permission.PUBLIC}
UNFIT: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"schema": "no_such"}, "schema", "no_such"),
    ({"schema": "bound_tag"}, "schema", "it has no pre_pt and no post_pt"),
    ({"schema": "plastic_synapse"}, "fillings", "a field plasticity; say what fills it"),
    (
        {
            **{"kind": "verdicts", "reference_table": "synapses"},
            "schema": "reference_tag_with_confidence",
        },
        "schema",
        "CAVE keeps no tag of reference_tag_with_confidence: it drops it without a word",
    ),
    ({"fillings": {"score": {"source": "score"}}}, "fillings", "has no field score"),
    ({"datastack": "no_such"}, "datastack", "no_such"),
    ({"server": "http://127.0.0.1:9"}, "server", "cannot be reached"),
)


def test_what_does_not_fit_is_told_with_its_field(desk: Desk, settings: LazySettings) -> None:
    desk.settle(0)
    for changed, field, words in UNFIT:
        delivery = desk.make(**changed)
        found = dict(problems(desk.tried(delivery)))
        assert words in found.get(field, ""), (changed, found)
        with pytest.raises(ConflictError, match="try it first"):
            start_delivery(delivery, desk.manager, timezone.now())
        delivery.delete()
    older = desk.make()
    Delivery.objects.filter(pk=older.pk).update(table="Bad Name")  # nobody can say so any more
    assert only(desk.tried(older)) == ("table", f"table: {why_no_table_name('Bad Name')}")
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, private_networks=())
    field, sentence = only(desk.tried(older))
    assert (field, "that SYNANNO_PRIVATE_NETWORKS does not name" in sentence) == ("server", True)


def test_the_size_of_its_voxels_is_read_from_cave(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the datastack, of the lab's table, and of one that is there already; else of the campaign,
    and never once rows are in a table."""
    lab = AnnotationService(desk.cave.datastack, LAB_TOKEN)
    desk.lab_has_its_rows()
    as_cave_has_it: dict[str, Any] = {"resolution": None, "resolution_from_cave": True}
    of_stack, of_lab = desk.make(**as_cave_has_it), desk.make("verdicts", **as_cave_has_it)
    assert of_stack.resolution == (8, 8, 8), "as the campaign has it, until it is tried"
    shown = "Its voxels are 4 × 4 × 40 nm, as Neuroglancer shows tiny."
    assert shown in told_of(desk, of_stack)
    assert "as those of the table synapses are" in told_of(desk, of_lab)
    assert (of_stack.resolution, of_lab.resolution) == (LAB_RESOLUTION, LAB_RESOLUTION)
    lab.create_table(NewTable(of_stack.table, "synapse", "For it.", (2.0, 2.0, 2.0), **SHARED))
    assert f"2 × 2 × 2 nm, as those of the table {of_stack.table} are" in told_of(desk, of_stack)
    start_delivery(of_stack, desk.manager, timezone.now())
    desk.settle(0)
    sync(of_stack.pk)
    desk.cave.lose(of_stack.table)
    pause_delivery(of_stack, desk.manager, timezone.now())
    desk.tried(of_stack)
    assert of_stack.resolution == (2, 2, 2), "rows were sent so"
    nothing = DatastackFacts("tiny_volume", None, None)
    monkeypatch.setattr(AnnotationService, "facts", lambda *_: nothing)
    untold = desk.make(table=f"{of_stack.table}_more", **as_cave_has_it)
    assert "8 × 8 × 8 nm, as those of the campaign's table are" in told_of(desk, untold)


def told_of(desk: Desk, delivery: Delivery) -> str:
    """The notices of a dry run."""
    return " ".join(desk.tried(delivery)["notices"])


def test_who_may_not_write_learns_so_before(desk: Desk) -> None:
    delivery = desk.make()
    for token, words in (
        (READING_TOKEN, "missing_permission"),
        (TERMS_TOKEN, "terms"),
        ("9" * 32, "the token is missing or not accepted"),
    ):
        replace_secret(Secret.objects.get(name="cave"), token)
        field, sentence = only(desk.tried(delivery))
        assert field == "secret"
        assert words in sentence
        assert token not in sentence


def test_a_dry_run_whose_worker_dies_again_and_again_is_given_up(desk: Desk) -> None:
    delivery = desk.make()
    ask_dry_run(delivery, desk.manager, timezone.now())
    Delivery.objects.update(check_attempts=3)
    try_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == "draft"
    assert "stopped again and again" in delivery.found["problems"][0]["sentence"]


def test_what_is_removed_while_a_worker_looks_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = desk.make()
    ask_dry_run(delivery, desk.manager, timezone.now())
    while_it_looks(monkeypatch, lambda: remove_delivery(delivery, desk.manager, timezone.now()))
    try_delivery(delivery.pk)
    assert not Delivery.objects.exists()


def test_what_is_changed_and_asked_again_while_a_worker_looks_is_looked_at_once_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second worker finds the first one at it and leaves."""
    delivery = desk.make(schema="bound_tag")
    ask_dry_run(delivery, desk.manager, timezone.now())

    def change() -> None:
        change_delivery(delivery, desk.settings(), desk.manager, timezone.now())
        ask_dry_run(delivery, desk.manager, timezone.now())

    while_it_looks(monkeypatch, change)
    try_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.checked_revision, delivery.found["problems"]) == (
        "draft",
        2,
        [],
    )
    assert delivery.is_checked


def test_what_is_asked_while_others_are_tried_or_it_is_still_sent_is_done_afterwards(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[dict[str, Any]] = []
    ended: list[Job] = []
    monkeypatch.setattr(trying, "enqueue", lambda job, **more: later.append({"job": job, **more}))
    monkeypatch.setattr(trying, "PAUSES_S", (0.0,))
    delivery = desk.started()
    monkeypatch.setattr(trying, "turn_has_ended", ended.append)
    pause_delivery(delivery, desk.manager, timezone.now())
    ask_dry_run(delivery, desk.manager, timezone.now())
    again = {"job": Job.TRY_DELIVERY, "after_s": 5.0, "delivery_id": delivery.pk}
    with busy(f"cave delivery {delivery.pk}"):
        try_delivery(delivery.pk)
        assert later == [again]
    later.clear()
    assert trying.send_waiting_tries() == 0, "it is asked again by itself"
    sync(delivery.pk)
    assert delivery.runs.get().stage == "stopped"
    with busy("looks that somebody waits for 0"):  # of two workers one is at another's
        try_delivery(delivery.pk)
        assert later == []
        assert trying.send_waiting_tries(1.0) == 1
        assert later == [again | {"after_s": 1.0}]

    def broken(_: Delivery) -> AnnotationService:
        raise RuntimeError("nobody foresaw it")

    with pytest.raises(RuntimeError):
        try_delivery(delivery.pk, broken)
    assert ended == [Job.TRY_DELIVERY], "others may have its turn all the same"
    try_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.is_checked, len(later)) == ("draft", True, 1)
    assert (ended, trying.send_waiting_tries()) == ([Job.TRY_DELIVERY] * 2, 0)


def test_what_cave_says_once_is_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After somebody else's error; also not to whether one may write."""
    delivery = desk.started()
    desk.sync(delivery)
    pause_delivery(delivery, desk.manager, timezone.now())
    for asked in ("tables", "create_table", "delete"):
        while_it_looks(monkeypatch, desk.cave.fail_once, asked)
        assert desk.tried(delivery)["problems"] == [], asked


def while_it_looks(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], asked: str = "tables"
) -> None:
    """Have something happen when the worker asks CAVE for this."""
    once, real = [act], getattr(AnnotationService, asked)

    def asks(service: AnnotationService, *more: Any) -> Any:
        if once:
            once.pop()()
        return real(service, *more)

    monkeypatch.setattr(AnnotationService, asked, asks)
