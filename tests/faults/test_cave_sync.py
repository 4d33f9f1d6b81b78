"""What goes to CAVE arrives once, whatever becomes of calls, workers and answers."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Item, Lease
from apps.campaigns.services.leasing import lease_page
from apps.cave_sync.models import ASIDE, Delivery, OutboxRow, SyncRun
from apps.cave_sync.services import batches
from apps.cave_sync.services.deliveries import sync_due
from apps.cave_sync.services.missing import send_missing
from apps.cave_sync.services.syncing import sync
from apps.datasets.gateways import cave_connection
from apps.datasets.models import Instance
from apps.proofreading.domain import Label, State
from apps.proofreading.models import ErrorCategory, Settlement, Verdict
from tests.cave_sync.delivering import Desk, check_same
from tests.support.cave_annotations.faults import KINDS
from tests.support.cave_annotations.running import RunningCave, running_cave
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team
from tests.support.revisions import roles_of, settle_as
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

# At size, with batches as they are shipped: SYNANNO_TEST_CAVE_ROWS=100000.
A_THIRD = int(os.environ.get("SYNANNO_TEST_CAVE_ROWS", "1050")) // 3
BATCH = max(20, min(500, 3 * A_THIRD // 52))
FAULTY = 0.3


@pytest.fixture(scope="module")
def cave_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCave]:
    with running_cave(tmp_path_factory.mktemp("cave")) as cave:
        yield cave


@pytest.fixture
def cave(
    cave_process: RunningCave, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[RunningCave]:
    """Batches are small, so that there are many calls, and nobody naps between attempts."""
    monkeypatch.setattr(batches, "NAPS_S", (0.0,) * len(batches.NAPS_S))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, cave_batch=BATCH)
    yield cave_process
    cave_process.calm()
    cave_process.release()


def desk_of(cave: RunningCave, team: Team, folder: Path, instances: int) -> Desk:
    campaign = paper_campaign(
        folder,
        roles_of(team),
        instances=instances,
        page_size=24,
        centers=lambda number: (100 + number % 900, 100 + number // 900, 500),
    )
    rows = Instance.objects.filter(table=campaign.table)
    # Apart, for the lab's ids are put on top, and none what another one is until it has its turn.
    rows.update(source_id=F("source_id") * 10_000 + 10**9)
    return Desk(cave, campaign, team.manager)


def settle_all(desk: Desk, label_of: Callable[[int], Label]) -> None:
    """As if votes had settled every item."""
    Settlement.objects.filter(item__campaign=desk.campaign).delete()
    Settlement.objects.bulk_create(
        Settlement(
            item=item,
            state=State.SETTLED,
            label=label_of(item.position),
            p_correct=0.5,
            votes=1,
            settled_at=timezone.now(),
        )
        for item in Item.objects.filter(campaign=desk.campaign)
    )


def until_done(delivery: Delivery) -> int:
    """Have it synced as beat does, until a run goes through and CAVE has stumbled at no row; how
    many there were."""
    for count in itertools.count(1):
        Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
        is_late(delivery)
        sync_due(timezone.now())
        sync(delivery.pk)
        is_done = delivery.runs.latest("pk").stage == SyncRun.Stage.DONE
        if is_done and not delivery.rows.filter(ASIDE).exists():
            return count
        assert count < 50, delivery.runs.latest("pk").words
    raise AssertionError


def is_late(delivery: Delivery) -> None:
    """No call of rows that were set aside can be under way any more."""
    aside = delivery.rows.filter(ASIDE, doubted_at__isnull=False)
    aside.update(doubted_at=timezone.now() - 2 * batches.LATE)


@pytest.mark.timeout(120 + A_THIRD // 10)
def test_no_row_is_lost_or_doubled_where_a_third_of_the_calls_go_wrong(
    cave: RunningCave, team: Team, tmp_path: Path
) -> None:
    """Two thirds are posted; then of these one half is changed in place and the other deleted, and
    the last third posted."""
    desk = desk_of(cave, team, tmp_path, 3 * A_THIRD)
    desk.lab_has_its_rows()
    turns = (Label.CORRECT, Label.INCORRECT, Label.UNSURE)
    settle_all(desk, lambda position: turns[position % 3])
    delivery = desk.started("verdicts")
    cave.disturb(FAULTY, delay_s=0.002, seed=11)
    until_done(delivery)
    check_same(desk, delivery)
    assert states(delivery) == {"held": 2 * A_THIRD}
    settle_all(desk, lambda position: turns[(position + 1) % 3])
    until_done(delivery)
    check_same(desk, delivery)
    assert states(delivery) == {"held": 2 * A_THIRD, "gone": A_THIRD}
    put = delivery.rows.filter(state="held", payload__is_valid=False)
    assert put.count() == A_THIRD
    happened = cave.told()["happened"]
    assert min(happened.get(kind, 0) for kind in KINDS) >= 3, happened


def states(delivery: Delivery) -> Counter[str]:
    return Counter(delivery.rows.values_list("state", flat=True))


# Where a worker is killed: before each statement that writes rows or deliveries, or ends the run,
# and before and after each call that changes something in CAVE. How far it has come, by the way, is
# no step.
_WRITES = re.compile(
    r"(INSERT INTO|UPDATE|DELETE FROM) .cave_sync_(outboxrow|delivery)|UPDATE .*finished_at. = "
)


class Steps:
    """Counts steps, and ends this process at one of them."""

    def __init__(self, last: int) -> None:
        self._left = last

    def step(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Any, sql: Any, *more: Any) -> Any:
        if _WRITES.match(str(sql)):
            self.step()
        return execute(sql, *more)

    def call(self, send: Any) -> Any:
        def counted(adapter: Any, request: Any, **options: Any) -> Any:
            changes = request.method != "GET" and "/annotation/" in request.url
            if changes:
                self.step()
            response = send(adapter, request, **options)
            if changes:
                self.step()
            return response

        return counted


def in_a_process(work: Callable[[], None]) -> int:
    """Start a copy of this process that does some work and ends; its id."""
    connections.close_all()  # each opens its own
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def is_killed_at(delivery: Delivery, step: int) -> bool:
    """Whether a worker that is killed at this step gets so far."""

    def work() -> None:
        steps = Steps(step)
        cave_connection._Adapter.send = steps.call(cave_connection._Adapter.send)  # type: ignore[method-assign]
        with connection.execute_wrapper(steps.statement):
            sync(delivery.pk)

    _, status = os.waitpid(in_a_process(work), 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def goes_on(delivery: Delivery) -> SyncRun:
    """Another worker takes it up, once the lock of the killed one is gone."""

    def is_over() -> bool:
        sync(delivery.pk)
        return delivery.runs.latest("pk").finished_at is not None

    wait_for(is_over, "another worker's run")
    return delivery.runs.latest("pk")


def active(desk: Desk, kind: str, more: str = "") -> Delivery:
    """A new delivery that runs, without the dry run."""
    delivery = desk.make(kind, table=f"killed_{desk.number}_{kind}{more}")
    delivery.checked_revision, delivery.state = delivery.revision, Delivery.State.ACTIVE
    delivery.save()
    return delivery


def asked(delivery: Delivery) -> None:
    now = timezone.now()
    SyncRun.objects.create(delivery=delivery, asked_at=now, moved_at=now)


@pytest.mark.parametrize("kind", ["verdicts", "synapses", "categories"])
def test_a_worker_is_killed_at_every_step(
    cave: RunningCave, team: Team, tmp_path: Path, kind: str
) -> None:
    """Each time one is posted, one changed and one deleted, while one stays as it is."""
    desk, delivery = begun(cave, team, tmp_path, kind)
    for step in itertools.count():
        say(desk, kind, is_even=step % 2 == 0)
        asked(delivery)
        is_killed = is_killed_at(delivery, step)
        goes_on_well(desk, delivery)
        if not is_killed:
            break
    assert step > 8, "there are so many steps"


def begun(cave: RunningCave, team: Team, folder: Path, kind: str) -> tuple[Desk, Delivery]:
    """A delivery that has sent three rows."""
    desk = desk_of(cave, team, folder, 6)
    desk.lab_has_its_rows()
    say(desk, kind, is_even=False)
    delivery = active(desk, kind)
    asked(delivery)
    sync(delivery.pk)
    return desk, delivery


def goes_on_well(desk: Desk, delivery: Delivery) -> None:
    """Another worker goes on, and all is as it should be."""
    run = goes_on(delivery)
    assert (run.stage, run.words) == (SyncRun.Stage.DONE, "")
    check_same(desk, delivery)
    assert delivery.rows.filter(state=OutboxRow.State.HELD).count() == 3


def test_a_worker_is_killed_while_it_mends_what_a_backup_has_undone(
    cave: RunningCave, team: Team, tmp_path: Path
) -> None:
    """CAVE is put back to what it was before the last sync, then to what it was after that: rows
    are missing, say what they said before, and are there again."""
    desk, delivery = begun(cave, team, tmp_path, "verdicts")
    for step in itertools.count():
        say(desk, "verdicts", is_even=step % 2 == 0)
        cave.back_up(delivery.table, f"{step}")
        cave.put_back(delivery.table, f"{max(0, step - 1)}")
        send_missing(delivery, desk.manager, timezone.now())
        is_killed_at(delivery, step)
        is_compared = not Delivery.objects.get(pk=delivery.pk).mends
        goes_on_well(desk, delivery)
        if is_compared:
            break  # what comes then is a sync as any other
    assert step > 4, "there are so many steps"


def test_a_worker_is_killed_while_cave_stumbles_at_a_row(
    cave: RunningCave, team: Team, tmp_path: Path
) -> None:
    """First where it is set aside, then at each step of a run that tries it again."""
    desk, delivery = begun(cave, team, tmp_path, "verdicts")
    last = desk.campaign.items.get(position=5)
    cave.poison(last.instance.source_id)
    settle_as(last, Label.CORRECT)
    for step in itertools.count():
        is_late(delivery)
        asked(delivery)
        is_killed = is_killed_at(delivery, step)
        words = goes_on(delivery).words
        assert words == "1 row is not in CAVE yet as wanted; it is tried again at each run."
        assert states(delivery) == {"held": 3, "sending": 1}
        if not is_killed:
            break
    assert step > 4, "there are so many steps"
    cave.poison()
    assert until_done(delivery) == 1
    check_same(desk, delivery)
    assert states(delivery) == {"held": 4}


def say(desk: Desk, kind: str, *, is_even: bool) -> None:
    """What the first four synapses are: the second changes, the third goes, the fourth comes."""
    comes, goes = (Label.CORRECT, Label.UNSURE) if is_even else (Label.UNSURE, Label.CORRECT)
    if kind == "verdicts":
        changed = Label.INCORRECT if is_even else Label.CORRECT
        for position, label in enumerate((Label.CORRECT, changed, goes, comes)):
            desk.settle(position, label=label)
    elif kind == "synapses":
        second = desk.campaign.items.get(position=1).instance_id
        Instance.objects.filter(pk=second).update(pre_x=7 if is_even else 8)
        for position, label in enumerate((Label.CORRECT, Label.CORRECT, goes, comes)):
            desk.settle(position, label=label)
    else:
        error = "badFit" if is_even else "polaritySwitch"
        for position, key in enumerate(("polaritySwitch", error)):
            blame(desk, position, key)
        for position, label in ((2, goes), (3, comes)):
            desk.settle(position, label=label)
            if label is Label.CORRECT:
                blame(desk, position, "polaritySwitch")


def blame(desk: Desk, position: int, key: str) -> None:
    """Somebody has found this error, and the votes agree."""
    item = desk.campaign.items.get(position=position)
    lease = Lease.objects.filter(page__campaign=desk.campaign).first()
    if lease is None:
        lease = lease_page(desk.campaign, User.objects.get(username="anna"), timezone.now()).lease
        assert lease is not None
        judge(lease, always(Label.CORRECT))
    found = Verdict.objects.create(
        item=item,
        lease=lease,
        user=lease.user,
        key=uuid.uuid4(),
        label=Label.INCORRECT,
        made_at=timezone.now(),
    )
    found.categories.add(ErrorCategory.objects.get(campaign=desk.campaign, key=key))
    settle_as(item, Label.INCORRECT)


def test_a_table_is_made_once_though_its_worker_is_killed(
    cave: RunningCave, team: Team, tmp_path: Path
) -> None:
    """Before and after the call, after that is noted, and before and after the first rows."""
    desk = desk_of(cave, team, tmp_path, 6)
    desk.settle(0, 1, 2)
    for step in range(7):
        delivery = active(desk, "synapses", f"_{step}")
        asked(delivery)
        assert is_killed_at(delivery, step)
        run = goes_on(delivery)
        assert (run.stage, run.words) == (SyncRun.Stage.DONE, ""), step
        check_same(desk, delivery)
        assert delivery.rows.filter(state=OutboxRow.State.HELD).count() == 3, step


def test_what_a_killed_worker_sent_arrives_after_the_next_one(
    cave: RunningCave, team: Team, tmp_path: Path
) -> None:
    """The rows are read back before they are there, and sent again; then they come once more."""
    desk = desk_of(cave, team, tmp_path, 6)
    desk.settle(0, 1, 2)
    delivery = active(desk, "synapses")
    cave.order("delay", "hold_before", method="POST")  # the first makes the table
    asked(delivery)
    worker = in_a_process(lambda: sync(delivery.pk))
    wait_for(lambda: cave.told()["happened"].get("hold_before", 0) > 0, "the call")
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    run = goes_on(delivery)
    assert (run.stage, run.posted, run.mended) == (SyncRun.Stage.DONE, 3, 0)
    posts = cave.told()["calls"]["POST annotations"]
    cave.release()
    wait_for(lambda: cave.told()["calls"]["POST annotations"] == posts + 1, "the late call")
    check_same(desk, delivery)
    desk.settle(3)
    asked(delivery)
    assert goes_on(delivery).posted == 1
    check_same(desk, delivery)
