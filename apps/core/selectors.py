"""Whether the services that everything stands on answer."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection

OK = "ok"


def service_states() -> dict[str, str]:
    """For each service `ok`, or the kind of its failure in a word."""
    return {"database": _database(), "redis": _redis()}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__
    return OK


def _redis() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_CLIENT_URL, socket_connect_timeout=2, socket_timeout=2
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return type(error).__name__
    finally:
        client.close()
    return OK
