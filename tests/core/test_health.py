"""`/healthz` says whether the services answer, to anybody, and nothing else."""

from __future__ import annotations

import socket
import time

import pytest
from django.test import Client, override_settings


@pytest.mark.django_db
def test_all_is_well(client: Client) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "services": {"database": "ok", "redis": "ok"}}


@pytest.mark.django_db
def test_a_lost_redis_is_told(client: Client) -> None:
    with override_settings(REDIS_CLIENT_URL="redis://127.0.0.1:1/0"):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["services"] == {"database": "ok", "redis": "ConnectionError"}


@pytest.mark.django_db
def test_a_redis_that_says_nothing_is_told_in_time(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        with override_settings(REDIS_CLIENT_URL=url):
            response = client.get("/healthz")
    assert time.monotonic() - began < 8
    assert response.status_code == 503
    assert response.json()["services"] == {"database": "ok", "redis": "TimeoutError"}
