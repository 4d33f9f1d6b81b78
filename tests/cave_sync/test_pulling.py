"""Synapses whose neurons have changed in CAVE are marked, once a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import RootChange, RootPull
from apps.cave_sync.services import pulling
from apps.cave_sync.services.connecting import service_for
from apps.cave_sync.services.deliveries import change_delivery, start_delivery
from apps.cave_sync.services.syncing import sync
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.services.finishing import finish, open_again
from apps.revision.services.gathering import gather_all
from tests.cave_sync.delivering import FIRST_ID, Desk
from tests.revision.drawing import set_point
from tests.support.people import Team
from tests.support.revisions import take_revision
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

BIG = 864_691_135_000_000_011  # JavaScript would lose its last digits


@pytest.fixture(autouse=True)
def _no_versions(desk: Desk) -> Iterator[None]:
    """Those of other tests are none of ours, and the other way round."""
    desk.cave.forget()
    yield
    desk.cave.forget()


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
    assert (first["source_id"], first["pre_before"], first["version"]) == (
        *(str(two), str(BIG)),
        21,
    )
    page = client_of(desk.manager).get(f"/campaigns/{desk.campaign.pk}/cave").content.decode()
    assert f"In version {22} of CAVE <b>2</b> of 4 lie in another neuron" in page


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


def test_a_version_that_does_not_have_the_table_yet_is_no_failure(desk: Desk) -> None:
    """The next one has it."""
    desk.settle(0)
    desk.cave.freeze(41)
    delivery = desk.started(reads_roots=True)
    run = desk.sync(delivery)
    assert (run.stage, run.posted) == ("done", 1)
    assert f"CAVE, the newest, does not have {delivery.table} yet" in run.words
    assert not RootPull.objects.exists()
    desk.cave.freeze(42)
    assert desk.sync(delivery).words == ""
    assert RootPull.objects.get().version == 42


def test_a_version_that_expires_while_it_is_read_is_followed_by_the_newest(
    desk: Desk, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pulling, "A_PART", 2)
    first, second = 51, 52
    desk.lab_has_its_rows()
    desk.settle(*range(5))
    Instance.objects.filter(table=desk.campaign.table).update(pre_root_id=5, post_root_id=6)
    delivery = desk.started("verdicts", reads_roots=True)
    lab = {FIRST_ID + number: (5, 6) for number in range(5)}
    desk.cave.freeze(first, {"synapses": lab | {FIRST_ID: (5, 7)}})
    desk.cave.expire(first, after=1)
    run = desk.sync(delivery)
    assert (run.stage, run.posted) == ("done", 5)
    assert f"Version {first} of CAVE has expired while it was read" in run.words
    assert desk.sync(delivery).words == "", "an older version is the newest again, or none is left"
    desk.cave.freeze(second, {"synapses": lab | {FIRST_ID: (5, 7), FIRST_ID + 4: (7, 6)}})
    assert desk.sync(delivery).words == ""
    assert marks() == [(FIRST_ID, 5, 5, 6, 7), (FIRST_ID + 4, 5, 7, 6, 6)], "each once"
    pull = delivery.pulls.get(version=second)
    assert (pull.checked, pull.changed) == (5, 1)


def test_of_a_version_rows_that_came_later_are_read_alone(desk: Desk, monkeypatch: Any) -> None:
    asked = list[set[int]]()
    ask = AnnotationService.root_ids

    def root_ids(self: Any, table: str, version: int, ids: Any) -> Any:
        asked.append({one - FIRST_ID for one in ids})
        return ask(self, table, version, ids)

    monkeypatch.setattr(AnnotationService, "root_ids", root_ids)
    desk.lab_has_its_rows()
    desk.settle(0, 1)
    Instance.objects.filter(table=desk.campaign.table).update(pre_root_id=5, post_root_id=6)
    delivery = desk.started("verdicts", reads_roots=True)
    lab = {FIRST_ID + number: (5, 6) for number in range(6)}
    desk.cave.freeze(61, {"synapses": lab | {FIRST_ID + 2: (5, 7)}})
    desk.sync(delivery)
    desk.settle(2, 3)
    desk.sync(delivery)
    desk.sync(delivery)
    assert asked == [{0, 1}, {2, 3}]
    assert marks() == [(FIRST_ID + 2, 5, 5, 6, 7)]
    pull = RootPull.objects.get()
    assert (pull.checked, pull.changed) == (4, 1)
    desk.settle(2, label=Label.UNSURE)
    desk.sync(delivery)
    desk.settle(2)
    desk.sync(delivery)
    assert asked[2:] == [{2}], "it was deleted in between, and is another row"
    assert len(marks()) == 1, "it is as it was read before"


def test_a_pull_that_is_killed_goes_on_where_it_was(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(pulling, "A_PART", 2)
    desk.lab_has_its_rows()
    desk.settle(*range(5))
    Instance.objects.filter(table=desk.campaign.table).update(pre_root_id=5, post_root_id=6)
    delivery = desk.started("verdicts", reads_roots=True)
    desk.sync(delivery)
    lab = {FIRST_ID + number: (5, 7) for number in range(5)}
    desk.cave.freeze(71, {"synapses": lab})
    reads = list[tuple[int, int]]()

    def told(read: int, of: int) -> None:
        reads.append((read, of))

    def killed(read: int, of: int) -> None:
        told(read, of)
        if read == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pulling.pull_roots(delivery, service_for(delivery), killed)
    assert len(marks()) == 4
    pull = pulling.pull_roots(delivery, service_for(delivery), told)
    assert pull is not None
    assert reads == [(0, 5), (2, 5), (4, 5), (0, 1), (1, 1)], "what is read already is not counted"
    assert (pull.checked, pull.changed) == (5, 5)
    assert pull.finished_at is not None
    assert pulling.pull_roots(delivery, service_for(delivery), told) is None


def test_a_synapse_that_moves_is_not_in_another_neuron(desk: Desk, team: Team) -> None:
    """Its heir lies where it lay but at the side that was moved."""
    desk.settle(0)
    desk.settle(1, label=Label.INCORRECT)
    gather_all()
    lease = take_revision(desk.campaign, team.ben)
    finish(lease, Decision.MENDED, "", timezone.now())
    delivery = desk.started(reads_roots=True)
    desk.sync(delivery)
    first, second = delivery.rows.order_by("pk").values_list("pk", flat=True)
    desk.cave.freeze(81, {delivery.table: {first: (5, 6), second: (BIG, 6)}})
    desk.sync(delivery)
    open_again(desk.campaign, lease.revision, desk.manager, timezone.now())
    again = take_revision(desk.campaign, team.ben)
    set_point(again, "post", 1, 800)
    finish(again, Decision.MENDED, "", timezone.now())
    desk.sync(delivery)
    heir = delivery.rows.latest("pk")
    assert (heir.replaces_id, heir.pre_root_id, heir.post_root_id) == (second, BIG, None)
    assert heir.roots_version is None
    roots = {first: (5, 6), heir.pk: (BIG, 9)}
    desk.cave.freeze(82, {delivery.table: roots})
    desk.sync(delivery)
    assert marks() == [], "it was moved there"
    desk.cave.freeze(83, {delivery.table: roots | {heir.pk: (BIG + 1, 9)}})
    desk.sync(delivery)
    assert marks() == [(FIRST_ID + 1, BIG, BIG + 1, 9, 9)]
    fillings = {"size": {"source": "constant", "otherwise": 7}}
    change_delivery(
        delivery,
        desk.settings(reads_roots=True, fillings=fillings),
        desk.manager,
        timezone.now(),
    )
    desk.tried(delivery)
    start_delivery(delivery, desk.manager, timezone.now())
    sync(delivery.pk)
    last = delivery.rows.latest("pk")
    assert (last.replaces_id, last.pre_root_id, last.post_root_id) == (heir.pk, BIG + 1, 9)
    assert last.roots_version == 83
