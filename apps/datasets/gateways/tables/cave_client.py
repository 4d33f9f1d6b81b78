"""Ask CAVE for rows, with its own client.

What its services do is told where it matters: rows come in no order and at most so many at a time,
some answers fail once and then succeed, and an error of any kind may be called 500.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import caveclient.base
import pyarrow as pa
import pyarrow.compute as pc
import requests
from caveclient import CAVEclient
from caveclient.base import AuthException, ServerIncompatibilityError
from pyarrow import ipc
from urllib3.exceptions import HTTPError

from apps.datasets.gateways.guarded import guard_readers
from apps.datasets.gateways.guarded.cave_login import cave_login
from apps.datasets.gateways.guarded.cloud_files import refusal_in
from apps.datasets.gateways.tables.cave_addresses import CaveAddress
from apps.datasets.gateways.tables.files import TableError, unusable
from apps.datasets.gateways.volumes.opening import within

TIMEOUT_S = 300.0  # a live query of a large table takes minutes
NAPS_S = (1.0, 5.0, 20.0)  # before each further attempt
_TRANSIENT = (502, 503, 504)
# What the services say once after a failure or a freeze, and not again.
_ONCE = re.compile(r"transaction has been rolled back|AdminShutdown|SSL SYSCALL|server closed the")
_LIMITED = re.compile(r"[Ll]imited query to")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TOLD = 300  # characters of what a server says
Result = TypeVar("Result")


class _NoBrowser:
    """Where terms are not accepted, the client would open a browser on the server's machine."""

    @staticmethod
    def open(_address: str) -> bool:
        return False


guard_readers()
caveclient.base.webbrowser = _NoBrowser()


@dataclass(frozen=True)
class Answer:
    """Rows of one query, as Arrow has them; `is_cut`: the server left others out."""

    rows: pa.Table
    is_cut: bool


class _Kept(threading.local):
    """The answers to the attempt that this thread is; another has no part in them."""

    responses: list[requests.Response] | None = None


@dataclass
class Cave:
    """One datastack, asked with one token. All methods raise TableError."""

    address: CaveAddress
    token: str | None
    timeout_s: float = TIMEOUT_S
    _client: Any = field(init=False)
    _kept: _Kept = field(init=False, default_factory=_Kept)

    def __post_init__(self) -> None:
        if self.token is None:
            self.token = token_of_files(self.address.server)
        self._client = self._asked(self._connect)

    def _connect(self) -> Any:
        client = CAVEclient(
            self.address.datastack,
            server_address=self.address.server,
            auth_token=self.token,
            max_retries=0,
            write_server_cache=False,
        )
        # The client makes floats of ids where one is missing; so the answers themselves are read.
        client.materialize.session.hooks["response"].append(self._keep)
        return client

    def _keep(self, response: requests.Response, *_: Any, **__: Any) -> None:
        if self._kept.responses is not None:
            self._kept.responses.append(response)

    def versions(self) -> list[int]:
        """The versions that can be asked for."""
        return sorted(map(int, self._asked(self._client.materialize.get_versions)))

    def resolution(self, version: int) -> tuple[float, float, float]:
        """nm of a voxel in which the table's positions are counted."""
        metadata = self._asked(
            lambda: self._client.materialize.get_table_metadata(
                self.address.table, version=version, log_warning=False
            )
        )
        given = metadata.get("voxel_resolution")
        try:
            x, y, z = map(float, given)
        except (TypeError, ValueError):
            x = y = z = 0.0
        if min(x, y, z) <= 0:
            self._fail(f"the service tells {given!r} as the resolution of the table")
        return x, y, z

    def query(
        self,
        least: int,
        beyond: int | None,
        limit: int,
        *,
        resolution: Sequence[float],
        box_column: str | None,
    ) -> Answer:
        """The wanted rows with ids from `least` to before `beyond`, at most `limit` of them."""
        response = self._asked(lambda: self._query(least, beyond, limit, box_column))
        stated = list(map(float, _NUMBER.findall(response.headers.get("dataframe_resolution", ""))))
        if len(stated) == 3 and stated != list(resolution):
            self._fail(f"positions come in voxels of {stated} nm, where {list(resolution)} is told")
        try:
            with ipc.open_stream(response.content) as reader:
                rows = reader.read_all()
        except pa.ArrowException as error:
            self._fail(f"the answer is not Arrow: {str(error).partition(chr(10))[0][:_TOLD]}")
        self._check_ids(rows, least, beyond)
        said = _LIMITED.search(response.headers.get("Warning", ""))
        return Answer(rows, rows.num_rows >= limit or said is not None)

    def _check_ids(self, rows: pa.Table, least: int, beyond: int | None) -> None:
        if "id" not in rows.schema.names or not rows.num_rows:
            return
        found = pc.min_max(rows["id"]).as_py()
        if found["min"] < least or (beyond is not None and found["max"] >= beyond):
            self._fail(
                f"the answer has ids from {found['min']} to {found['max']}, where those from "
                f"{least} to before {beyond} were asked for"
            )

    def _query(
        self, least: int, beyond: int | None, limit: int, box_column: str | None
    ) -> requests.Response:
        """What the service answers. Each attempt is a thread: one that was given up may still get
        its answer while the next asks for something else."""
        kept: list[requests.Response] = []
        self._kept.responses = kept
        self._send(least, beyond, limit, box_column)
        return kept[-1]

    def _send(self, least: int, beyond: int | None, limit: int, box_column: str | None) -> None:
        filters = self._filters(least, beyond, box_column)
        options = {"limit": limit, "split_positions": True, "metadata": False, "log_warning": False}
        ask, table = self._client.materialize, self.address.table
        if self.address.timestamp is None:
            ask.query_table(
                table,
                materialization_version=self.address.version,
                merge_reference=False,
                **filters,
                **options,
            )
            return
        by_table = {name: {table: one} for name, one in filters.items()}
        ask.live_live_query(table, self.address.timestamp, **by_table, **options)

    def _filters(
        self, least: int, beyond: int | None, box_column: str | None
    ) -> dict[str, Mapping[str, Any]]:
        filters: dict[str, Mapping[str, Any]] = {"filter_greater_equal_dict": {"id": least}}
        if beyond is not None:
            filters["filter_less_dict"] = {"id": beyond}
        neurons = {"pre_pt_root_id": self.address.pre, "post_pt_root_id": self.address.post}
        wanted = {column: list(ids) for column, ids in neurons.items() if ids}
        if wanted:
            filters["filter_in_dict"] = wanted
        if box_column is not None and self.address.box is not None:
            filters["filter_spatial_dict"] = {box_column: [list(c) for c in self.address.box]}
        return filters

    def _asked(self, action: Callable[[], Result]) -> Result:
        """What an action gives; tried again where a failure may pass, as reading does no harm."""
        for nap_s in (*NAPS_S, None):
            try:
                return within(self.timeout_s, action)
            except requests.HTTPError as error:
                response = error.response
                if response is None:
                    self._fail(f"{self.address.server} cannot be asked: {_kind(error)}")
                if nap_s is None or not _may_pass(response):
                    self._fail_as(response)
            except (TimeoutError, requests.ConnectionError, requests.Timeout) as error:
                if nap_s is None:
                    self._fail(f"{self.address.server} does not answer: {_kind(error)}")
            except AuthException:
                self._fail("a token is needed; the one that was given, if any, is not accepted")
            except (requests.RequestException, HTTPError) as error:
                self._fail(f"{self.address.server} cannot be asked: {_kind(error)}")
            except (ServerIncompatibilityError, LookupError, TypeError, ValueError) as error:
                self._fail(f"the service answers in a way that its client does not know: {error}")
            time.sleep(nap_s or 0)
        raise AssertionError

    def _fail_as(self, response: requests.Response) -> NoReturn:
        status, said = response.status_code, _message(response)
        if status == 401:
            self._fail("the token is missing or not accepted")
        if status == 403 and said.startswith("missing_tos"):
            self._fail("the terms of the service must be accepted first, with the token's account")
        if status == 403:
            self._fail(f"the token may not read this: {said}")
        if status == 404:
            self._fail(f"there is no such datastack, version or table: {said}")
        self._fail(f"the service answers {status}: {said}")

    def _fail(self, what: str) -> NoReturn:
        raise _without(self.token, unusable(f"{self.address}: {what.rstrip('.')}."))


def token_of_files(server: str) -> str:
    """The token that this machine keeps for a server; nothing where there is none."""
    with suppress(OSError, ValueError):
        token = cave_login(server).get("token")
        if isinstance(token, str):
            return token
    return ""  # None would let the client look itself, and send any server the same token


def _may_pass(response: requests.Response) -> bool:
    return response.status_code in _TRANSIENT or (
        response.status_code == 500 and _ONCE.search(response.text) is not None
    )


def _message(response: requests.Response) -> str:
    """What a server says of an error, without its traceback."""
    try:
        found = response.json()
    except ValueError:
        return response.reason or "no reason is told"
    if not isinstance(found, dict):
        return str(found)[:_TOLD]
    parts = [str(found[key]) for key in ("error", "message") if found.get(key)]
    return ": ".join(parts).partition("\n")[0][:_TOLD] or "no reason is told"


def _kind(error: BaseException) -> str:
    """What went wrong, without what the libraries tell: it may hold the token."""
    if (refusal := refusal_in(error)) is not None:
        return str(refusal)
    return {"TimeoutError": "it takes too long"}.get(type(error).__name__, type(error).__name__)


def _without(token: str | None, error: TableError) -> TableError:
    """The same error, should a server have repeated the token."""
    if not token or token not in error.sentence:
        return error
    return TableError(error.sentence.replace(token, "…"), field="table")
