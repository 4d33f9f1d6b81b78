"""What the tests themselves rest upon: a database that is empty, homes that are whole."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.accounts.models import User
from tests.support import emptying
from tests.support.homes import HomesWithTables

commits = pytest.mark.django_db(transaction=True)

_SECOND = "INSERT INTO auth_group (name) VALUES ('left by the test')"


@pytest.fixture
def empty() -> Callable[[], None]:
    """Empties the database as it is done after each test that commits."""

    def flush(_: object) -> None:
        pytest.skip("a server that somebody named is emptied by Django")

    return partial(emptying.emptied(flush), None)


@pytest.fixture
def straggler(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """Another session, that has written a row and neither ends its transaction nor itself."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(_SECOND)
    yield other
    other.close()


@commits
def test_of_many_rows_no_pages_stay(empty: Callable[[], None]) -> None:
    kept = ContentType.objects.count()
    names = {"first_name": 150 * "a", "last_name": 150 * "b"}
    User.objects.bulk_create(User(username=f"{n:0150}", **names) for n in range(2_500))
    assert size_of_people() > emptying.LARGE_BYTES
    empty()
    assert (size_of_people(), User.objects.count(), ContentType.objects.count()) == (0, 0, kept)


def size_of_people() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s)", [User._meta.db_table])
        return int(cursor.fetchone()[0])


def test_what_is_committed_late_is_waited_for(
    empty: Callable[[], None], straggler: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "sleep", lambda _: straggler.commit())
    empty()
    with straggler.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM auth_group")
        assert cursor.fetchone() == (0,)


def test_a_transaction_that_is_left_open_is_told_and_ended(
    empty: Callable[[], None], straggler: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "PATIENCE_S", 0.1)
    User.objects.create_user("ada")
    with pytest.raises(AssertionError, match="idle in transaction, INSERT INTO auth_group"):
        empty()
    assert not User.objects.exists(), "the next test is not to blame"
    with pytest.raises((DatabaseError, InterfaceError)):
        straggler.commit()


def test_a_home_whose_making_broke_off_is_used_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make_tables(home: Path) -> None:
        made.append(home)
        (home / "postgres").mkdir(parents=True)
        if len(made) == 1:
            raise subprocess.CalledProcessError(-9, "migrate")
        (home / "postgres" / "whole").touch()

    monkeypatch.setattr("tests.support.homes._make_tables", make_tables)
    homes = HomesWithTables(tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        homes.make(tmp_path / "a")
    for name in "bc":
        assert (homes.make(tmp_path / name) / "postgres" / "whole").exists()
    assert len(made) == 2, "it is made once for all"
