"""Jobs that last share one limit; those done in slices give way to those that wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event, Thread

import pytest
from django.conf import LazySettings
from django.db import connection

from apps.core.locks import alone, is_held
from apps.core.turns import somebody_waits, turn_to_last
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def another(pauses_s: tuple[float, ...] = (0.0,)) -> Iterator[list[bool]]:
    """Another process that asks for a turn, and keeps it while the block runs; what it was told."""
    told: list[bool] = []
    is_over = Event()

    def work() -> None:
        try:
            with turn_to_last(pauses_s=pauses_s) as has_turn:
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
    with turn_to_last() as has_turn:
        assert has_turn


def test_who_waits_is_seen_and_gets_the_turn_that_is_given_up(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, worker_processes=2)
    with ExitStack() as held:
        assert held.enter_context(turn_to_last())
        with another(pauses_s=(0.01,) * 2_000) as told:
            wait_for(somebody_waits, "who waits")
            with another(pauses_s=(0.01,) * 2_000) as second:
                wait_for(lambda: bool(second), "another that would wait")
                assert second == [False], "one alone waits"
            assert told == []
            held.close()
            wait_for(lambda: bool(told), "who waited")
            assert told == [True]
            assert not somebody_waits()


def test_a_lock_is_seen_by_its_name_alone() -> None:
    with alone("something that is done") as is_alone:
        assert is_alone
        assert is_held("something that is done")
        assert not is_held("something else")
    assert not is_held("something that is done")
