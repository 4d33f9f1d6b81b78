"""Ask CAVE for rows, with its own client.

What its services do is told where it matters: rows come in no order and at most so many at a time,
some answers fail once and then succeed, and an error of any kind may be called 500.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import requests
from urllib3.exceptions import HTTPError

from apps.datasets.gateways import cave_connection as cave
from apps.datasets.gateways.tables.cave_addresses import CaveAddress
from apps.datasets.gateways.tables.files import unusable
from apps.datasets.gateways.volumes.opening import within

TIMEOUT_S = 300.0  # a live query of a large table takes minutes
NAPS_S = (1.0, 5.0, 20.0)  # before each further attempt
_TRANSIENT = (502, 503, 504)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """Rows of one query, as Arrow has them; `is_cut`: the server left others out."""

    rows: pa.Table
    is_cut: bool


@dataclass
class Cave:
    """One datastack, asked with one token. All methods raise TableError."""

    address: CaveAddress
    token: str | None
    timeout_s: float = TIMEOUT_S
    _client: Any = field(init=False)

    def __post_init__(self) -> None:
        token = cave.token_of_files(self.address.server) if self.token is None else self.token
        self.token = token
        self._client = self._asked(
            lambda: cave.connect(self.address.server, self.address.datastack, token)
        )

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
            rows = cave.rows_of(response)
        except pa.ArrowException as error:
            self._fail(f"the answer is not Arrow: {str(error).partition(chr(10))[0][:300]}")
        self._check_ids(rows, least, beyond)
        return Answer(rows, rows.num_rows >= limit or cave.says_limited(response))

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
        filters = self._filters(least, beyond, box_column)
        return cave.answer_to(self._client, lambda engine: self._send(engine, filters, limit))

    def _send(self, engine: Any, filters: Mapping[str, Mapping[str, Any]], limit: int) -> None:
        options = {"limit": limit, "split_positions": True, "metadata": False, "log_warning": False}
        table = self.address.table
        if self.address.timestamp is None:
            engine.query_table(
                table,
                materialization_version=self.address.version,
                merge_reference=False,
                **filters,
                **options,
            )
            return
        by_table = {name: {table: one} for name, one in filters.items()}
        engine.live_live_query(table, self.address.timestamp, **by_table, **options)

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
                    self._fail(f"{self.address.server} cannot be asked: {cave.kind_of(error)}")
                if nap_s is None or not _may_pass(response):
                    self._fail_as(response)
            except (TimeoutError, requests.ConnectionError, requests.Timeout) as error:
                if nap_s is None:
                    self._fail(f"{self.address.server} does not answer: {cave.kind_of(error)}")
            except cave.NO_TOKEN:
                self._fail("a token is needed; the one that was given, if any, is not accepted")
            except (requests.RequestException, HTTPError) as error:
                self._fail(f"{self.address.server} cannot be asked: {cave.kind_of(error)}")
            except cave.STRANGE as error:
                self._fail(f"the service answers in a way that its client does not know: {error}")
            time.sleep(nap_s or 0)
        raise AssertionError

    def _fail_as(self, response: requests.Response) -> NoReturn:
        status, said = response.status_code, cave.words_of(response)
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
        raise unusable(cave.hidden(self.token or "", f"{self.address}: {what.rstrip('.')}."))


def _may_pass(response: requests.Response) -> bool:
    return response.status_code in _TRANSIENT or cave.passes(response)
