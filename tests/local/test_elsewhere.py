"""Servers that run elsewhere and cannot be used are told in a sentence, without passwords."""

from __future__ import annotations

import pytest

from synanno_server.env import read_environment
from synanno_server.local.elsewhere import check_database, check_redis
from synanno_server.local.errors import StartError


def test_servers_that_answer_are_fine() -> None:
    environment = read_environment()
    check_database(environment.database_url)
    check_redis(environment.redis_url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://me:secret@127.0.0.1:1/name", "DATABASE_URL cannot be used"),
        ("postgresql://me:sec/ret@127.0.0.1:5432/name", "DATABASE_URL is no address"),
        ("nonsense", "DATABASE_URL is no address"),
    ],
)
def test_a_database_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(StartError, match=words) as refused:
        check_database(url)
    assert "sec" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:secret@127.0.0.1:1/0", "REDIS_URL cannot be used"),
        ("http://127.0.0.1", "REDIS_URL is no address"),
    ],
)
def test_a_redis_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(StartError, match=words) as refused:
        check_redis(url)
    assert "secret" not in str(refused.value)
