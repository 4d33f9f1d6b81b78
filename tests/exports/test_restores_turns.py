"""Restores wait for their turn; their processes are killed, and Postgres goes away."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone
from psycopg2.errors import DiskFull

from apps.campaigns.models import Campaign
from apps.core import locks, turns
from apps.core.jobs import Job
from apps.exports.models import Restore, RestorePart
from apps.exports.services import restores_turns, restores_work
from apps.exports.services.restores import keep_file, remove_restore
from apps.exports.services.restores_turns import LOST_AFTER, waits_for_turn
from apps.exports.services.restores_work import MOST_ATTEMPTS, resume_restores, work_on
from apps.exports.services.restoring import Restored, restore_campaign
from tests.campaigns.test_two_at_once import at_once
from tests.exports.restored_files import (
    A_TURN,
    STORED,
    State,
    after,
    ask,
    into,
    judged,
    sent,
    text_of,
)
from tests.support.counts import counts
from tests.support.locks import busy, is_held, somebody_waits
from tests.support.people import Team, make_team
from tests.support.waiting import wait_for
from workers.turns import give_turns

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def campaign(tmp_path: Path, team: Team) -> Campaign:
    return judged(tmp_path, team)


def test_restores_take_turns(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what else lasts; of one person one is made, and who has waited for all comes first."""
    order: list[int] = []

    def enqueue(job: Job, restore_id: int, after_s: float = 0.0) -> None:
        order.append(restore_id)

    monkeypatch.setattr(restores_turns, "enqueue", enqueue)
    monkeypatch.setattr(turns, "enqueue", lambda job, kind: give_turns(kind))
    with busy(A_TURN):  # of two workers one is at an export, or a sync
        mine = [sent(campaign, team.manager) for _ in range(3)]  # which does not last
        ours, later = sent(campaign, team.ben), sent(campaign, team.ben)
        for number, one in enumerate([*mine, ours, later]):
            ask(one, table=campaign.table_id, name=f"Restored {number}")
        work_on(mine[0].pk)
        waiting = after(mine[0])
        assert (waiting.state, waiting.attempts) == (State.WAITING, 0)
        assert waits_for_turn(waiting)
        assert resume_restores(timezone.now() + LOST_AFTER) == 2
        assert order == [mine[0].pk, ours.pk]
        remove_restore(mine[2])

        monkeypatch.setattr(restores_turns, "SHORT_BYTES", 0)
        large = keep_file(team.manager, uuid.uuid4(), "large.json", [b"[]"], timezone.now())
        work_on(large.pk)
        assert waits_for_turn(after(large))
        Restore.objects.filter(pk=large.pk).update(attempts=1, asked_by=team.anna)
        order.clear()
        restores_turns.send_waiting_restores()
        assert (large.pk in order, waits_for_turn(after(large))) == (False, False)
        killed_at = timezone.now() - LOST_AFTER  # nothing was heard of it since
        Restore.objects.filter(pk=large.pk).update(moved_at=killed_at)
        restores_turns.send_waiting_restores()
        assert (large.pk in order, waits_for_turn(after(large))) == (True, True)
        remove_restore(large)
    order.clear()
    work_on(mine[0].pk)
    assert after(mine[0]).state == State.MADE
    assert order == [ours.pk, mine[1].pk]
    with busy(f"restores of person {team.manager.pk}"):
        work_on(mine[1].pk)
        assert after(mine[1]).state == State.WAITING
        assert order == [ours.pk, mine[1].pk], "it had no turn"
        work_on(ours.pk)
        assert after(ours).state == State.MADE
    monkeypatch.undo()
    monkeypatch.setattr(restores_turns, "enqueue", enqueue)
    order.clear()
    # What needs no turn is none: the manager had one the longest ago.
    broken = keep_file(team.manager, uuid.uuid4(), "broken.json", [b"["], timezone.now())
    work_on(broken.pk)
    assert after(broken).state == State.REFUSED
    restores_turns.send_waiting_restores()
    assert order == [mine[1].pk, later.pk]


def test_of_a_restore_that_was_killed_all_locks_are_waited_for(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, table=campaign.table_id)
    Restore.objects.update(state=State.MAKING, attempts=1)
    names = (f"restore {restore.pk}", f"restores of person {team.ben.pk}", A_TURN)
    with ExitStack() as killed:
        killed.enter_context(busy(*names))

        def wait(pause_s: float) -> None:
            if pause_s:  # its session ends while the next process waits
                killed.close()

        monkeypatch.setattr(locks, "time", SimpleNamespace(sleep=wait))
        work_on(restore.pk)
    assert after(restore).state == State.MADE


def test_an_outage_of_postgres_is_no_attempt(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, table=campaign.table_id)

    def cut_off(*given: Any, **more: Any) -> Restored:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise AssertionError("the connection is gone")

    ended: list[Job] = []
    with monkeypatch.context() as patched:
        patched.setattr(restores_work, "turn_has_ended", ended.append)
        patched.setattr(restores_work, "restore_campaign", cut_off)
        with pytest.raises(OperationalError):
            work_on(restore.pk)
    found = after(restore)
    assert (found.state, found.attempts, found.failure) == (State.MAKING, 0, "")
    assert ended == [Job.RESTORE], "others may have its turn"
    assert resume_restores(timezone.now() + LOST_AFTER * 2) == 1
    work_on(restore.pk)
    assert after(restore).state == State.MADE


def test_a_fault_of_postgres_that_lasts_is_told(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, table=campaign.table_id)

    def no_room(*given: Any, **more: Any) -> Restored:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE 'no room' USING ERRCODE = 'disk_full'; END $$")
        raise AssertionError("the disk is full")

    monkeypatch.setattr(restores_work, "restore_campaign", no_room)
    for attempt in range(MOST_ATTEMPTS):
        with pytest.raises(OperationalError, match="no room") as met:
            work_on(restore.pk)
        assert isinstance(met.value.__cause__, DiskFull)
        assert after(restore).attempts == attempt + 1
    work_on(restore.pk)
    found = after(restore)
    assert found.state == State.READ
    assert f"tried {MOST_ATTEMPTS} times" in found.failure


def taken_for_lost(restore: Restore) -> None:
    """As the sweep does where it has heard nothing of who works on it."""
    Restore.objects.filter(pk=restore.pk).update(state=State.WAITING)


def test_a_file_that_is_removed_meanwhile_leaves_no_campaign(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, table=campaign.table_id)

    def removed(*given: Any, **more: Any) -> Restored:
        at_once([partial(taken_for_lost, restore)])
        at_once([partial(remove_restore, restore)])
        return restore_campaign(*given, **more)

    monkeypatch.setattr(restores_work, "restore_campaign", removed)
    work_on(restore.pk)
    assert not Restore.objects.exists()
    assert Campaign.objects.count() == 1


def test_who_removes_a_file_and_who_makes_its_campaign_do_not_wait_for_each_other(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, table=campaign.table_id)

    def remove() -> None:
        try:
            remove_restore(restore)
        finally:
            connection.close()

    thread = threading.Thread(target=remove, daemon=True)

    def lost(*given: Any, **more: Any) -> Restored:
        at_once([partial(taken_for_lost, restore)])
        return restore_campaign(*given, **more)

    def meanwhile(execute: Any, sql: str, *more: Any) -> Any:
        done = execute(sql, *more)
        writes = sql.startswith(("UPDATE", "DELETE")) and '"exports_restore' in sql
        if writes and connection.in_atomic_block and thread.ident is None:
            thread.start()
            wait_for(lambda: somebody_waits() or not thread.is_alive(), "who removes it")
        return done

    monkeypatch.setattr(restores_work, "restore_campaign", lost)
    with connection.execute_wrapper(meanwhile):
        work_on(restore.pk)
    thread.join(timeout=20)
    assert Campaign.objects.filter(name="Again").exists()
    assert not Restore.objects.exists()
    assert not RestorePart.objects.exists()


def killed_at(restore: Restore, step: int) -> bool:
    """Whether a process that is to be killed with SIGKILL before its statement of this number that
    writes, from 0, gets so far."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        left = step

        def statement(execute: Any, sql: Any, *more: Any) -> Any:
            nonlocal left
            if str(sql).lstrip().startswith(("INSERT", "UPDATE", "DELETE", "WITH")):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, *more)

        try:
            with connection.execute_wrapper(statement):
                work_on(restore.pk)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    locks = (f"restore {restore.pk}", f"restores of person {restore.asked_by_id}", A_TURN)
    wait_for(lambda: not any(map(is_held, locks)), "the locks of a process that was killed")
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_a_restore_that_is_killed_is_taken_up_again(campaign: Campaign, team: Team) -> None:
    restore = sent(campaign, team.ben)
    text = text_of(campaign)
    ask(restore, **into(campaign.table, is_new=True))
    before = counts(STORED)
    step = 1
    while killed_at(restore, step):
        assert counts(STORED) == before
        assert after(restore).state in {State.WAITING, State.MAKING}
        Restore.objects.filter(pk=restore.pk).update(attempts=0)
        step += 4
    assert step > 20
    assert after(restore).state == State.MADE
    again = Campaign.objects.get(name="Again")
    assert text_of(again) == text
    assert Restore.objects.get(pk=restore.pk).campaign == again
    assert not RestorePart.objects.exists()
