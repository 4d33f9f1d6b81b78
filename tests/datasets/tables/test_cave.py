"""Tables of CAVE are read through its own client; the stand-in answers as the real services do."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.secrets import Credentials, SecretKind
from apps.datasets.gateways.cave_connection import token_of_files
from apps.datasets.gateways.tables import TableError, open_table
from apps.datasets.gateways.tables.cave_addresses import parse_cave_address
from apps.datasets.models import Dataset, Instance, SynapseTable
from tests.datasets.tables.conftest import Load
from tests.support.cave_server import TOKEN, CaveServer, cave_server, row
from tests.support.counts import counts

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def cave(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Iterator[CaveServer]:
    """Versions 3 and 12, the latter with a row that was deleted; this machine knows the token, and
    lends it."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, machine_logins=True)
    monkeypatch.setattr("apps.datasets.gateways.tables.cave_client.NAPS_S", (0, 0))
    monkeypatch.setattr(
        "apps.datasets.gateways.guarded.cave_login.secretpath",
        lambda _, name: str(tmp_path / name),
    )
    with cave_server() as server:
        server.rows = {
            3: [row(n) for n in range(1, 4)],
            12: [*(row(n) for n in range(1, 10)), row(50, valid=False)],
        }
        host = server.address.partition("://")[2]
        (tmp_path / f"{host}-cave-secret.json").write_text(f'{{"token": "{TOKEN}"}}')
        yield server


def ids_of(table: SynapseTable) -> list[int]:
    found = Instance.objects.filter(table=table).order_by("source_id")
    return list(found.values_list("source_id", flat=True))


def refused(load: Load, address: str, **options: Any) -> str:
    before = counts()
    with pytest.raises(InvalidInputError) as raised:
        load(address, **options)
    assert counts() == before
    assert TOKEN not in raised.value.sentence
    return raised.value.sentence


def test_the_newest_version_is_loaded_and_named(load: Load, cave: CaveServer) -> None:
    table = load(cave.table())
    assert (table.name, table.layout, table.unit) == ("synapses", "cave", "voxels")
    assert tuple(table.resolution) == (4, 4, 40)
    assert table.source == f"cave://tiny/synapses?version=12&server={cave.address}"
    assert ids_of(table) == list(range(1, 10))
    one = Instance.objects.get(table=table, source_id=9)
    assert (one.center, one.pre_pt, one.post_pt) == ((9, 18, 5), (8, 18, 5), (10, 18, 5))
    assert (one.pre_root_id, one.post_root_id, one.size) == (864691135000000010, 7, 90)
    again = load(cave.table(version=3))
    assert (again.version, ids_of(again)) == (table.version + 1, [1, 2, 3])


def test_at_the_command_line(dataset: Dataset, cave: CaveServer) -> None:
    cave.rows[12] = [row(1), row(2, post_pt_position_z=5000)]
    output = io.StringIO()
    options = ("--name", "from CAVE", "--skip-refused", "--refused", "/dev/null")
    call_command("load_table", dataset.name, cave.table(), *options, stdout=output)
    assert output.getvalue() == (
        "Table 'from CAVE' of dataset 'empty', version 1: 1 instances. Layout: cave, in voxels. "
        "1 rows were refused; the first 1 are in /dev/null.\n"
    )


def test_a_live_query_names_its_time(load: Load, cave: CaveServer) -> None:
    cave.rows["live"] = [row(1), row(2, valid=False), row(3, pre_pt_root_id=5)]
    table = load(cave.table(timestamp="2026-05-04T05:02:01+02:00"))
    assert table.source.startswith("cave://tiny/synapses?timestamp=2026-05-04T03:02:01Z&server=")
    assert ids_of(table) == [1, 3]
    assert cave.queries[-1]["timestamp"].startswith("2026-05-04T03:02:01")
    assert load(cave.table(timestamp="now")).source > table.source


def test_ids_are_exact_beside_missing_ones(load: Load, cave: CaveServer) -> None:
    """The client itself would make floats of them, and lose the last digits."""
    odd = 864691135000000001
    cave.rows[12] = [row(1, pre_pt_root_id=odd), row(2, pre_pt_root_id=None), row(3)]
    table = load(cave.table())
    roots = Instance.objects.filter(table=table).order_by("source_id").values_list("pre_root_id")
    assert [root for (root,) in roots] == [odd, None, odd + 3]


@pytest.mark.parametrize("cap", [10, 200_000])
@pytest.mark.parametrize("warns", [True, False])
def test_more_rows_than_an_answer_may_have(
    load: Load, cave: CaveServer, monkeypatch: pytest.MonkeyPatch, cap: int, warns: bool
) -> None:
    """Of dense ids, after a wide gap sparse ones; each comes once, though answers have no order."""
    if cap == 10 and not warns:
        cap = 20  # a lower cap than what is asked for shows by the warning alone
    monkeypatch.setattr("apps.datasets.gateways.tables.cave.LIMIT", 20)
    cave.cap, cave.warns = cap, warns
    ids = [*range(1, 61), *range(2000, 3000, 50), 2**40, 2**62]
    cave.rows[12] = [row(n % 1000 + 1, id=n) for n in ids]
    table = load(cave.table())
    assert ids_of(table) == ids
    assert max(query["limit"] for query in cave.queries) == 20
    assert len(cave.queries) < 100


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"box": "3,6,5,5,10,6"}, [3, 4, 5]),
        ({"pre": "864691135000000003,864691135000000005"}, [2, 4]),
        ({"post": "7", "box": "0,0,0,2,4,9"}, [1, 2]),
    ],
)
def test_filters(load: Load, cave: CaveServer, query: dict[str, str], ids: list[int]) -> None:
    table = load(cave.table(**query))
    assert ids_of(table) == ids
    assert all(f"{name}={value}" in table.source for name, value in query.items())
    assert ids_of(load(table.source, name="as the source says")) == ids


@pytest.mark.parametrize(
    "failure",
    [
        (503, {"message": "busy"}),
        (504, {}),
        (500, {"code": 500, "message": "This Session's transaction has been rolled back"}),
        (500, {"code": 500, "message": "(psycopg2.errors.AdminShutdown) terminating"}),
    ],
)
def test_failures_that_pass_are_waited_out(
    load: Load, cave: CaveServer, failure: tuple[int, dict[str, Any]]
) -> None:
    cave.failures = [failure] * 2
    assert len(ids_of(load(cave.table()))) == 9


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ((503, {"message": "busy"}), "the service answers 503: busy."),
        ((500, {"code": 500, "message": "400 Bad Request: not valid at the query timestamp"}),
         "the service answers 500: 400 Bad Request: not valid at the query timestamp."),
        ((403, {"error": "missing_permission", "message": "needs view"}),
         "the token may not read this: missing_permission: needs view."),
        ((403, {"error": "missing_tos", "data": {"tos_form_url": "http://elsewhere"}}),
         "the terms of the service must be accepted first, with the token's account."),
        ((404, {"message": "404 Not Found"}), "there is no such datastack, version or table: 404"),
        ((500, {"message": f"Bearer {TOKEN}"}), "the service answers 500: Bearer ….")
    ],
)  # fmt: skip
def test_failures_that_do_not(
    load: Load, cave: CaveServer, failure: tuple[int, dict[str, Any]], sentence: str
) -> None:
    cave.failures = [failure] * 3
    told = refused(load, cave.table(version=12))
    assert told.startswith("table: cave://tiny/synapses?version=12&server=http://127.0.0.1:")
    assert f": {sentence}" in told


def test_a_table_that_fails_halfway_leaves_nothing(
    load: Load, cave: CaveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.datasets.gateways.tables.cave.LIMIT", 3)
    asked: list[int] = []

    def fail_later(body: dict[str, Any]) -> None:
        asked.append(1)
        if len(asked) == 5:
            cave.failures = [(500, {"message": "gone"})]

    class Queries(list[dict[str, Any]]):
        def append(self, body: dict[str, Any]) -> None:
            fail_later(body)

    cave.queries = Queries()
    assert "the service answers 500: gone." in refused(load, cave.table())
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"version": 4}, "there is no version 4; there are 3, 12."),
        ({"version": "new"}, "the version 'new' is no whole number."),
        ({"timestamp": "today"}, "the timestamp 'today' is not like 2026-01-31T12:00:00Z, nor"),
        ({"version": 3, "timestamp": "now"}, "name a version or a timestamp, not both."),
        ({"box": "1,2,3"}, "the box '1,2,3' is not six whole numbers x,y,z,x,y,z."),
        ({"box": "1,2,3,1,5,6"}, "the box '1,2,3,1,5,6' does not go from its lower to its upper"),
        ({"pre": "4.4E+11"}, "pre has '4.4E+11', which is not root ids with commas between them."),
        ({"size": 3}, "'size' is none of version, timestamp, box, pre, post, server."),
        ({"server": "ftp://x"}, "the server 'ftp://x' is not like https://HOST."),
        ({"server": "http://x/y"}, "the server 'http://x/y' is not like https://HOST."),
    ],
)
def test_addresses_that_cannot_be(
    load: Load, cave: CaveServer, query: dict[str, Any], sentence: str
) -> None:
    assert f": {sentence}" in refused(load, cave.table(**query))


@pytest.mark.parametrize("address", ["cave://tiny", "cave:///synapses", "cave://tiny/a/b"])
def test_addresses_that_name_no_table(load: Load, address: str) -> None:
    told = refused(load, address, name="t")
    assert told == (
        f"table: {address}: an address looks like cave://DATASTACK/TABLE?version=NUMBER."
    )


def test_a_datastack_or_table_that_there_is_not(load: Load, cave: CaveServer) -> None:
    for there, not_there in (("synapses", "cells"), ("tiny", "large")):
        told = refused(load, cave.table(version=12).replace(there, not_there))
        assert "there is no such datastack, version or table: " in told


def test_positions_in_another_resolution_than_is_told(load: Load, cave: CaveServer) -> None:
    cave.stated = "8, 8, 40"
    told = refused(load, cave.table())
    assert "positions come in voxels of [8.0, 8.0, 40.0] nm, where [4.0, 4.0, 40.0]" in told
    cave.stated = "[4, 4, 40]"
    assert load(cave.table()).row_count == 9
    cave.resolution = (0, 4, 40)
    assert "tells [0, 4, 40] as the resolution" in refused(load, cave.table())


def test_units_and_a_resolution_of_ones_own(load: Load, cave: CaveServer) -> None:
    assert refused(load, cave.table(version=12), unit=Unit.NM).startswith("unit: cave://tiny")
    assert tuple(load(cave.table(), resolution=(8, 8, 8)).resolution) == (8, 8, 8)


def test_without_a_token(load: Load, cave: CaveServer, tmp_path: Path) -> None:
    for file in tmp_path.glob("*-cave-secret.json"):
        file.unlink()
    # The usual server's token is not for others.
    (tmp_path / "cave-secret.json").write_text(f'{{"token": "{TOKEN}"}}')
    assert refused(load, cave.table()).endswith(": the token is missing or not accepted.")
    assert token_of_files("https://global.daf-apis.com") == TOKEN
    given = open_table(cave.table(), Credentials(SecretKind.CAVE, TOKEN))
    assert "pre_pt_root_id" in given.columns
    with pytest.raises(TableError, match="the token is missing or not accepted") as raised:
        open_table(cave.table(), Credentials(SecretKind.CAVE, "0" * 32))
    assert "0" * 32 not in raised.value.sentence


def test_a_server_that_is_not_there(load: Load, cave: CaveServer) -> None:
    told = refused(load, cave.table(server="http://127.0.0.1:9"))
    assert "http://127.0.0.1:9 " in told


def test_a_server_that_may_not_be_reached(
    load: Load, cave: CaveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo

    def leads_inside(host: Any, *more: Any, **options: Any) -> Any:
        return look_up("10.1.2.3" if host == "cave.lab.org" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", leads_inside)
    told = refused(load, cave.table(server="http://cave.lab.org"))
    assert told.endswith(" cannot be asked: its name leads nowhere, or into a private network.")


def test_addresses_come_back_as_they_were() -> None:
    text = "cave://tiny/synapses?timestamp=2026-05-04T03:02:01Z&box=-1,0,0,5,6,7&pre=5,6&post=7"
    assert str(parse_cave_address(text, NOW)) == text
    assert str(parse_cave_address("cave://tiny/synapses?timestamp=now", NOW)) in text
