"""The forecast: exact where days are alike, and right as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from apps.evaluation.domain.forecast import (
    FEWEST_VOTES,
    Forecast,
    ForecastState,
    forecast_end,
    votes_needed,
)
from apps.evaluation.domain.steps import DAY, HOUR, MOST_STEPS, WEEK, steps_over
from apps.evaluation.domain.votes import Floats, Items
from apps.evaluation.services.bodies import forecast_body

MONDAY = 4 * DAY + 2900 * WEEK


def given(counts: list[int], step: int = DAY, begin: int = MONDAY) -> Floats:
    """Times of so many votes in each step."""
    return np.concatenate(
        [
            begin + n * step + np.linspace(0, step, count, endpoint=False)
            for n, count in enumerate(counts)
        ]
        or [np.zeros(0)]
    )


def forecast(at: Floats, needed: int, now: float, seed: int = 1) -> Forecast:
    return forecast_end(at, needed, now, np.random.default_rng(seed))


def test_equal_days_give_the_one_possible_end() -> None:
    now = MONDAY + 8 * DAY
    found = forecast(given([100] * 8), 250, now)
    assert found.state is ForecastState.OK
    assert found.per_day == 100
    assert [found.low, found.median, found.high] == pytest.approx([now + 2.5 * DAY] * 3)


def test_of_today_only_the_rest_is_left() -> None:
    now = MONDAY + 8.75 * DAY
    found = forecast(given([100] * 8), 125, now)
    assert found.median == pytest.approx(MONDAY + 10 * DAY)


def test_a_young_campaign_is_judged_by_hours() -> None:
    now = MONDAY + 30 * HOUR
    found = forecast(given([10] * 30, HOUR), 95, now)
    assert (found.step, found.history) == ("hour", 30)
    assert found.median == pytest.approx(now + 9.5 * HOUR)


def test_weekends_are_drawn_from_weekends() -> None:
    # Three weeks of 100 votes a working day. From Friday evening, 150 more end on Tuesday noon.
    weeks = [100] * 5 + [0] * 2
    now = MONDAY + 19 * DAY  # Saturday, 0:00
    found = forecast(given((weeks * 3)[:19]), 150, now)
    assert [found.low, found.median, found.high] == pytest.approx([MONDAY + 22.5 * DAY] * 3)


def test_the_interval_is_that_of_sums_of_days() -> None:
    """Beside the normal approximation: needed / mean, widened by the days' own scatter and by how
    little ten days say of the mean."""
    rng = np.random.default_rng(5)
    days = rng.poisson(100, 13).tolist()
    now = MONDAY + 13 * DAY
    found = forecast(given(days), 2000, now)
    mean, variance = float(np.mean(days)), float(np.var(days))
    length = 2000 / mean
    deviation = np.sqrt(variance * length / mean**2 + variance * length**2 / (13 * mean**2))
    assert found.median is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.median - now) / DAY == pytest.approx(length, abs=0.3)
    assert (found.high - found.low) / DAY == pytest.approx(2 * 1.2816 * deviation, rel=0.25)


def test_four_times_in_five_the_end_is_within_the_interval() -> None:
    rng = np.random.default_rng(11)
    hits = 0
    for run in range(60):
        days = rng.negative_binomial(4, 4 / 84, 60).tolist()  # uneven: mean 80, variance 1680
        now = MONDAY + 12 * DAY
        upto = [0, *np.cumsum(days[12:]).tolist()]
        end = now + DAY * float(np.interp(1000, upto, range(len(upto))))
        found = forecast(given(days[:12]), 1000, now, run)
        assert found.low is not None
        hits += found.low <= end <= (found.high or np.inf)
    assert 40 <= hits <= 57


@pytest.mark.parametrize(
    ("counts", "needed", "days", "state"),
    [
        ([100] * 8, 0, 8, ForecastState.DONE),
        ([], 100, 8, ForecastState.TOO_EARLY),
        ([5] * 8, 100, 8, ForecastState.TOO_EARLY),
        ([100], 100, 0.5, ForecastState.TOO_EARLY),
        ([100] * 8, 100, 60, ForecastState.STALLED),
        ([10] * 8, 1_000_000, 8, ForecastState.FAR),
    ],
)
def test_where_there_is_no_forecast_it_says_why(
    counts: list[int], needed: int, days: float, state: ForecastState
) -> None:
    found = forecast(given(counts), needed, MONDAY + days * DAY)
    assert (found.state, found.median, found.low, found.high) == (state, None, None, None)


def test_who_resumes_after_four_idle_weeks_begins_anew() -> None:
    before = given([100] * 8)
    resumed = MONDAY + 60 * DAY + 9 * HOUR
    today = np.concatenate([before, given([40] * 3, HOUR, int(resumed))])
    found = forecast(today, 500, resumed + 3 * HOUR)
    assert (found.state, found.step, found.history) == (ForecastState.TOO_EARLY, "hour", 3)
    eight_days = np.concatenate([before, given([50] * 8, DAY, MONDAY + 60 * DAY)])
    now = MONDAY + 68 * DAY
    found = forecast(eight_days, 200, now)
    assert [found.low, found.median, found.high] == pytest.approx([now + 4 * DAY] * 3)


def test_idle_days_of_less_than_four_weeks_count() -> None:
    found = forecast(given([100] * 10 + [0] * 10), 100, MONDAY + 20 * DAY)
    assert (found.history, found.per_day) == (20, 50)


def test_a_sentence_says_what_a_forecast_needs() -> None:
    said = forecast_body(forecast(given([5] * 8), 100, MONDAY + 8 * DAY))["sentence"]
    assert f"{FEWEST_VOTES} votes" in said


def items_of(states: list[tuple[int, int]]) -> Items:
    """Items of a state (0 unjudged, 1 waiting, 2 settled, 3 disputed) and a number of votes."""
    n = len(states)
    zeros = np.zeros(n)
    state, votes = (np.array([row[i] for row in states], dtype=np.int64) for i in (0, 1))
    label = np.zeros(n, dtype=np.int64)
    return Items(np.arange(n), state, label, votes, zeros.astype(bool), zeros, np.zeros((n, 3)))


def test_needed_votes_while_little_is_settled_are_those_of_the_passes() -> None:
    items = items_of([(0, 0), (0, 0), (1, 2), (1, 5), (2, 3), (3, 3)])
    assert votes_needed(items, passes=3) == 3 + 3 + 1 + 1


def test_needed_votes_are_learned_from_what_is_settled() -> None:
    settled = [(2, 2)] * 60 + [(2, 5)] * 30
    # Unjudged: as many as all on average, (60 * 2 + 30 * 5) / 90 = 3. One that waits with two
    # votes: as many as those that needed more than two, 5.
    assert votes_needed(items_of([*settled, (0, 0), (1, 2)]), passes=2) == 3 + (5 - 2)


@pytest.mark.parametrize(
    ("span", "name"), [(3 * HOUR, "hour"), (4 * DAY, "day"), (200 * DAY, "week")]
)
def test_steps_hold_both_ends(span: float, name: str) -> None:
    first, last = MONDAY + 5.2 * DAY, MONDAY + 5.2 * DAY + span
    steps = steps_over(first, last)
    assert steps.name == name
    assert steps.edges[0] <= first < steps.edges[1]
    assert steps.edges[-2] <= last < steps.edges[-1]
    assert (steps.edges[0] - MONDAY) % steps.seconds == 0


def test_of_very_many_steps_the_latest_are_kept() -> None:
    now = MONDAY + 5.2 * DAY
    steps = steps_over(-62_135_000_000.0, now)  # since the year 1
    assert len(steps.edges) == MOST_STEPS + 1
    assert steps.edges[-2] <= now < steps.edges[-1]
