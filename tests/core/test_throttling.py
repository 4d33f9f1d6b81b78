"""A person may send so many requests a minute, and no more; labels do not depend on the count."""

from __future__ import annotations

import dataclasses
import socket
import time
from typing import Any

import pytest

from apps.core import throttling
from tests.support.people import Team
from tests.support.work import client_of


@pytest.fixture
def three_a_minute(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three requests a minute, in a minute that does not end during the test."""
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, requests_per_minute=3)
    now = time.time() // 60 * 60 + 15.0
    monkeypatch.setattr(throttling, "now_s", lambda: now)


def test_who_asks_too_often_is_told_when_to_go_on(three_a_minute: None, team: Team) -> None:
    anna, ben = client_of(team.anna), client_of(team.ben)
    assert [anna.get("/api/tokens").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = anna.get("/api/tokens")
    assert refused.headers["Retry-After"] == "45"
    assert refused.json()["error"]["code"] == "throttled"
    assert ben.get("/api/tokens").status_code == 200  # each person for themselves
    assert anna.get("/").status_code == 200  # pages are not requests of a program


def test_the_next_minute_begins_anew(
    three_a_minute: None, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = client_of(team.anna)
    assert [anna.get("/api/tokens").status_code for _ in range(4)][-1] == 429
    later = time.time() // 60 * 60 + 15.0 + 46
    monkeypatch.setattr(throttling, "now_s", lambda: later)
    assert anna.get("/api/tokens").status_code == 200


def test_nobody_is_held_up_where_redis_does_not_count(
    three_a_minute: None, team: Team, settings: Any
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settings.REDIS_CLIENT_URL = f"redis://127.0.0.1:{bound.getsockname()[1]}/0"
        anna = client_of(team.anna)
        assert {anna.get("/api/tokens").status_code for _ in range(5)} == {200}


def test_zero_is_no_limit(three_a_minute: None, team: Team, settings: Any) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, requests_per_minute=0)
    anna = client_of(team.anna)
    assert {anna.get("/api/tokens").status_code for _ in range(5)} == {200}
