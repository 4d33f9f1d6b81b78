"""What all tests share: real services from the plugin, people, and a small phantom dataset."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from apps.campaigns.models import Campaign
from apps.datasets.models import SynapseTable
from tests.support.campaigns import make_campaign, make_table
from tests.support.emptying import emptied
from tests.support.homes import HomesWithTables
from tests.support.people import Team, make_team
from tests.support.volumes import PhantomFiles, write_phantom

# A busy machine makes single examples slow; the limit of a whole test stays.
hypothesis_settings.register_profile("shared machine", deadline=None)
hypothesis_settings.load_profile("shared machine")

_ENVIRONMENT = settings.ENVIRONMENT


@pytest.fixture(scope="session", autouse=True)
def static_files_are_found_when_asked_for() -> Iterator[None]:
    """Else each client looks through all of them before its first request."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_quickly() -> Iterator[None]:
    """By design, the usual way takes half a second each time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def databases_are_emptied_quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
        patched.setattr(TransactionTestCase, "_fixture_teardown", emptied(flush))
        yield


# Modules that last minutes, as they start whole copies, and by their order would come last: first,
# so that no process is left with one when the others have ended.
_LONG = ("test_supervisor.py", "test_team_faults.py", "test_pytest_processes.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They have no tables, so that nothing else hangs on when they come."""
    items.sort(key=lambda item: item.path.name not in _LONG)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What a module configures and leaves behind would decide over later ones of its process.

    A hook, since a fixture may be torn down before the one that puts settings back wrongly.
    """
    try:
        yield
    finally:
        if nextitem is None or nextitem.path != item.path:
            _put_environment_back(item.path.name)


def _put_environment_back(module: str) -> None:
    """Raises AssertionError where it was changed; the module after this one is not to blame."""
    is_changed = settings.ENVIRONMENT is not _ENVIRONMENT
    if is_changed:
        settings.ENVIRONMENT = _ENVIRONMENT
    assert not is_changed, f"{module} leaves settings changed."


@pytest.fixture(scope="session")
def phantom_files(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    """A small phantom on disk; tests that damage it take a copy."""
    return write_phantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture(scope="session")
def homes_with_tables(tmp_path_factory: pytest.TempPathFactory) -> HomesWithTables:
    """For copies whose very first start is not what is tested."""
    base = tmp_path_factory.getbasetemp()
    is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ
    return HomesWithTables(base.parent if is_one_of_several else base)


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """The Redis of the tests, emptied before and after."""
    client = redis.Redis.from_url(settings.REDIS_CLIENT_URL)
    _empty(client)
    yield client
    _empty(client)
    client.close()


def _empty(client: redis.Redis) -> None:
    """Forget cutouts and waiting jobs; what a running worker has bound stays."""
    for key in [*client.scan_iter("cutout:*"), "interactive", "prefetch", "default"]:
        client.delete(key)


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
