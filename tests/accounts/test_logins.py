"""Passwords can be tried a few times, and then after a while again; others are not kept out."""

from __future__ import annotations

import dataclasses
import socket
import time
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.test import Client

from apps.accounts.logins import address_of
from apps.accounts.models import User
from apps.core import throttling
from tests.support.people import PASSWORD, Team

HOME, CAFE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def three_attempts(team: Team, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three wrong passwords, in ten minutes that do not end during the test; nothing counted."""
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, login_attempts=3)
    at_time(monkeypatch, 200)
    client = redis.Redis.from_url(django_settings.REDIS_CLIENT_URL)
    for key in client.scan_iter("logins:*"):
        client.delete(key)
    client.close()


def at_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """So many seconds after the ten minutes began."""
    now = time.time() // 600 * 600 + seconds
    monkeypatch.setattr(throttling, "now_s", lambda: now)


def log_in(username: str, password: str, address: str = HOME, where: str = "/login/") -> Any:
    form = {"username": username, "password": password}
    return Client().post(where, form, REMOTE_ADDR=address)


def statuses(username: str, times: int, address: str = HOME) -> list[int]:
    return [log_in(username, "wrong", address).status_code for _ in range(times)]


def test_after_some_wrong_passwords_one_is_told_how_long_to_wait(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statuses("anna", 3) == [200] * 3
    refused = log_in("anna", PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "400")
    assert "Try again in 7 minutes" in refused.content.decode()
    at_time(monkeypatch, 601)
    assert log_in("anna", PASSWORD).status_code == 302


def test_who_tries_the_password_of_another_keeps_nobody_out(team: Team) -> None:
    assert statuses("anna", 5, CAFE) == [200, 200, 200, 429, 429]
    assert log_in("anna", PASSWORD, HOME).status_code == 302
    assert log_in("ben", PASSWORD, CAFE).status_code == 302


def test_one_password_is_not_tried_on_many_accounts(team: Team) -> None:
    for number in range(10):
        statuses(f"nobody{number}", 3, CAFE)
    assert log_in("anna", PASSWORD, CAFE).status_code == 429
    assert log_in("anna", PASSWORD, HOME).status_code == 302


def test_the_right_password_takes_the_wrong_ones_back(team: Team) -> None:
    for _ in range(12):
        assert statuses("anna", 2) == [200, 200]
        assert log_in("anna", PASSWORD).status_code == 302


def test_the_admin_has_the_same_door(team: Team) -> None:
    User.objects.filter(pk=team.manager.pk).update(is_superuser=True)
    for _ in range(3):
        log_in("manager", "wrong", where="/admin/login/")
    refused = log_in("manager", PASSWORD, where="/admin/login/")
    assert "Too many wrong passwords" in refused.content.decode()
    assert log_in("manager", PASSWORD, CAFE, where="/admin/login/").status_code == 302


def test_nobody_is_kept_out_where_redis_does_not_count(team: Team, settings: Any) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settings.REDIS_CLIENT_URL = f"redis://127.0.0.1:{bound.getsockname()[1]}/0"
        assert statuses("anna", 5) == [200] * 5
        assert log_in("anna", PASSWORD).status_code == 302


def test_zero_is_no_limit(team: Team, settings: Any) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, login_attempts=0)
    assert statuses("anna", 5) == [200] * 5


@pytest.mark.parametrize(
    ("https", "remote", "forwarded", "address"),
    [
        (False, HOME, f"{CAFE}", HOME),  # anybody can say so
        (True, "127.0.0.1", f"203.0.113.1, {CAFE}", CAFE),  # the proxy adds the last
        (True, HOME, "", HOME),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (False, "", "", ""),
        (True, "127.0.0.1", "anything", ""),
    ],
)
def test_where_a_request_comes_from(
    settings: Any, https: bool, remote: str, forwarded: str, address: str
) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, https=https)
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": remote}
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert address_of(request) == address
