"""Jobs that last share one limit, looks another; whoever ends a turn has others sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Event, Thread

import pytest
from django.conf import LazySettings
from django.db import connection

from apps.core.jobs import Job
from apps.core.locks import alone
from apps.core.turns import LASTING, LOOKS, give_turns, turn_to_last, turn_to_look
from tests.support.locks import is_held
from tests.support.waiting import wait_for
from workers.turns import SENDS

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def another() -> Iterator[list[bool]]:
    """Another process that asks for a turn, and keeps it while the block runs; what it was told."""
    told: list[bool] = []
    is_over = Event()

    def work() -> None:
        try:
            with turn_to_last() as has_turn:
                told.append(has_turn)
                is_over.wait(30)
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    try:
        yield told
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize(("processes", "turns"), [(1, 1), (2, 1), (3, 2)])
def test_one_process_less_than_there_are_does_what_lasts(
    settings: LazySettings, processes: int, turns: int
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, worker_processes=processes)
    with another() as first, another() as second:
        wait_for(lambda: bool(first and second), "both")
        assert [*first, *second].count(True) == min(turns, 2)
        with turn_to_last() as has_turn:
            assert has_turn is (turns > 2)
        with turn_to_look() as may_look:
            assert may_look, "who looks does not wait for what lasts"
    with turn_to_last() as has_turn:
        assert has_turn


def test_the_next_kind_has_a_turn_before_the_one_that_had_it() -> None:
    waiting: dict[Job, int] = {}
    sent: list[tuple[Job, float]] = []

    def send(job: Job, after_s: float) -> int:
        sent.extend([(job, after_s)] * waiting.get(job, 0))
        return waiting.get(job, 0)

    def after(kind: Job, **waits: int) -> list[tuple[Job, float]]:
        sent.clear()
        waiting.update({Job[name]: count for name, count in waits.items()})
        give_turns(kind, {job: partial(send, job) for job in Job})
        return list(sent)

    export, restore, sync, table = LASTING
    assert after(export) == []
    assert after(export, WRITE_EXPORT=2) == [(export, 0.0), (export, 0.0)]
    # Neither the export's next slice nor a restore takes it away again from the sync.
    assert after(restore, SYNC_DELIVERY=1, RESTORE=1) == [
        *((sync, 0.0), (export, 1.0), (export, 1.0), (restore, 1.0)),
    ]
    assert after(sync, SAVE_PLAN=1)[0] == (table, 0.0)
    assert after(table)[0] == (export, 0.0)
    assert after(Job.TRY_DELIVERY, FILL_DEPTH_UNET=1) == [(Job.FILL_DEPTH_UNET, 0.0)]


def test_of_each_kind_the_workers_know_what_waits() -> None:
    assert set(SENDS) == {*LASTING, *LOOKS}
    assert [send(0.0) for send in SENDS.values()] == [0] * len(SENDS)


def test_a_lock_is_seen_by_its_name_alone() -> None:
    with alone("something that is done") as is_alone:
        assert is_alone
        assert is_held("something that is done")
        assert not is_held("something else")
    assert not is_held("something that is done")


def test_postgres_looks_within_a_minute_whether_a_machine_is_there() -> None:
    """Else it would keep the locks of one that vanished for two hours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reset_val::int FROM pg_settings WHERE name IN ('tcp_keepalives_idle',"
            " 'tcp_keepalives_interval', 'tcp_keepalives_count') ORDER BY name"
        )
        assert cursor.fetchall() == [(3,), (30,), (10,)]
