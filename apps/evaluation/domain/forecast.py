"""When a campaign will be done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from apps.evaluation.domain.steps import DAY, HOUR
from apps.evaluation.domain.votes import (
    SETTLED,
    UNJUDGED,
    WAITING,
    Flags,
    Floats,
    Ints,
    Items,
)

FEWEST_DAYS = 5
FEWEST_HOURS = 24
FEWEST_VOTES = 50
RECENT_DAYS = 28
DAYS_FOR_WEEKENDS = 14
FEWEST_SETTLED = 30
RUNS = 1000
LONGEST_DAYS = 5 * 365
_LOW, _HIGH = 0.1, 0.9


class ForecastState(StrEnum):
    """Whether there is a forecast, or why not."""

    EMPTY = "empty"
    OK = "ok"
    DONE = "done"
    TOO_EARLY = "too_early"
    STALLED = "stalled"
    FAR = "far"


@dataclass(frozen=True)
class Forecast:
    """The end of the campaign in seconds since 1970: as likely before as after `median`, and in
    80 of 100 cases between `low` and `high`; `high` is None where it is years away."""

    state: ForecastState
    step: str = ""
    history: int = 0
    per_day: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None


def votes_needed(items: Items, passes: int) -> int:
    """About how many votes are still to be given before nothing waits.

    An item that waits with v votes is expected to need as many in all as those settled with more
    than v did on average; or, while fewer than 30 are known, the passes of the campaign, at least
    v + 1. What is disputed waits for experts and is not counted.
    """
    settled = items.votes[items.state == SETTLED]
    waiting = items.votes[(items.state == WAITING) | (items.state == UNJUDGED)]
    needed = 0.0
    for votes, how_many in enumerate(np.bincount(waiting) if len(waiting) else []):
        longer = settled[settled > votes]
        enough = len(longer) >= FEWEST_SETTLED
        in_all = float(longer.mean()) if enough else max(passes, votes + 1)
        needed += how_many * (in_all - votes)
    return round(needed)


def forecast_end(at: Floats, needed: int, now: float, rng: np.random.Generator) -> Forecast:
    """When `needed` votes more will have been given, judged from when votes were given, `at`.

    A bootstrap. The past is cut into days (hours while there are fewer than five whole days); only
    whole ones count, idle ones included, of the last four weeks. In each of 1000 runs the past is
    first drawn anew with replacement, which says how little is known of the true rate, and then
    each coming day is drawn from it, which says how days differ. From two weeks on, Saturdays and
    Sundays are drawn from such days. The interval holds the middle 80 % of the runs; after few
    and uneven days it is a little narrow (76 of 100 ends fell into it after twelve days). There
    is none after fewer than 24 whole hours or 50 votes. Who resumes after four idle weeks begins
    anew: what was before says nothing of the days to come.
    """
    if needed <= 0:
        return Forecast(ForecastState.DONE)
    at = _since_resumed(at)
    step, past, first = _history(at, now)
    name = "day" if step == DAY else "hour"
    if len(at) < FEWEST_VOTES or len(past) < (FEWEST_DAYS if step == DAY else FEWEST_HOURS):
        return Forecast(ForecastState.TOO_EARLY, name, len(past))
    per_day = float(past.mean()) * DAY / step
    if per_day == 0:
        return Forecast(ForecastState.STALLED, name, len(past), per_day)
    if needed / per_day > LONGEST_DAYS:
        return Forecast(ForecastState.FAR, name, len(past), per_day)
    ends = _ends(past, _kinds(first, len(past), step), needed, now, step, rng)
    low, median, high = np.quantile(ends, (_LOW, 0.5, _HIGH), method="inverted_cdf")
    if not np.isfinite(median):
        return Forecast(ForecastState.FAR, name, len(past), per_day)
    return Forecast(
        ForecastState.OK,
        name,
        len(past),
        per_day,
        median=float(median),
        low=float(low),
        high=float(high) if np.isfinite(high) else None,
    )


def _since_resumed(at: Floats) -> Floats:
    """The votes since work began, or began again after four idle weeks; in order of time."""
    at = np.sort(at)
    resumed = np.flatnonzero(np.diff(at) >= RECENT_DAYS * DAY)
    return at[resumed[-1] + 1 :] if len(resumed) else at


def _history(at: Floats, now: float) -> tuple[int, Ints, int]:
    """The step, the votes in each whole one of the recent past, and the number of the first."""
    if not len(at):
        return HOUR, np.zeros(0, dtype=np.int64), 0
    begin = float(at[0])
    step = DAY if _whole(begin, now, DAY) >= FEWEST_DAYS else HOUR
    last = int(now // step)
    first = max(_first(begin, step), last - RECENT_DAYS * DAY // step)
    numbers = (at // step).astype(np.int64) - first
    recent = numbers[(numbers >= 0) & (numbers < last - first)]
    return step, np.bincount(recent, minlength=max(last - first, 0)).astype(np.int64), first


def _first(begin: float, step: int) -> int:
    """The step in which work began. It counts as a whole one: people begin in the morning."""
    return int(begin // step)


def _whole(begin: float, now: float, step: int) -> int:
    return int(now // step) - _first(begin, step)


def _kinds(first: int, length: int, step: int) -> Flags:
    """Which of the past steps are weekends; none while the past is too short to tell."""
    if step != DAY or length < DAYS_FOR_WEEKENDS:
        return np.zeros(length, dtype=bool)
    return _is_weekend(np.arange(first, first + length))


def _is_weekend(days: Ints) -> Flags:
    """Of days counted from 1970-01-01, a Thursday."""
    return np.asarray((days + 3) % 7 >= 5)


def _ends(
    past: Ints, weekend: Flags, needed: int, now: float, step: int, rng: np.random.Generator
) -> Floats:
    """The end of each run in seconds since 1970; infinite where it is years away."""
    pools = {
        kind: rng.choice(past[weekend == kind], size=(RUNS, int((weekend == kind).sum())))
        for kind in (False, True)
        if (weekend == kind).any()
    }
    knows_weekends = True in pools
    left = np.full(RUNS, float(needed))
    ends = np.full(RUNS, np.inf)
    begin, today = now, int(now // step)
    rows = np.arange(RUNS)
    for ahead in range(LONGEST_DAYS * DAY // step):
        is_weekend = knows_weekends and bool(_is_weekend(np.array([today + ahead]))[0])
        pool = pools[is_weekend]
        drawn = pool[rows, rng.integers(pool.shape[1], size=RUNS)].astype(float)
        end = (today + ahead + 1) * step
        drawn *= (end - begin) / step  # of today only the rest is left
        finishing = np.isinf(ends) & (drawn >= left)
        ends[finishing] = begin + (end - begin) * left[finishing] / drawn[finishing]
        left -= drawn
        begin = end
        if np.isfinite(ends).all():
            break
    return ends
