"""The services, tables of one's own, and what is sent to them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from apps.cave_sync.domain.annotations import (
    AnnotationRow,
    Datastack,
    NewTable,
    Permission,
    Value,
)
from apps.cave_sync.gateways.annotation_service import AnnotationService
from tests.support.cave_annotations.people import OWN_TOKEN
from tests.support.cave_annotations.running import RunningCave, running_cave

RESOLUTION = (4.0, 4.0, 40.0)
_REAL = tuple(f"SYNANNO_CAVE_{part}" for part in ("SERVER", "TOKEN", "DATASTACK"))


@dataclass
class Cave:
    """Where the tests write, with tables that no other run has the names of.

    stand_in: None where the services are real.
    """

    datastack: Datastack
    token: str
    stand_in: RunningCave | None
    tables: list[str] = field(default_factory=list)
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def new_name(self) -> str:
        """A name for a table."""
        return f"synanno_test_{self.run}_{len(self.tables)}"

    def service(self, **options: Any) -> AnnotationService:
        """The gateway, as new."""
        return AnnotationService(self.datastack, self.token, **options)


@pytest.fixture(scope="session")
def cave(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cave]:
    """The real services, if they are named; else the stand-in."""
    server, token, datastack = (os.environ.get(name, "") for name in _REAL)
    if server and token and datastack:
        cave = Cave(Datastack(server, datastack), token, None)
        yield cave
        _remove(cave)
        return
    with running_cave(tmp_path_factory.mktemp("cave")) as stand_in:
        yield Cave(stand_in.datastack, OWN_TOKEN, stand_in)


def _remove(cave: Cave) -> None:
    """Tables are marked as deleted; who may not do that leaves them."""
    engine = cave.service()._client.annotation
    for table in cave.tables:
        with suppress(requests.HTTPError):
            engine.delete_table(table)


@pytest.fixture
def stand_in(cave: Cave) -> RunningCave:
    """For what cannot be asked of real services: faults, and other people."""
    if cave.stand_in is None:
        pytest.skip("the services are real")
    return cave.stand_in


@pytest.fixture
def service(cave: Cave) -> AnnotationService:
    """The gateway, after which no call fails for what a test before has left."""
    service = cave.service()
    service.tables()
    return service


NewTables = Callable[..., str]


@pytest.fixture
def new_table(cave: Cave, service: AnnotationService) -> NewTables:
    """Makes a table of a schema, which may speak of another; gives its name."""

    def make(schema: str = "synapse", reference_table: str | None = None) -> str:
        wanted = NewTable(
            cave.new_name(),
            schema,
            "Made by a test of SynAnno Server; may be deleted.",
            RESOLUTION,
            reference_table,
            Permission.PRIVATE,
        )
        made = service.create_table(wanted)
        cave.tables.append(made)
        return made

    return make


@pytest.fixture
def synapses(service: AnnotationService, new_table: NewTables) -> str:
    """A table with the synapses 1001 to 1005."""
    table = new_table()
    service.post(table, [synapse(number) for number in range(1001, 1006)])
    return table


@pytest.fixture
def verdicts(service: AnnotationService, new_table: NewTables, synapses: str) -> str:
    """A table with a verdict on each of these, with the ids 1 to 5."""
    table = new_table("reference_synapse_valid", synapses)
    service.post(table, [verdict(number) for number in range(1, 6)])
    return table


def synapse(number: int, **values: Value) -> AnnotationRow:
    """A row of the schema "synapse"."""
    x = number % 1000
    plain: dict[str, Value] = {"pre_pt": (x, 2, 3), "post_pt": (x, 6, 3), "ctr_pt": (x, 4, 3)}
    return AnnotationRow(number, plain | {"size": 1.5} | values)


def verdict(number: int, *, target: int | None = None, is_valid: bool = True) -> AnnotationRow:
    """A row of the schema "reference_synapse_valid"; its target is the synapse 1000 higher."""
    return AnnotationRow(number, {"target_id": target or 1000 + number, "is_valid": is_valid})


@pytest.fixture
def raw(service: AnnotationService) -> Any:
    """The engine through its client alone, for what the gateway would not send."""
    return service._client.annotation


def body(row: AnnotationRow, *without: str, **instead: Any) -> dict[str, Any]:
    """A row as its client sends it."""
    values: Mapping[str, Any] = {
        name: {"position": list(value)} if isinstance(value, tuple) else value
        for name, value in row.values.items()
    }
    kept = {name: value for name, value in values.items() if name not in without}
    return {"id": row.id} | kept | instead
