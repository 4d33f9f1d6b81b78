"""One Redis address in the spellings of Celery and of redis-py."""

from __future__ import annotations

import pytest
import redis

from synanno_server.redis_urls import RedisUrlError, celery_url, client_url


@pytest.mark.parametrize("address", ["redis://cache:6379/2", "rediss://:pass@cache:6380/0"])
def test_an_address_over_tcp_is_the_same_for_both(address: str) -> None:
    assert celery_url(address) == address
    assert client_url(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "unix://:p%40ss@/run/redis.sock?db=3",
        "redis+socket://:p%40ss@/run/redis.sock?virtual_host=3",
    ],
)
def test_either_spelling_of_a_socket_gives_each_client_its_own(address: str) -> None:
    assert client_url(address) == "unix://:p%40ss@/run/redis.sock?db=3"
    assert celery_url(address) == "redis+socket://:p%40ss@/run/redis.sock?virtual_host=3"


def test_a_socket_without_a_database_number_means_database_0() -> None:
    assert client_url("unix:///run/redis.sock") == "unix:///run/redis.sock?db=0"
    assert celery_url("unix:///run/redis.sock") == "redis+socket:///run/redis.sock?virtual_host=0"


def test_redis_py_reads_back_what_was_meant() -> None:
    address = "unix://:p%40ss@/run/redis.sock?db=3"
    pool = redis.Redis.from_url(client_url(address)).connection_pool
    assert pool.connection_kwargs["path"] == "/run/redis.sock"
    assert pool.connection_kwargs["db"] == 3
    assert pool.connection_kwargs["password"] == "p@ss"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("amqp://host", "begins with 'amqp'"),
        ("localhost", "begins with 'no scheme'"),
        ("unix://run/redis.sock", "without the path"),
        ("unix://", "without the path"),
        ("redis:///0", "names no host"),
    ],
)
def test_what_is_not_a_redis_address_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(RedisUrlError, match=reason):
        client_url(address)
    with pytest.raises(RedisUrlError, match=reason):
        celery_url(address)
