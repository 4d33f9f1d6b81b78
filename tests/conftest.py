"""What all tests share: real services from the plugin, people, and a small phantom dataset."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings


@pytest.fixture(autouse=True)
def _clean_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that use the database start with an empty Redis."""
    yield
    if request.node.get_closest_marker("django_db") is not None:
        client = redis.Redis.from_url(settings.REDIS_CLIENT_URL)
        client.flushdb()
        client.close()
