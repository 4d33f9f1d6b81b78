"""Synapses whose neurons have changed in CAVE are marked, once a version."""

from __future__ import annotations

import pytest

from apps.cave_sync.models import RootChange, RootPull
from apps.datasets.models import Instance
from tests.cave_sync.delivering import FIRST_ID, Desk
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

BIG = 864_691_135_000_000_011  # JavaScript would lose its last digits


def marks() -> list[tuple[int, int | None, int | None, int | None, int | None]]:
    found = RootChange.objects.order_by("pk").values_list(
        *("instance__source_id", "pre_before", "pre_now", "post_before", "post_now")
    )
    return list(found)


def test_rows_of_the_lab_are_compared_with_the_table_and_then_with_the_version_before(
    desk: Desk,
) -> None:
    desk.lab_has_its_rows()
    desk.settle(0, 1, 2, 3)
    Instance.objects.filter(table=desk.campaign.table).update(pre_root_id=BIG, post_root_id=7)
    delivery = desk.started("verdicts", reads_roots=True)
    one, two, three, four = range(FIRST_ID, FIRST_ID + 4)
    same = {one: (BIG, 7), two: (BIG + 1, 7), three: (BIG, None), four: (7, 7)}
    desk.cave.freeze(21, {"synapses": same})
    run = desk.sync(delivery)
    assert (run.stage, run.posted, run.words) == ("done", 4, "")
    assert marks() == [(two, BIG, BIG + 1, 7, 7), (four, BIG, 7, 7, 7)]
    pull = RootPull.objects.get()
    assert (pull.version, pull.checked, pull.changed) == (21, 4, 2)
    desk.sync(delivery)
    assert len(marks()) == 2, "a version is read once"
    desk.cave.freeze(22, {"synapses": same | {three: (BIG, 8), four: (7, 9)}})
    desk.sync(delivery)
    assert marks()[2:] == [(three, BIG, BIG, 7, 8), (four, 7, 7, 7, 9)], "two is as it was before"
    told = client_of(desk.manager).get(
        f"/api/campaigns/{desk.campaign.pk}/deliveries/{delivery.pk}/changes"
    )
    first = told.json()["results"][-1]
    assert (first["source_id"], first["pre_before"], first["version"]) == (str(two), str(BIG), 21)
    page = client_of(desk.manager).get(f"/campaigns/{desk.campaign.pk}/cave").content.decode()
    assert "In version 22 of CAVE <b>2</b> of 4 lie in another neuron" in page


def test_of_our_own_rows_the_first_neurons_are_compared_with_nothing(desk: Desk) -> None:
    """Their points may have been moved: the table's neurons are no measure."""
    desk.settle(0, 1)
    Instance.objects.filter(table=desk.campaign.table).update(pre_root_id=1, post_root_id=1)
    delivery = desk.started(reads_roots=True)
    desk.sync(delivery)
    first, second = delivery.rows.order_by("pk").values_list("pk", flat=True)
    desk.cave.freeze(31, {delivery.table: {first: (5, 6), second: (5, 6)}})
    desk.sync(delivery)
    assert marks() == []
    desk.cave.freeze(32, {delivery.table: {first: (5, 6), second: (50, 6)}})
    desk.sync(delivery)
    assert marks() == [(FIRST_ID + 1, 5, 50, 6, 6)]


def test_where_they_cannot_be_read_what_was_to_be_sent_is_sent(desk: Desk) -> None:
    desk.settle(0)
    delivery = desk.started(reads_roots=True)
    desk.cave.freeze(41)
    run = desk.sync(delivery)
    assert (run.stage, run.posted) == ("done", 1)
    assert run.words.startswith("Root ids were not read.")
    assert RootPull.objects.get().finished_at is None, "the next sync tries again"
