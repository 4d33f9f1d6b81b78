"""One Redis address, in the two spellings that its clients want.

redis-py and Django's cache write a unix socket as ``unix:///path?db=0``; Celery writes the same
server as ``redis+socket:///path?virtual_host=0``. Addresses over TCP are the same for both. A
setting holds one of them; these functions give each client its own.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

TCP_SCHEMES = frozenset({"redis", "rediss"})
SOCKET_SCHEMES = frozenset({"unix", "redis+socket"})


class RedisUrlError(ValueError):
    """A Redis address cannot be used; the message says why."""


def celery_url(redis_url: str) -> str:
    """The address for Celery's broker and result backend.

    Raises RedisUrlError if the address is not one of a Redis server.
    """
    parts = _split(redis_url)
    if parts.scheme in TCP_SCHEMES:
        return redis_url
    return _socket_url(parts, scheme="redis+socket", database_key="virtual_host")


def client_url(redis_url: str) -> str:
    """The address for redis-py and Django's cache.

    Raises RedisUrlError if the address is not one of a Redis server.
    """
    parts = _split(redis_url)
    if parts.scheme in TCP_SCHEMES:
        return redis_url
    return _socket_url(parts, scheme="unix", database_key="db")


def _split(redis_url: str) -> SplitResult:
    parts = urlsplit(redis_url)
    if parts.scheme not in TCP_SCHEMES | SOCKET_SCHEMES:
        raise RedisUrlError(
            f"REDIS_URL begins with {parts.scheme or 'no scheme'!r}: "
            "use redis://, rediss://, unix:// or redis+socket://."
        )
    if parts.scheme in SOCKET_SCHEMES and (parts.hostname or not parts.path):
        raise RedisUrlError(
            "REDIS_URL names a unix socket without the path of its file, as in unix:///run/redis.sock."
        )
    if parts.scheme in TCP_SCHEMES and not parts.hostname:
        raise RedisUrlError("REDIS_URL names no host.")
    return parts


def _socket_url(parts: SplitResult, *, scheme: str, database_key: str) -> str:
    """The address of a unix socket, its database number under the name that the client knows."""
    query = dict(parse_qsl(parts.query))
    numbers = [query.pop(key) for key in ("db", "virtual_host") if key in query]
    number = numbers[0] if numbers else "0"
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"{scheme}://{login}{parts.path}?{urlencode({database_key: number, **query})}"
