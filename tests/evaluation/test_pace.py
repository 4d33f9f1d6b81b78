"""Decisions in active time: by hand, and by a slow and plain second way."""

from __future__ import annotations

import random

import numpy as np
import pytest

from apps.evaluation.domain.pace import Events, pace_by_person, pace_by_step, pace_of, stretches_of

Event = tuple[int, int, int, float, float]  # person, lease, item, at, leased_at


def events_of(rows: list[Event]) -> Events:
    order = list(range(len(rows)))
    random.Random(3).shuffle(order)  # the order of rows does not matter, that of verdicts does
    person, lease, item = (np.array([rows[n][i] for n in order], dtype=np.int64) for i in range(3))
    at, leased_at = (np.array([rows[n][i] for n in order]) for i in (3, 4))
    return Events(person, lease, item, np.array(order, dtype=np.int64), at, leased_at)


def pace(rows: list[Event]) -> tuple[float, float]:
    found = pace_of(stretches_of(events_of(rows)))
    return found.decisions, found.active_s


def test_every_decision_said_by_itself() -> None:
    # 10 s, 20 s, then a pause of 100 s with the decision that ends it, then 30 s.
    rows = [(1, 1, n, at, 1000.0) for n, at in enumerate((1010.0, 1030.0, 1130.0, 1160.0))]
    assert pace(rows) == (3, 60)


def test_a_pause_of_sixty_seconds_is_still_work() -> None:
    assert pace([(1, 1, 0, 60.0, 0.0)]) == (1, 60)
    assert pace([(1, 1, 0, 60.5, 0.0)]) == (0, 0)


def test_labels_left_as_they_are_belong_to_the_whole_page() -> None:
    # Twelve on a page: one is clicked after 70 s, eleven are submitted 20 s later. Each of the two
    # stretches holds half of the eleven, so neither is a pause.
    rows = [(1, 1, 0, 70.0, 0.0), *((1, 1, n, 90.0, 0.0) for n in range(1, 12))]
    assert pace(rows) == (12, 90)
    lunch = [(1, 1, 0, 2000.0, 0.0), *((1, 1, n, 2020.0, 0.0) for n in range(1, 12))]
    assert pace(lunch) == (5.5, 20)


def test_a_changed_mind_is_one_decision() -> None:
    rows = [(1, 1, 7, 5.0, 0.0), (1, 1, 7, 9.0, 0.0), (1, 1, 8, 12.0, 0.0)]
    assert pace(rows) == (2, 12)


def test_time_between_pages_is_nobodys() -> None:
    rows = [(1, 1, 0, 10.0, 0.0), (1, 2, 1, 45.0, 40.0)]
    assert pace(rows) == (2, 15)


def test_pages_side_by_side_are_not_counted_twice() -> None:
    rows = [(1, 1, 0, 10.0, 0.0), (1, 2, 1, 20.0, 0.0), (1, 1, 2, 30.0, 0.0)]
    assert pace(rows) == (3, 30)


def test_a_clock_that_is_behind_is_left_out() -> None:
    assert pace([(1, 1, 0, 90.0, 100.0), (1, 1, 1, 99.0, 100.0)]) == (0, 0)


def test_labels_that_took_no_time_are_no_pace() -> None:
    """As those of a file: pages of six that begin and end at one moment. A page of real work
    beside them keeps its pace."""
    restored = [(1, page, 10 * page + n, 500.0, 500.0) for page in range(5) for n in range(6)]
    assert pace(restored) == (0, 0)
    assert pace([*restored, (1, 9, 99, 620.0, 600.0)]) == (1, 20)


def test_nothing_has_no_pace() -> None:
    found = pace_of(stretches_of(events_of([])))
    assert (found.decisions, found.per_hour) == (0, None)


@pytest.mark.parametrize("seed", range(8))
def test_the_same_by_a_plain_second_way(seed: int) -> None:
    rows = _random_rows(random.Random(seed))
    by_hand = {person: _plainly([row for row in rows if row[0] == person]) for person in (1, 2, 3)}
    found = pace_by_person(stretches_of(events_of(rows)))
    for person, (decisions, seconds) in by_hand.items():
        assert found[person].decisions == pytest.approx(decisions)
        assert found[person].active_s == pytest.approx(seconds)


def test_steps_add_up_to_the_whole() -> None:
    stretches = stretches_of(events_of(_random_rows(random.Random(99))))
    parts = pace_by_step(stretches, np.arange(0.0, 40_000.0, 700.0))
    whole = pace_of(stretches)
    assert sum(part.decisions for part in parts) == pytest.approx(whole.decisions)
    assert sum(part.active_s for part in parts) == pytest.approx(whole.active_s)


def _random_rows(dice: random.Random) -> list[Event]:
    """Three people with pages after one another: clicks, silent labels, changed minds, pauses."""
    rows: list[Event] = []
    lease = 0
    for person in (1, 2, 3):
        at = float(dice.randint(0, 500))
        for _ in range(12):
            lease += 1
            at += dice.randint(0, 200)
            leased = at
            for item in range(6):
                if dice.random() < 0.6:
                    at += dice.choice((2, 8, 59, 61, 400)) + dice.random()
                    rows.append((person, lease, item, at, leased))
            at += dice.randint(1, 30)
            silent = {0, 1, 2, 3, 4, 5} - {row[2] for row in rows if row[1] == lease}
            rows += [(person, lease, item, at, leased) for item in silent]
    return rows


def _plainly(rows: list[Event]) -> tuple[float, float]:
    """Lease by lease, moment by moment, for leases that follow one another."""
    decisions = seconds = 0.0
    for lease in {row[1] for row in rows}:
        page = [row for row in rows if row[1] == lease]
        last_said = {row[2]: row[3] for row in sorted(page, key=lambda row: row[3])}
        moments = sorted({row[3] for row in page})
        made = {moment: sum(at == moment for at in last_said.values()) for moment in moments}
        together = made[moments[-1]] if made[moments[-1]] > 1 else 0
        made[moments[-1]] -= together
        before = page[0][4]
        for moment in moments:
            here = made[moment] + together / len(moments)
            if 0 <= moment - before <= 60 * max(1, here):
                decisions += here
                seconds += moment - before
            before = moment
    return decisions, seconds
