"""Damaged chunks, killed processes, a full or emptied Redis: pages come all the same."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import redis
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.campaigns.selectors import requests_of
from apps.campaigns.services.campaigns import STUCK_AFTER, resume_preparations
from apps.datasets.domain import CutoutRequest
from apps.datasets.gateways.cutout_store import MAX_ATTEMPTS
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.rendering import render_cutouts
from apps.voxels.frames import RenderedCutout, decode_frames
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import Team, make_team
from tests.support.volumes import PhantomFiles
from tests.support.waiting import wait_for
from tests.support.work import client_of, lease
from tests.support.workers import celery_worker

MIB = 2**20


def is_open(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == Campaign.Status.OPEN


def pool_processes(worker: subprocess.Popen[bytes]) -> list[int]:
    return [child.pid for child in psutil.Process(worker.pid).children()]


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_would_kill_its_reader_is_marked_and_the_others_come(
    phantom_files: PhantomFiles, redis_client: redis.Redis, tmp_path: Path
) -> None:
    files = phantom_files.copy_to(tmp_path / "volumes")
    damaged = sorted((files.folder / "cleft" / "8_8_32").iterdir())[0]
    # CloudVolume's decoder would run beyond the end of these bytes and end its process.
    damaged.write_bytes(gzip.compress(b"\xff" * 64))
    team = make_team()
    with celery_worker(tmp_path / "worker.log", SYNANNO_READ_TIMEOUT_S="2"):
        campaign = make_campaign(make_table(files), team, prepared=False)
        wait_for(lambda: is_open(campaign))
        client = client_of(team.anna)
        url = lease(client, campaign)[0].header["lease"]["tiles_url"]

        def parts() -> list[str]:
            frames = decode_frames(client.get(url).content)
            return [frame.header["part"] for frame in frames]

        wait_for(lambda: "pending" not in parts())
        shown = parts()
    assert "unreadable" in shown
    assert "middle" in shown


@pytest.mark.django_db(transaction=True)
def test_killed_worker_processes_finish_the_preparation(
    phantom_files: PhantomFiles, redis_client: redis.Redis, tmp_path: Path
) -> None:
    with celery_worker(tmp_path / "worker.log", SYNANNO_READ_TIMEOUT_S="2") as worker:
        campaign = make_campaign(make_table(phantom_files), make_team(), prepared=False)
        for process in pool_processes(worker):
            os.kill(process, signal.SIGKILL)
        wait_for(lambda: is_open(campaign))
        assert campaign.pages.count() > 1
        assert campaign.items.count() == campaign.table.row_count


@pytest.mark.django_db(transaction=True)
def test_a_preparation_lost_with_redis_is_sent_again(
    phantom_files: PhantomFiles, redis_client: redis.Redis
) -> None:
    campaign = make_campaign(make_table(phantom_files), make_team(), prepared=False)
    assert redis_client.llen("default") == 1
    redis_client.delete("default")
    assert resume_preparations(timezone.now()) == 0  # it may still be on its way
    assert resume_preparations(timezone.now() + STUCK_AFTER + timedelta(seconds=1)) == 1
    assert redis_client.llen("default") == 1
    assert campaign.status == Campaign.Status.PREPARING


@pytest.fixture
def request_to_render(campaign: Campaign, redis_client: redis.Redis) -> CutoutRequest:
    """A cutout that is not in Redis."""
    for key in redis_client.scan_iter("cutout:*"):
        redis_client.delete(key)
    return requests_of(campaign, list(campaign.items.select_related("instance")[:1]))[0]


def test_a_cutout_that_ends_its_readers_is_given_up(
    request_to_render: CutoutRequest, redis_client: redis.Redis
) -> None:
    store, request = cutout_store(), request_to_render
    for _ in range(MAX_ATTEMPTS):  # two processes claimed it and died; their claims ran out
        assert store.claim(request.key, 5) is not None
        redis_client.delete(f"cutout:claim:{request.key}")
    assert render_cutouts([request]) == 0
    (frame,) = decode_frames(store.frames("middle", [request.key])[0] or b"")
    assert frame.header["part"] == "unreadable"
    assert "damaged" in frame.header["sentence"]


def test_a_claimed_cutout_is_left_to_its_reader(request_to_render: CutoutRequest) -> None:
    store, request = cutout_store(), request_to_render
    assert store.claim(request.key, 5) == 1
    assert render_cutouts([request]) == 0
    assert store.frames("middle", [request.key]) == [None]


def test_cutouts_never_fill_redis_and_never_push_out_jobs(
    redis_client: redis.Redis, team: Team
) -> None:
    before = redis_client.config_get("maxmemory", "maxmemory-policy")
    limit = redis_client.info("memory")["used_memory"] + 24 * MIB
    redis_client.config_set("maxmemory", limit)
    try:
        redis_client.rpush("default", "a job that nobody has taken yet")
        store = cutout_store()
        for number in range(200):
            store.put(f"filler-{number}", RenderedCutout(b"m" * (MIB // 8), b"r" * (MIB // 4)))
        assert redis_client.info("memory")["used_memory"] < limit + MIB
        assert redis_client.llen("default") == 1
        assert store.frames("middle", ["filler-199"]) == [b"m" * (MIB // 8)]
        # Redis looks at a few at a time for the oldest: one of them may stay by chance.
        oldest = store.frames("middle", [f"filler-{number}" for number in range(40)])
        assert oldest.count(None) >= 30
    finally:
        for name, value in before.items():
            redis_client.config_set(str(name), str(value))
