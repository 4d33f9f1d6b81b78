"""A stand-in for CAVE's services on loopback, that answers as they were measured to.

It knows a datastack with one table: info, versions, metadata, and both kinds of query in Arrow.
Rows come in no order and are capped; what is not valid is left out of versions, not of live
queries. It cannot tell what a real chunked graph would: roots are as the rows say.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import ipc

from tests.support.loopback import serving

TOKEN = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
DATASTACK, TABLE = "tiny", "synapses"
POINT = ("pre_pt_position", "post_pt_position", "ctr_pt_position")
TYPES = {
    **{f"{name}_{axis}": pa.int32() for name in POINT for axis in "xyz"},
    **{"id": pa.int64(), "pre_pt_root_id": pa.int64(), "post_pt_root_id": pa.int64()},
    **{"size": pa.int32(), "valid": pa.bool_()},
}


@dataclass
class CaveServer:
    """What the services have, and how they are to answer.

    rows: of each version, and under "live" those of a live query. cap: rows of one answer.
    failures: answers (status, JSON) that come before any other to queries. queries: what was asked.
    """

    address: str = ""
    rows: dict[int | str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    resolution: tuple[float, float, float] = (4, 4, 40)
    stated: str = ""
    cap: int = 200_000
    warns: bool = True
    token: str = TOKEN
    failures: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)

    def table(self, **query: Any) -> str:
        """The address of the table."""
        parts = {"server": self.address} | query
        asked = "&".join(f"{name}={value}" for name, value in parts.items())
        return f"cave://{DATASTACK}/{TABLE}?{asked}"


def row(number: int, **values: Any) -> dict[str, Any]:
    """A synapse; its centre lies at (number, 2 number, 5)."""
    places = {"ctr": (0, 0, 0), "pre": (-1, 0, 0), "post": (1, 0, 0)}
    found: dict[str, Any] = {"id": number, "size": 10 * number, "valid": True}
    found |= {"pre_pt_root_id": 864691135000000001 + number, "post_pt_root_id": 7}
    for name, shift in places.items():
        at = (number + shift[0], 2 * number + shift[1], 5 + shift[2])
        found |= {f"{name}_pt_position_{axis}": at[n] for n, axis in enumerate("xyz")}
    return found | values


@contextmanager
def cave_server() -> Iterator[CaveServer]:
    """A server that runs while the block does."""
    state = CaveServer()

    class Handler(_Handler):
        cave = state

    with serving(Handler) as port:
        state.address = f"http://127.0.0.1:{port}"
        yield state


class _Handler(BaseHTTPRequestHandler):
    cave: CaveServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in ("/info/version", "/materialize/version"):
            return self._json(200, {"/info/version": "4.6.0"}.get(path, "5.26.4"))
        if self._is_refused():
            return None
        known: dict[str, Any] = {
            f"/info/api/v2/datastack/full/{DATASTACK}": self._datastack(),
            "/materialize/api/versions": [2, 3],
            f"/materialize/api/v3/datastack/{DATASTACK}/versions": self._versions(),
        }
        if path in known:
            return self._json(200, known[path])
        for version in self._versions():
            start = f"/materialize/api/v3/datastack/{DATASTACK}/version/{version}"
            if path == f"{start}/table/{TABLE}/metadata":
                return self._json(200, self._metadata())
        return self._json(404, {"message": f"nothing at {path}"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._is_refused():
            return None
        self.cave.queries.append(body)
        if self.cave.failures:
            return self._json(*self.cave.failures.pop(0))
        start = f"/materialize/api/v3/datastack/{DATASTACK}"
        path = urlsplit(self.path).path
        for version in self._versions():
            if path == f"{start}/version/{version}/table/{TABLE}/query":
                valid = [one for one in self.cave.rows[version] if one["valid"]]
                return self._rows(self._wanted(valid, body), body)
        if path == f"{start}/query" and body["table"] == TABLE:
            return self._rows(self._wanted(self.cave.rows["live"], body), body)
        return self._json(404, {"message": f"404 Not Found: table not found at {path}"})

    def _is_refused(self) -> bool:
        refused = self.headers.get("Authorization") != f"Bearer {self.cave.token}"
        if refused:
            told = {"error": "invalid_token", "message": self.headers.get("Authorization")}
            self._json(401, told)
        return refused

    def _datastack(self) -> dict[str, Any]:
        return {
            "aligned_volume": {"name": "tiny_volume", "id": 1},
            "local_server": self.cave.address,
            "segmentation_source": f"graphene://{self.cave.address}/segmentation/table/tiny",
            "synapse_table": TABLE,
        }

    def _versions(self) -> list[int]:
        return [version for version in self.cave.rows if isinstance(version, int)]

    def _metadata(self) -> dict[str, Any]:
        sizes = dict(zip("xyz", self.cave.resolution, strict=True))
        found: dict[str, Any] = {f"voxel_resolution_{axis}": size for axis, size in sizes.items()}
        return found | {"schema_type": "synapse", "reference_table": None}

    def _wanted(
        self, rows: Sequence[Mapping[str, Any]], body: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        def of(name: str) -> dict[str, Any]:
            found: dict[str, Any] = body.get(f"filter_{name}_dict", {}).get(TABLE, {})
            return found

        def fits(one: Mapping[str, Any]) -> bool:
            return (
                all(one[name] >= least for name, least in of("greater_equal").items())
                and all(one[name] < beyond for name, beyond in of("less").items())
                and all(one[name] in ids for name, ids in of("in").items())
                and all(
                    low[n] <= one[f"{name}_{axis}"] <= high[n]
                    for name, (low, high) in of("spatial").items()
                    for n, axis in enumerate("xyz")
                )
            )

        found = [one for one in rows if fits(one)]
        random.shuffle(found)
        return found

    def _rows(self, rows: list[Mapping[str, Any]], body: Mapping[str, Any]) -> None:
        limit = min(body.get("limit", self.cave.cap), self.cave.cap)
        headers = {"Content-Type": "data.arrow"}
        if len(rows) >= limit and self.cave.warns:
            headers["Warning"] = f'201 - "Limited query to {limit} rows'
        if self.cave.stated:
            headers["dataframe_resolution"] = self.cave.stated
        columns = {
            name: pa.array([one[name] for one in rows[:limit]], kind)
            for name, kind in TYPES.items()
        }
        sink = pa.BufferOutputStream()
        table = pa.table(columns)
        with ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        self._answer(200, sink.getvalue().to_pybytes(), headers)

    def _json(self, status: int, content: Any) -> None:
        self._answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: queries are kept."""
