"""Redis is away: whoever asks is told so, and no label is lost for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from apps.campaigns.models import Campaign, Lease
from apps.proofreading.models import Verdict
from tests.support.people import Team
from tests.support.work import client_of, lease, post, verdict


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that is ours and where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_lease_without_redis_is_told_as_a_sentence(
    campaign: Campaign, team: Team, settings: Any, deaf_port: int
) -> None:
    anna = client_of(team.anna)
    there = settings.REDIS_CLIENT_URL
    settings.REDIS_CLIENT_URL = f"redis://127.0.0.1:{deaf_port}/0"
    response = anna.post(f"/api/campaigns/{campaign.pk}/lease")
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/json"
    error = response.json()["error"]
    assert error["code"] == "unavailable"
    assert "does not answer just now" in error["sentence"]

    token = Lease.objects.get(user=team.anna).token
    item = campaign.items.order_by("position")[0].pk
    kept = post(anna, f"/api/leases/{token}/verdicts", {"verdicts": [verdict(item)]})
    assert kept.status_code == 200
    assert Verdict.objects.filter(late=False).count() == 1
    for name in ("tiles", "stacks"):
        assert anna.get(f"/api/leases/{token}/{name}").status_code == 503

    settings.REDIS_CLIENT_URL = there
    assert lease(anna, campaign)[0].header["lease"]["token"] == str(token)
