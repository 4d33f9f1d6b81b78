"""How often something may be done: a person's requests, attempts to log in."""

from __future__ import annotations

from functools import lru_cache
from time import time as now_s
from typing import TYPE_CHECKING

import redis
import structlog
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # the module of the views imports this one
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)

WINDOW_S = 60


class PersonThrottle(BaseThrottle):
    """So many requests a person in each minute, counted in Redis.

    REST framework's own throttle keeps the time of every request in a list that it reads and
    writes back, in which two processes lose each other's; this is one counter, raised by one
    command. Without Redis nobody is held up: labels must be kept all the same.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        most = settings.ENVIRONMENT.requests_per_minute
        if not most or request.user.pk is None:
            return True
        return count(f"requests:{request.user.pk}") <= most

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return until_next_s()


def until_next_s(window_s: int = WINDOW_S) -> float:
    """Seconds until the next window of so many seconds begins, and with it the next count."""
    return window_s - now_s() % window_s


def count(what: str, window_s: int = WINDOW_S, by: int = 1) -> int:
    """How often this has happened in the present window, now included; 0 where Redis does not
    say. A negative `by` takes some back."""
    name = f"{what}:{int(now_s() // window_s)}"
    pipeline = _client(settings.REDIS_CLIENT_URL).pipeline(transaction=False)
    pipeline.incrby(name, by)
    pipeline.expire(name, 2 * window_s)
    try:
        return int(pipeline.execute()[0])
    except redis.RedisError as error:
        log.warning("not_counted", what=what, reason=f"{type(error).__name__}: {error}")
        return 0


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    """One pool of connections a process; nobody waits long for a count."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
