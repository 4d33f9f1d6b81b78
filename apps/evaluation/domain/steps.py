"""Steps of time for series: hours, days or weeks (UTC), so that a series stays legible."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from apps.evaluation.domain.votes import Floats

HOUR, DAY, WEEK = 3600, 86_400, 604_800
_MONDAY = 4 * DAY  # 1970 began on a Thursday
MOST_STEPS = 1_000  # of a series; one click of a wrong clock must not make millions
_NAMES = {HOUR: "hour", DAY: "day", WEEK: "week"}


@dataclass(frozen=True)
class Steps:
    """`edges` are seconds since 1970, one more than there are steps."""

    seconds: int
    edges: Floats

    @property
    def name(self) -> str:
        return _NAMES[self.seconds]


def steps_over(first: float, last: float, seconds: int | None = None) -> Steps:
    """Steps that hold both times: of an hour up to three days, of a day up to half a year, then
    of a week; or of `seconds`. Where there would be more than MOST_STEPS, the latest of them."""
    if seconds is None:
        span = last - first
        seconds = HOUR if span <= 3 * DAY else DAY if span <= 183 * DAY else WEEK
    offset = _MONDAY if seconds == WEEK else 0
    begin = math.floor((first - offset) / seconds)
    end = math.floor((last - offset) / seconds) + 1
    begin = max(begin, end - MOST_STEPS)
    return Steps(seconds, np.arange(begin, end + 1, dtype=float) * seconds + offset)
