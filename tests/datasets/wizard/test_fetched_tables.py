"""A plan names a table at an address: it is fetched once, apart from what people wait for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import DatasetPlan
from apps.datasets.services import fetching, planning_watch
from apps.datasets.services.planning import cancel_saving
from apps.datasets.services.planning_fetches import fetch_table, remove_leftovers
from apps.datasets.services.planning_work import save_plan
from apps.datasets.services.secrets import create_secret
from tests.datasets.wizard.conftest import Planner
from tests.support.people import Team
from tests.support.waiting import wait_for
from tests.support.web import Answer, Asked, web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(planner: Planner, tmp_path: Path) -> Iterator[Path]:
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, home=tmp_path / "home")):
        yield tmp_path / "home"


class Server:
    """Sends the table, once it may, and counts how often it was asked."""

    def __init__(self, body: bytes) -> None:
        self.body, self.asked, self.may_answer = body, 0, Event()
        self.may_answer.set()

    def __call__(self, _asked: Asked) -> Answer:
        self.asked += 1
        assert self.may_answer.wait(30)
        return Answer(body=self.body)


@pytest.fixture
def server(planner: Planner) -> Server:
    return Server(planner.files.table.read_bytes())


def fetched(planner: Planner) -> Any:
    fetch_table(planner.id)
    return planner.looked_at()


def test_it_is_fetched_once_and_removed_with_the_plan(
    planner: Planner, home: Path, server: Server, redis_client: object
) -> None:
    with web(server) as at:
        waiting = planner.begin(table={"path": f"{at.address}/t.csv"})
        assert (waiting["is_examined"], waiting["progress"]["stage"]) == (False, "fetching")
        assert "image" in waiting["examined"]["volumes"]  # what is known is told meanwhile
        assert server.asked == 0
        plan = fetched(planner)
        assert (plan["is_examined"], plan["problems"], plan["progress"]) == (True, {}, None)
        planner.change(name="renamed")
        assert planner.preview()["state"] == "ready"
        remove_leftovers()
        assert planner.save()["status"] == "saved"
        assert server.asked == 1
    assert list(home.glob("fetched/*/*/t.csv"))
    remove_leftovers()
    assert not list(home.glob("fetched/*"))


def test_its_secret_opens_it(
    planner: Planner, home: Path, team: Team, redis_client: object
) -> None:
    create_secret("table store", SecretKind.HTTPS, "the-token-of-the-store", by=team.manager)
    create_secret("of another", SecretKind.HTTPS, "another-token", by=team.outsider)
    body = planner.files.table.read_bytes()

    def answer(asked: Asked) -> Answer:
        is_known = asked.headers.get("authorization") == "Bearer the-token-of-the-store"
        return Answer(body=body) if is_known else Answer(401)

    with web(answer) as at:
        table = {"path": f"{at.address}/t.csv"}
        planner.begin(table=table)
        assert "asks for a login" in fetched(planner)["problems"]["table"]
        of_another = planner.change(table={**table, "secret": "of another"})
        assert "there is no secret 'of another'" in of_another["problems"]["table_secret"]
        planner.change(table={**table, "secret": "table store"})
        assert fetched(planner)["problems"] == {}
        assert planner.preview()["state"] == "ready"
        assert planner.save()["status"] == "saved"


def test_another_address_ends_the_fetch_and_removes_what_there_is(
    planner: Planner, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning_watch, "WATCH_S", 0.01)
    with web(server) as at:
        planner.begin(table={"path": f"{at.address}/one.csv"})
        fetched(planner)
        server.may_answer.clear()
        planner.send("PATCH", body={"table": {"path": f"{at.address}/two.csv"}})
        with Meanwhile(lambda: fetch_table(planner.id)):
            wait_for(lambda: server.asked == 2, "the second fetch")
            planner.send("PATCH", body={"table": {"path": f"{at.address}/three.csv"}})
            server.may_answer.set()
        assert planner.looked_at()["problems"] == {}
        remove_leftovers()
    assert [path.name for path in home.glob("fetched/*/*/*")] == ["three.csv"]


def test_what_cannot_be_fetched_is_told_and_tried_again_when_something_changes(
    planner: Planner, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web(server) as at:
        planner.begin(table={"path": f"{at.address}/t.csv"})
        monkeypatch.setattr(fetching, "SPARE_BYTES", 2**60)
        assert "too little room" in fetched(planner)["problems"]["table"]
        monkeypatch.undo()
        planner.change(name="renamed")
        assert fetched(planner)["problems"] == {}
        monkeypatch.setattr(fetching, "FETCHING_LIMIT_S", -60)
        planner.change(table={"path": f"{at.address}/slow.csv"})
        assert "it takes longer" in fetched(planner)["problems"]["table"]


def test_a_fetch_that_ends_its_worker_is_given_up(
    planner: Planner, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object, **__: object) -> None:
        raise MemoryError

    with web(server) as at:
        planner.begin(table={"path": f"{at.address}/t.csv"})
        monkeypatch.setattr("apps.datasets.services.planning_fetches.fetch_to", end)
        for _ in range(3):
            with pytest.raises(MemoryError):
                fetch_table(planner.id)
        assert "several times" in fetched(planner)["problems"]["table"]


def test_a_saving_that_must_fetch_again_is_cancelled_in_the_middle(
    planner: Planner, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that does not share the folder."""
    monkeypatch.setattr(planning_watch, "WATCH_S", 0.01)
    with web(server) as at:
        planner.begin(table={"path": f"{at.address}/t.csv"})
        fetched(planner)
        planner.send("POST", "/save", status=202)
        (home / "fetched").rename(home / "elsewhere")
        server.may_answer.clear()
        with Meanwhile(lambda: save_plan(planner.id)):
            wait_for(lambda: server.asked == 2, "the fetch")
            cancel_saving(DatasetPlan.objects.get(), timezone.now())
            server.may_answer.set()
        plan = planner.send("GET")
    assert plan["status"] == "draft"
    assert "cancelled" in plan["failure"]


def test_what_killed_processes_left_in_the_temporary_folder_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, mtime in (("synanno-table-old", 0), ("synanno-table-new", None), ("other", 0)):
        (tmp_path / name).mkdir()
        if mtime is not None:
            os.utime(tmp_path / name, (mtime, mtime))
    remove_leftovers()
    left = {path.name for path in tmp_path.iterdir()}
    assert {"synanno-table-new", "other"} <= left
    assert "synanno-table-old" not in left


class Meanwhile:
    """Something is done by another process, which ends with the block."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._thread = Thread(target=self._run, args=(do,))

    @staticmethod
    def _run(do: Callable[[], None]) -> None:
        try:
            do()
        finally:
            connection.close()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()
