"""How many requests a person may send."""

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
        return _count(request.user.pk) <= most

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return WINDOW_S - now_s() % WINDOW_S


def _count(user_id: int) -> int:
    """How many requests this person has sent in this minute; 0 where Redis does not say."""
    name = f"requests:{user_id}:{int(now_s() // WINDOW_S)}"
    pipeline = _client(settings.REDIS_CLIENT_URL).pipeline(transaction=False)
    pipeline.incr(name)
    pipeline.expire(name, 2 * WINDOW_S)
    try:
        return int(pipeline.execute()[0])
    except redis.RedisError as error:
        log.warning("requests_not_counted", reason=f"{type(error).__name__}: {error}")
        return 0


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    """One pool of connections a process; nobody waits long for a count."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
