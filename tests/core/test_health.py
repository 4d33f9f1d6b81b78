"""`/healthz` says whether the services answer, to anybody, and nothing else."""

from __future__ import annotations

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
