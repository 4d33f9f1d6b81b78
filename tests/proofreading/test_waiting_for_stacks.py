"""A response with stacks waits once for what is missing, however many tiles a page has."""

from __future__ import annotations

import time

import redis

from apps.campaigns.models import Campaign
from apps.campaigns.services.cutouts import PATIENCE_S
from apps.voxels.frames import decode_frames
from tests.support.people import Team
from tests.support.work import client_of, lease


def test_the_whole_response_has_one_deadline(
    campaign: Campaign, team: Team, redis_client: redis.Redis
) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    assert len(page["tiles"]) > 4  # streamed in more than one piece
    for key in redis_client.scan_iter("cutout:rest:*"):
        redis_client.delete(key)
    began = time.monotonic()
    frames = list(decode_frames(b"".join(client.get(page["lease"]["stacks_url"]))))
    assert [frame.header["part"] for frame in frames] == ["pending"] * len(page["tiles"])
    assert time.monotonic() - began < PATIENCE_S + 2
