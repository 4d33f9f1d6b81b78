"""Servers that run elsewhere: whether they answer, before all else is started."""

from __future__ import annotations

from typing import Any

import dj_database_url
import psycopg2
import redis

from synanno_server.local.errors import StartError
from synanno_server.redis_urls import RedisUrlError, client_url

PATIENCE_S = 5


def check_database(url: str) -> None:
    """Connect once to the database that DATABASE_URL names. Raises StartError."""
    connect(url).close()


def connect(url: str) -> Any:
    """A connection to a database.

    Raises StartError; the message never holds the password.
    """
    try:
        given = dj_database_url.parse(url)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError) as error:
        raise StartError(
            "DATABASE_URL is no address of a database. It is postgresql://user:password@host:5432/"
            "name; signs other than letters and digits in the password are written as %XX."
        ) from error
    try:
        return psycopg2.connect(
            dbname=given["NAME"],
            user=given["USER"] or None,
            password=given["PASSWORD"] or None,
            host=given["HOST"] or None,
            port=given["PORT"] or None,
            connect_timeout=PATIENCE_S,
        )
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise StartError(f"The database of DATABASE_URL cannot be used: {reason}") from error


def check_redis(url: str) -> None:
    """Ask the server that REDIS_URL names for a sign of life.

    Raises StartError; the message never holds the password.
    """
    try:
        client = redis.Redis.from_url(
            client_url(url), socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S
        )
    except (RedisUrlError, ValueError) as error:
        raise StartError(f"REDIS_URL is no address of a Redis server: {error}") from error
    try:
        client.ping()
    except redis.RedisError as error:
        raise StartError(f"The server of REDIS_URL cannot be used: {error}") from error
    finally:
        client.close()
