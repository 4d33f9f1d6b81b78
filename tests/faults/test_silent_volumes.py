"""A volume whose server accepts connections and never answers holds up nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from apps.campaigns.models import Campaign
from apps.campaigns.selectors import items_of_page, requests_of
from apps.campaigns.services.paging import make_pages
from apps.datasets.domain import CutoutRequest
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.reading import SILENT_PLACE_TTL_S
from apps.datasets.services.rendering import render_cutouts
from apps.voxels.frames import Frame, decode_frames
from tests.support.campaigns import make_campaign, make_table
from tests.support.hanging_store import HangingStore, hanging_store
from tests.support.people import Team, make_team
from tests.support.volumes import PhantomFiles
from tests.support.waiting import wait_for
from tests.support.work import client_of, lease
from tests.support.workers import celery_worker

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_S = 8  # of a read: longer than the time after which one process alone waits on


@pytest.fixture
def store(phantom_files: PhantomFiles, redis_client: redis.Redis) -> Iterator[HangingStore]:
    with hanging_store(phantom_files.folder) as served:
        yield served


def behind(store: HangingStore, files: PhantomFiles) -> PhantomFiles:
    return replace(
        files,
        image=f"precomputed://{store.address}/image",
        cleft=f"precomputed://{store.address}/cleft",
    )


def is_open(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == Campaign.Status.OPEN


def forget_cutouts(client: redis.Redis) -> None:
    for key in client.scan_iter("cutout:*"):
        client.delete(key)


def of_first_page(campaign: Campaign) -> list[CutoutRequest]:
    return requests_of(campaign, items_of_page(campaign.pages.get(number=1)))


def stored(requests: Sequence[CutoutRequest]) -> list[Frame]:
    """The middle frames that are in Redis."""
    frames = cutout_store().frames("middle", [request.key for request in requests])
    return [next(decode_frames(frame)) for frame in frames if frame]


def test_the_tiles_of_a_healthy_volume_come_within_seconds(
    store: HangingStore, phantom_files: PhantomFiles, redis_client: redis.Redis, tmp_path: Path
) -> None:
    team = make_team()
    with celery_worker(tmp_path / "worker.log", SYNANNO_READ_TIMEOUT_S=str(LIMIT_S)):
        healthy = make_campaign(make_table(phantom_files, "healthy"), team, name="Healthy")
        silent = make_table(behind(store, phantom_files), "silent")
        store.hangs.set()
        forget_cutouts(redis_client)
        hung = [make_campaign(silent, team, name=f"Hung {n}", prepared=False) for n in (1, 2)]
        wait_for(lambda: bool(store.asked), "a read of the silent volume")
        client = client_of(team.anna)
        url = lease(client, healthy)[0].header["lease"]["tiles_url"]

        def all_there() -> bool:
            frames = decode_frames(client.get(url).content)
            return {frame.header["part"] for frame in frames} == {"middle"}

        wait_for(all_there, "the healthy page")
        assert not any(is_open(campaign) for campaign in hung), "their reads go on meanwhile"
        # A read that fails is a marked tile, and those of the same volume are marked with it.
        wait_for(lambda: all(is_open(campaign) for campaign in hung), "the other campaigns")
        assert {frame.header["part"] for frame in stored(of_first_page(hung[0]))} == {"unreadable"}


def test_a_silent_volume_is_read_once_and_then_left_alone_for_a_while(
    store: HangingStore,
    phantom_files: PhantomFiles,
    redis_client: redis.Redis,
    team: Team,
    settings: Any,
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, read_timeout_s=2)
    store.hangs.set()
    campaign = make_campaign(make_table(behind(store, phantom_files)), team, prepared=False)
    make_pages(campaign.pk)
    requests = requests_of(campaign, list(campaign.items.select_related("instance")))
    assert requests
    began = time.monotonic()
    assert render_cutouts(requests) == 0
    assert time.monotonic() - began >= 2
    waits = sorted(frame.header["retry_after_s"] for frame in stored(requests))
    # The place that found it out is the last to be tried again, so that it blocks no other.
    assert waits == [10] * (len(waits) - 1) + [SILENT_PLACE_TTL_S]
    asked = len(store.asked)
    forget = [key for key in redis_client.scan_iter("cutout:*") if b"down" not in key]
    redis_client.delete(*forget)
    assert render_cutouts(requests) == 0
    assert len(store.asked) == asked
    store.hangs.clear()
    forget_cutouts(redis_client)  # the marks run out
    assert render_cutouts(requests) == len(requests)


def test_annotators_are_told_the_kind_and_place_and_no_address(
    store: HangingStore,
    phantom_files: PhantomFiles,
    team: Team,
    redis_client: redis.Redis,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    files = phantom_files.copy_to(tmp_path / "volumes")
    for chunk in (files.folder / "cleft" / "8_8_32").iterdir():
        chunk.unlink()
    campaign = make_campaign(make_table(files), team)
    sentences = {frame.header["sentence"] for frame in stored(of_first_page(campaign))}
    assert sentences
    for sentence in sentences:
        assert sentence.startswith("The cleft volume near (")
        assert str(tmp_path) not in sentence
        assert "8_8_32" not in sentence
    assert str(files.folder / "cleft") in caplog.text
