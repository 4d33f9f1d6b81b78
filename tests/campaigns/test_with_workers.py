"""Opening a campaign and turning pages with a real Celery worker and a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import transaction
from pytest_django import DjangoDbBlocker

from apps.campaigns.models import Campaign, Page
from apps.campaigns.selectors import items_of_page, requests_of
from apps.datasets.services.cutouts import cutout_store
from apps.voxels.frames import decode_frames
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import Team, make_team
from tests.support.volumes import PhantomFiles
from tests.support.waiting import wait_for
from tests.support.work import client_of, lease
from tests.support.workers import celery_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def one_worker(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    with (
        django_db_blocker.unblock(),
        celery_worker(tmp_path_factory.mktemp("worker") / "worker.log"),
    ):
        yield


@pytest.fixture
def worker(one_worker: None, transactional_db: None, redis_client: redis.Redis) -> None:
    """A worker, an empty database and an empty store of cutouts."""


@pytest.fixture
def people(transactional_db: None) -> Team:
    return make_team()


def opened(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == Campaign.Status.OPEN


def is_rendered(campaign: Campaign, number: int) -> bool:
    page = Page.objects.get(campaign=campaign, number=number)
    keys = [request.key for request in requests_of(campaign, items_of_page(page))]
    return not cutout_store().missing(keys)


def test_opening_renders_the_first_pages_and_turning_a_page_the_next(
    worker: None, people: Team, phantom_files: PhantomFiles
) -> None:
    table, client = make_table(phantom_files), client_of(people.anna)
    with transaction.atomic():  # the worker hears of it afterwards
        campaign = make_campaign(table, people, prepared=False)
        assert lease(client, campaign)[0].header["reason"] == "preparing"
    wait_for(lambda: opened(campaign))
    assert campaign.prepared == campaign.to_prepare > 0
    assert is_rendered(campaign, 1)
    page, *tiles = lease(client, campaign)
    assert page.header["part"] == "page"
    assert all(tile.header["part"] == "middle" for tile in tiles)
    wait_for(lambda: is_rendered(campaign, 2) and is_rendered(campaign, 3))


def test_an_empty_redis_is_a_wait_and_no_error(
    worker: None, people: Team, phantom_files: PhantomFiles, redis_client: redis.Redis
) -> None:
    campaign = make_campaign(make_table(phantom_files), people)
    for key in redis_client.scan_iter("cutout:*"):
        redis_client.delete(key)
    client = client_of(people.anna)
    page, *tiles = lease(client, campaign)
    assert [tile.header["part"] for tile in tiles] == ["middle"] * 6
    response = client.get(page.header["lease"]["stacks_url"])
    stacks = decode_frames(b"".join(response))
    assert [stack.header["part"] for stack in stacks] == ["rest"] * 6


def test_a_missing_chunk_marks_its_tiles_and_mends_itself(
    worker: None, people: Team, phantom_files: PhantomFiles, tmp_path: Path
) -> None:
    files = phantom_files.copy_to(tmp_path / "volumes")
    hidden = tmp_path / "hidden"
    (files.folder / "image" / "8_8_32").rename(hidden)
    campaign = make_campaign(make_table(files), people)
    client = client_of(people.anna)
    page, *tiles = lease(client, campaign)
    assert {tile.header["part"] for tile in tiles} == {"unreadable"}
    assert "cannot be read" in tiles[0].header["sentence"]
    hidden.rename(files.folder / "image" / "8_8_32")
    item = page.header["tiles"][0]["item"]
    url = f"{page.header['lease']['tiles_url']}?items={item}"

    def mended() -> bool:
        (frame,) = decode_frames(client.get(url).content)
        return bool(frame.header["part"] == "middle")

    wait_for(mended)
