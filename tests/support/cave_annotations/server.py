"""The HTTP of it: info, schemas, the annotation engine, versions; and for tests a way in, under
`/_stand_in/`, which no fault meets."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.cave_annotations.engine import AbortError, AbsentError, Engine, Row, Table
from tests.support.cave_annotations.faults import BEFORE, Faults
from tests.support.cave_annotations.materialized import CUT_OFF, Materialized
from tests.support.cave_annotations.people import (
    DATASTACK,
    PEOPLE,
    PUBLIC_DATASTACK,
    VOLUME,
    Person,
)
from tests.support.cave_annotations.schemas import SCHEMAS, definition

_TABLES = re.compile(
    rf"/annotation/api/v2/aligned_volume/{VOLUME}/table(?:/(?P<table>\w+)(?:/(?P<what>\w+))?)?"
)
_SCHEMA = re.compile(r"/schema/api/v2/type(?:/(\w+))?")
_DATASTACK = f"/materialize/api/v3/datastack/{DATASTACK}"
_QUERY = re.compile(rf"{_DATASTACK}/version/(\d+)/table/(\w+)/query")
_FROZEN = re.compile(rf"/materialize/api/v2/datastack/{DATASTACK}/version/(\d+)/tables")
RESOLUTION = {"x": 4, "y": 4, "z": 40}
_INFO = tuple(f"/info/api/v2/datastack/full/{name}" for name in (DATASTACK, PUBLIC_DATASTACK))
_FORM = "https://tos.example.org/1"


@dataclass
class StandIn:
    """All that the services hold. calls: how many reached the engine, by what they did."""

    engine: Engine = field(default_factory=Engine)
    materialized: Materialized = field(default_factory=Materialized)
    faults: Faults = field(default_factory=Faults)
    calls: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    backups: dict[tuple[str, str], dict[int, Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {f"voxel_resolution_{axis}": size for axis, size in RESOLUTION.items()}
        self.engine.create("synapses", "synapse", 2, sizes | {"description": "The lab's own."})

    def told(self) -> dict[str, Any]:
        """What a test may look at; rows are asked for by their table."""
        return {
            "tables": sorted(self.engine.tables),
            "calls": self.calls,
            "happened": self.faults.happened,
        }

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table as they are stored."""
        with self.lock:
            rows = self.engine.tables[name].rows
            return [asdict(row) | {"id": number} for number, row in sorted(rows.items())]

    def back_up(self, name: str, backup: str) -> None:
        """Keep the rows of a table as they are."""
        with self.lock:
            self.backups[name, backup] = deepcopy(self.engine.tables[name].rows)

    def put_back(self, name: str, backup: str) -> None:
        """A table has the rows again that it had then, and no others."""
        with self.lock:
            self.engine.tables[name].rows = deepcopy(self.backups[name, backup])

    def lose(self, name: str, ids: list[int] | None) -> None:
        """Rows of a table are there no more, nor counted, as after a restored backup; the table
        itself, where none are named."""
        with self.lock:
            if ids is None:
                del self.engine.tables[name]
                return
            for number in ids:
                del self.engine.tables[name].rows[number]


class _Answered(Exception):  # noqa: N818 - no error: it ends the way of a request
    """The answer to a request."""

    def __init__(self, status: int, content: Any, **headers: str) -> None:
        self.status, self.content, self.headers = status, content, headers


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    stand_in: StandIn
    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # head and body in one piece
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        url = urlsplit(self.path)
        fault = "" if url.path.startswith("/_stand_in") else self._fault(url.path)
        try:
            if fault in BEFORE:
                self._go_wrong(fault)
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            answer = self._answered(url.path, asked, body)
            if self.command == "POST" and answer.status == HTTPStatus.OK:
                self.stand_in.faults.take_time(len(body.get("annotations", ())))
            if fault:
                self._go_wrong(fault)
        except _Answered as instead:
            answer = instead
        except ConnectionAbortedError:
            self._reset()
            return
        self._send(answer)

    def _fault(self, path: str) -> str:
        if not path.startswith("/annotation"):
            return ""
        return self.stand_in.faults.drawn(self.command, path.rpartition("/")[2])

    def _go_wrong(self, kind: str) -> None:
        """Raises where there is another answer, or none."""
        self.stand_in.faults.wait(kind)
        if kind.startswith("reset"):
            raise ConnectionAbortedError
        if kind == "error_before":
            raise _Answered(503, {"message": "no healthy upstream"})
        if kind.startswith("stumble"):
            raise _Answered(500, _stumbled("'NoneType' object has no attribute 'begin'"))
        if kind == "forbidden":
            raise _Answered(403, {"error": "missing_permission", "message": "Not now"})
        if kind == "lost_reply":
            raise _Answered(504, "<html>504 Gateway Time-out</html>")

    def _answered(self, path: str, query: Mapping[str, str], body: Any) -> _Answered:
        try:
            self._route(path, query, body)
        except _Answered as answer:
            return answer
        except AbsentError as error:
            return _Answered(404, str(error))
        except Exception as error:  # noqa: BLE001 - the engine wraps whatever comes
            return _Answered(500, _stumbled(str(error)))
        return _Answered(404, {"message": f"nothing at {path}"})

    def _route(self, path: str, query: Mapping[str, str], body: Any) -> None:
        if path.startswith("/_stand_in/"):
            raise _Answered(200, self._inside(path.removeprefix("/_stand_in/"), query, body))
        if path == "/info/version":
            raise _Answered(200, "4.6.0")
        if path == "/materialize/version":
            raise _Answered(200, "5.26.4")
        person = self._person()
        if found := _SCHEMA.fullmatch(path):
            self._schema(found[1])
        if path in _INFO:
            raise _Answered(200, self._datastack())
        if found := _TABLES.fullmatch(path):
            self._annotations(person, found["table"], found["what"], query, body)
        self._materialized(path, query, body)

    def _person(self) -> Person:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        person = PEOPLE.get(token)
        if person is None:
            raise _Answered(401, {"error": "invalid_token", "message": f"Invalid token {token}"})
        if not person.has_accepted:
            data = {"tos_id": 1, "tos_form_url": _FORM}
            message = "Need to accept Terms of Service for resource."
            raise _Answered(403, {"error": "missing_tos", "message": message, "data": data})
        return person

    def _schema(self, name: str | None) -> None:
        if name is None:
            raise _Answered(200, sorted(SCHEMAS))
        if name not in SCHEMAS:
            raise _Answered(404, {"message": "404 Not Found"})
        raise _Answered(200, definition(name))

    def _datastack(self) -> dict[str, Any]:
        sizes = {f"viewer_resolution_{axis}": size for axis, size in RESOLUTION.items()}
        address = f"http://127.0.0.1:{self.connection.getsockname()[1]}"
        return sizes | {
            "aligned_volume": {"name": VOLUME, "id": 1},
            "local_server": address,
            "segmentation_source": f"graphene://{address}/segmentation/table/tiny",
            "synapse_table": "synapses",
        }

    def _annotations(
        self, person: Person, name: str | None, what: str | None, query: Any, body: Any
    ) -> None:
        if self.command != "GET" and not person.may_edit:
            message = f"Missing permission: edit on aligned_volume {VOLUME}"
            raise _Answered(403, {"error": "missing_permission", "message": message})
        with self.stand_in.lock:
            key = f"{self.command} {what or ('table' if name else 'tables')}"
            self.stand_in.calls[key] = self.stand_in.calls.get(key, 0) + 1
            engine = self.stand_in.engine
            engine.fail_once()
            if name is None:
                self._tables(engine, person, body)
                return
            table = engine.table(name)
            if what is None:
                raise _Answered(201, _metadata(table))
            if what == "count":
                raise _Answered(200, len(table.rows))
            raise _Answered(200, self._rows(engine, table, person, query, body))

    def _tables(self, engine: Engine, person: Person, body: Any) -> None:
        if self.command == "GET":
            raise _Answered(200, sorted(engine.tables))
        name = engine.create(
            body["table_name"], body["schema_type"], person.number, body["metadata"]
        )
        raise _Answered(200, name, content_type="text/html; charset=utf-8")

    def _rows(self, engine: Engine, table: Table, person: Person, query: Any, body: Any) -> Any:
        if self.command == "GET":
            return engine.read(table, [int(one) for one in query["annotation_ids"].split(",")])
        if person.number != table.owner and table.metadata.get("write_permission") != "PUBLIC":
            raise AbortError(401, f"Unauthorized: You cannot write to {table.name}")
        if self.command == "POST":
            return engine.insert(table, body["annotations"])
        if self.command == "PUT":
            return engine.update(table, body["annotations"])
        return engine.delete(table, body["annotation_ids"])

    def _materialized(self, path: str, query: Mapping[str, str], body: Any) -> None:
        materialized = self.stand_in.materialized
        if path == "/materialize/api/versions":
            raise _Answered(200, [2, 3])
        if path == f"{_DATASTACK}/versions":
            gone = materialized.expired if query.get("expired") == "True" else ()
            raise _Answered(200, sorted({*materialized.versions, *gone}))
        if found := _FROZEN.fullmatch(path):
            raise _Answered(200, sorted(materialized.versions.get(int(found[1]), ())))
        if found := _QUERY.fullmatch(path):
            try:
                content, is_cut = materialized.query(int(found[1]), found[2], body)
            except LookupError as error:
                raise AbortError(404, f"table not found: {error}") from None
            warning = {"warning": '201 - "Limited query to rows'} if is_cut else {}
            raise _Answered(200, content, content_type="data.arrow", **warning)

    def _inside(self, what: str, query: Mapping[str, str], body: Any) -> Any:
        """What a test asks of the stand-in itself."""
        stand_in = self.stand_in
        doing: dict[str, Callable[[], Any]] = {
            "told": stand_in.told,
            "rows": lambda: stand_in.rows(query["table"]),
            "faults": lambda: stand_in.faults.order(body),
            "release": stand_in.faults.released.set,
            "roots": lambda: stand_in.materialized.roots.update(
                {name: {int(k): tuple(v) for k, v in rows.items()} for name, rows in body.items()}
            ),
            "freeze": lambda: stand_in.materialized.freeze(stand_in.engine, body["version"]),
            "lose": lambda: stand_in.lose(body["table"], body["ids"]),
            "back_up": lambda: stand_in.back_up(**body),
            "put_back": lambda: stand_in.put_back(**body),
            "poison": lambda: setattr(stand_in.engine, "poison", body["values"]),
            "fail_once": lambda: setattr(stand_in.engine, "once", CUT_OFF),
            "expire": lambda: stand_in.materialized.expire(**body),
            "forget": stand_in.materialized.forget,
            "cap": lambda: setattr(stand_in.materialized, "cap", body["rows"]),
        }
        return doing[what]()

    def _send(self, answer: _Answered) -> None:
        headers = {"content_type": "application/json"} | answer.headers
        if isinstance(answer.content, bytes):
            content = answer.content
        elif headers["content_type"] == "application/json" and not _is_page(answer.content):
            content = json.dumps(answer.content, default=str).encode()
        else:
            content = str(answer.content).encode()
            headers["content_type"] = "text/html"
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-").title(), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        """End the connection at once, with nothing said."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        for one in (self.rfile, self.wfile, self.connection):
            one.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what happened can be asked for."""


def _stumbled(words: str) -> dict[str, Any]:
    """What is told of an error of the engine, whichever."""
    return {"code": 500, "message": words, "traceback": ["Traceback (most recent"]}


def _is_page(content: Any) -> bool:
    return isinstance(content, str) and content.startswith("<html>")


def _metadata(table: Table) -> dict[str, Any]:
    return table.metadata | {
        "table_name": table.name,
        "schema_type": table.schema,
        "reference_table": table.reference_table,
        "user_id": str(table.owner),
        "valid": True,
    }


class Server(ThreadingHTTPServer):
    """The stand-in behind a port of loopback."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, stand_in: StandIn, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), type("Own", (Handler,), {"stand_in": stand_in}))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone, killed or with too little patience, is no error of ours."""
