"""What all tests share: real services from the plugin, people, and a small phantom dataset."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from apps.campaigns.models import Campaign
from apps.datasets.models import SynapseTable
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import Team, make_team
from tests.support.volumes import PhantomFiles, write_phantom


@pytest.fixture(scope="session")
def phantom_files(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    """A small phantom on disk; tests that damage it take a copy."""
    return write_phantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """The Redis of the tests, emptied before and after."""
    client = redis.Redis.from_url(settings.REDIS_CLIENT_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def team(db: None) -> Team:
    return make_team()


@pytest.fixture
def table(db: None, phantom_files: PhantomFiles) -> SynapseTable:
    return make_table(phantom_files)


@pytest.fixture
def campaign(table: SynapseTable, team: Team, redis_client: redis.Redis) -> Campaign:
    """An open campaign whose first pages are rendered."""
    return make_campaign(table, team)
