"""A response with stacks waits once for what is missing, however many tiles a page has."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis

from apps.campaigns.models import Campaign
from apps.datasets.gateways.cutout_store import Part
from apps.datasets.services.cutouts import await_frames
from apps.proofreading.api import leases
from apps.voxels.frames import decode_frames
from tests.support.people import Team
from tests.support.work import client_of, lease


def test_the_whole_response_has_one_deadline(
    campaign: Campaign, team: Team, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    assert len(page["tiles"]) > 4  # streamed in more than one piece
    for key in redis_client.scan_iter("cutout:rest:*"):
        redis_client.delete(key)
    waits: list[float] = []

    def await_and_note(part: Part, keys: Sequence[str], patience_s: float) -> list[bytes]:
        waits.append(patience_s)
        return await_frames(part, keys, patience_s)

    monkeypatch.setattr(leases, "PATIENCE_S", 0.2)
    monkeypatch.setattr(leases, "await_frames", await_and_note)
    frames = list(decode_frames(b"".join(client.get(page["lease"]["stacks_url"]))))
    assert [frame.header["part"] for frame in frames] == ["pending"] * len(page["tiles"])
    assert waits[0] > 0
    assert waits[1:] == [0.0], "the first piece has waited for all"
