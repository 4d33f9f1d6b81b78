"""What is answered after it was given up is no answer to what was asked since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest

from apps.datasets.gateways.tables import TableError
from apps.datasets.gateways.tables.cave_addresses import CaveAddress
from apps.datasets.gateways.tables.cave_client import Cave
from apps.datasets.gateways.volumes.opening import within
from tests.support import cave_server as stand_in
from tests.support.cave_server import DATASTACK, TABLE, TOKEN, CaveServer, cave_server, row

CLIENT = "apps.datasets.gateways.tables.cave_client"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CaveServer]:
    monkeypatch.setattr(f"{CLIENT}.NAPS_S", (0, 0))
    with cave_server() as server:
        server.rows = {12: [row(n) for n in range(1, 10)]}
        yield server


def cave_of(server: CaveServer) -> Cave:
    address = CaveAddress(DATASTACK, TABLE, server.address, version=12)
    return Cave(address, TOKEN)


def ids(cave: Cave, least: int, beyond: int) -> list[int]:
    answer = cave.query(least, beyond, 100, resolution=(4, 4, 40), box_column=None)
    return sorted(answer.rows["id"].to_pylist())


def test_an_attempt_that_hung_answers_late(
    server: CaveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cave = cave_of(server)
    asked, go_on = Event(), Event()

    class Queries(list[dict[str, Any]]):
        def append(self, body: dict[str, Any]) -> None:
            super().append(body)
            if len(self) == 1:
                asked.set()
                assert go_on.wait(30)

    server.queries = Queries()
    threads: list[Thread] = []
    calls = []

    def within_some(seconds: float, action: Callable[[], Any]) -> Any:
        calls.append(seconds)
        if len(calls) == 1:  # it hangs
            threads.append(Thread(target=action))
            threads[0].start()
            assert asked.wait(30)
            raise TimeoutError
        result = within(seconds, action)
        if len(calls) == 3:  # the first one gets its answer, a moment after this one
            go_on.set()
            threads[0].join()
        return result

    monkeypatch.setattr(f"{CLIENT}.within", within_some)
    assert ids(cave, 1, 5) == [1, 2, 3, 4]
    assert ids(cave, 5, 9) == [5, 6, 7, 8]
    assert len(calls) == 3


def test_rows_that_nobody_asked_for(server: CaveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    cave = cave_of(server)
    monkeypatch.setattr(stand_in._Handler, "_wanted", lambda _self, rows, _body: list(rows))
    with pytest.raises(TableError, match="ids from 1 to 9, where those from 5 to before 9"):
        ids(cave, 5, 9)
