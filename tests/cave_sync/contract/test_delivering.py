"""What a campaign delivers is in CAVE as the outbox says, on the stand-in as on the real services;
and what goes wrong on our side of the wire loses and doubles nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from apps.cave_sync.models import Delivery, OutboxRow
from apps.cave_sync.services import batches
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement
from apps.proofreading.services.settling import count_submitted
from apps.revision.domain import Decision
from apps.revision.services.additions import NewSynapse, add_synapse, withdraw_synapse
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import gather_all
from apps.voxels.geometry import Point
from tests.cave_sync.contract.conftest import Cave, NewTables
from tests.cave_sync.contract.sending import Sender
from tests.cave_sync.contract.wire import KINDS, Wire, WorkerEndedError
from tests.cave_sync.delivering import FIRST_ID
from tests.proofreading.test_cards_discards import says
from tests.revision.drawing import set_point
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import roles_of, take_revision

pytestmark = pytest.mark.django_db

State = OutboxRow.State


@pytest.fixture
def sender(
    tmp_path: Path,
    team: Team,
    cave: Cave,
    new_table: NewTables,
    monkeypatch: pytest.MonkeyPatch,
) -> Sender:
    """Nobody naps where faults are made here; real services may need a moment."""
    monkeypatch.setattr(batches, "NAPS_S", (0.0 if cave.stand_in else 0.2,) * 5)
    campaign = paper_campaign(tmp_path, roles_of(team), instances=12)
    return Sender(cave, campaign, team.manager, new_table)


def test_a_dry_run_shows_what_would_be_there_and_writes_nothing(sender: Sender) -> None:
    sender.settle(*range(11))
    delivery = sender.make()
    found = sender.tried(delivery)
    assert found["problems"] == []
    assert (found["count"], len(found["rows"])) == (11, 10)
    first = found["rows"][0]
    assert (first["source_id"], first["values"]["ctr_pt"]) == (FIRST_ID, [201, 401, 60])
    assert delivery.table not in sender.cave.service().tables()
    assert delivery.rows.count() == 0


def test_a_dry_run_tells_of_what_the_services_lack(sender: Sender) -> None:
    sender.settle(0)
    sender.lab = sender.cave.new_name()
    named = [one["field"] for one in sender.tried(sender.make("verdicts"))["problems"]]
    assert "reference_table" in named
    found = sender.tried(sender.make(schema="reference_text"))
    assert [one["field"] for one in found["problems"]] == ["schema"]
    sender.lab_table()
    found = sender.tried(sender.make("verdicts", table=sender.lab))
    assert "table" in [one["field"] for one in found["problems"]], "it holds the lab's rows"


def test_synapses_come_change_and_go(sender: Sender, team: Team) -> None:
    sender.settle(0, 1, 2)
    at = Point(900, 900, 900)
    new = NewSynapse(uuid.uuid4(), at, 899, 901, pre=Point(880, 900, 900), post=at)
    added = add_synapse(sender.campaign, team.anna, new, timezone.now())
    delivery = sender.started()
    assert sender.sync(delivery).posted == 4
    sender.check_same(delivery)
    facts = sender.cave.service().metadata(delivery.table)
    assert str(delivery.key) in facts.description
    sender.settle(0, 1, label=Label.INCORRECT)
    withdraw_synapse(sender.campaign, added.pk, team.anna, timezone.now())
    gather_all()
    lease = take_revision(sender.campaign, team.ben)
    set_point(lease, "post", 1, 800)
    finish(lease, Decision.MENDED, "", timezone.now())
    run = sender.sync(delivery)
    assert (run.stage, run.posted, run.put, run.deleted) == ("done", 1, 0, 3)
    sender.check_same(delivery)
    moved = delivery.rows.latest("pk")
    assert sender.there(delivery)[moved.pk]["post_pt"] == (200, 200, 20)
    assert len(sender.there(delivery)) == 2


def test_verdicts_on_the_labs_rows_are_put_and_deleted(sender: Sender) -> None:
    sender.lab_table()
    sender.settle(0, 1)
    sender.settle(2, label=Label.INCORRECT)
    delivery = sender.started("verdicts")
    assert sender.sync(delivery).posted == 3
    sender.check_same(delivery)
    ids = list(delivery.rows.order_by("pk").values_list("pk", flat=True))
    sender.settle(0, label=Label.INCORRECT)
    sender.settle(1, label=Label.UNSURE)
    run = sender.sync(delivery)
    assert (run.posted, run.put, run.deleted) == (0, 1, 1)
    sender.check_same(delivery)
    assert sender.there(delivery) == {
        ids[0]: {"target_id": FIRST_ID, "is_valid": False},
        ids[2]: {"target_id": FIRST_ID + 2, "is_valid": False},
    }
    sender.settle(1)
    assert sender.sync(delivery).posted == 1, "a deleted row has an heir"
    sender.check_same(delivery)


def test_each_error_is_a_row_with_its_word(sender: Sender, team: Team) -> None:
    sender.lab_table()
    wrong = (Label.INCORRECT, ("badFit", "polaritySwitch"))
    says(sender.campaign, team.anna, {0: wrong, 1: (Label.INCORRECT, ("badFit",))})
    count_submitted(timezone.now())
    delivery = sender.started("categories", words={"badFit": "bad fit"}, mended_as="judged")
    assert sender.sync(delivery).posted == 3
    sender.check_same(delivery)
    rows = sender.there(delivery).values()
    assert sorted((row["target_id"], row["tag"]) for row in rows) == [
        (FIRST_ID, "bad fit"),
        (FIRST_ID, "polaritySwitch"),
        (FIRST_ID + 1, "bad fit"),
    ]
    sender.settle(0)
    assert sender.sync(delivery).deleted == 2
    sender.check_same(delivery)


@pytest.mark.parametrize("kind", ["synapses", "verdicts"])
def test_a_second_sync_sends_nothing(sender: Sender, kind: str) -> None:
    sender.lab_table()
    sender.settle(*range(12))
    delivery = sender.started(kind)
    assert sender.sync(delivery).posted == 12
    before = list(delivery.rows.order_by("pk").values())
    again = sender.sync(delivery)
    assert (again.stage, again.posted, again.put, again.deleted) == ("done", 0, 0, 0)
    assert list(delivery.rows.order_by("pk").values()) == before
    sender.check_same(delivery)


def test_a_row_that_is_refused_is_told_in_their_words_and_the_others_go_on(sender: Sender) -> None:
    sender.lab_table(without=FIRST_ID + 3)
    sender.settle(*range(8))
    delivery = sender.started("verdicts")
    run = sender.sync(delivery)
    assert (run.stage, run.posted, run.failed) == ("done", 7, 1)
    [refused] = delivery.rows.filter(state=State.FAILED)
    assert refused.instance.source_id == FIRST_ID + 3
    assert "ForeignKeyViolation" in refused.error
    sender.check_same(delivery)


def changes(sender: Sender) -> Iterator[None]:
    """What becomes of a campaign, one thing after the other; each time some rows come, some change
    and some go."""
    sender.settle(0, 1, 2, 3)
    sender.settle(4, 5, label=Label.INCORRECT)
    yield
    sender.settle(0, 4, label=Label.UNSURE)
    sender.settle(1, label=Label.INCORRECT)
    sender.settle(5, 6, 7)
    yield
    Settlement.objects.filter(item__position=2).delete()
    sender.settle(0, 1, 8, 9)
    sender.settle(3, 5, label=Label.INCORRECT)
    yield
    sender.settle(*range(12))
    yield


@pytest.mark.parametrize("kind", ["synapses", "verdicts"])
def test_where_a_third_of_the_calls_go_wrong_nothing_is_lost_or_doubled(
    sender: Sender, settings: LazySettings, kind: str
) -> None:
    """As often as it takes; the rows go by three, so that there are many calls."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=3)
    sender.lab_table()
    sender.settle(11)
    delivery, wire = sender.started(kind), Wire(share=1 / 3)
    for _ in changes(sender):
        sender.sync_until_done(delivery, wire.connect)
        sender.check_same(delivery)
    assert set(wire.happened) == set(KINDS)
    assert len(sender.there(delivery)) == 12


@pytest.mark.parametrize("kind", ["synapses", "verdicts"])
@pytest.mark.parametrize("ends_after", [False, True])
def test_wherever_the_worker_ends_the_next_one_goes_on(
    sender: Sender, kind: str, ends_after: bool
) -> None:
    """At the first call to CAVE, the next one at the second, and so on, until one needs fewer."""
    sender.lab_table()
    sender.settle(*range(4))
    delivery = sender.started(kind)
    for ends_at in count(1):
        if did_end(sender, delivery, Wire(ends_at=ends_at, ends_after=ends_after)):
            continue
        if delivery.runs.latest("pk").stage == "done":  # else it was given up, and begun anew
            break
    sender.check_same(delivery)
    for ends_at in count(1):
        is_odd = ends_at % 2
        sender.settle(0, 1, label=(Label.CORRECT, Label.INCORRECT)[is_odd])
        sender.settle(2, label=(Label.CORRECT, Label.UNSURE)[is_odd])
        sender.settle(3, label=(Label.UNSURE, Label.CORRECT)[is_odd])
        if not did_end(sender, delivery, Wire(ends_at=ends_at, ends_after=ends_after)):
            break
        sender.sync_until_done(delivery)
        sender.check_same(delivery)
    assert ends_at > 3, "rows were counted, sent and deleted"


def did_end(sender: Sender, delivery: Delivery, wire: Wire) -> bool:
    """Whether the worker came to its end while it synced."""
    try:
        sender.sync(delivery, wire.connect)
    except WorkerEndedError:
        return True
    return False
