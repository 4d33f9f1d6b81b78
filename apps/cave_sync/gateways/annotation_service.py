"""CAVE's annotation engine, asked with its own client."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar

import pyarrow as pa
import requests
from urllib3.exceptions import HTTPError

from apps.cave_sync.domain.annotations import (
    MOST_IDS,
    AnnotationRow,
    Datastack,
    DatastackFacts,
    HeldRow,
    NewTable,
    RootIds,
    Schema,
    TableFacts,
)
from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveUncertainError,
    Reason,
)
from apps.cave_sync.gateways.annotation_json import body_of, held_row, schema_of, table_facts
from apps.cave_sync.gateways.refusals import error_of, refused
from apps.datasets.gateways import cave_connection as cave

ANSWER_S = 120.0  # 10,000 rows take 26 s
_LONGEST_IDS = 8_000  # characters of ids in an address
_IDS_OF_A_QUERY = 5_000  # these travel in a body
_ROOT_COLUMNS = ("id", "pre_pt_root_id", "post_pt_root_id")
_ERRORS = (*cave.NO_TOKEN, *cave.STRANGE, requests.RequestException, HTTPError, OSError)
Result = TypeVar("Result")


class AnnotationService:
    """One datastack, asked with one token; made anew for each run, as the client keeps for hours
    what it was told of tables and versions.

    All methods, and making it, raise CaveRefusedError, CaveUnavailableError or CaveUncertainError
    (of which CaveOnceError is one). Those that only read try once more after a CaveOnceError. None
    of the messages holds the token.
    """

    def __init__(self, datastack: Datastack, token: str, answer_s: float = ANSWER_S) -> None:
        self.datastack = datastack
        self._token, self._answer_s = token, answer_s
        self._client = self._read(lambda: cave.connect(datastack.server, datastack.name, token))

    def facts(self, datastack: str | None = None) -> DatastackFacts:
        """What the info service says of the datastack, or of another one that it knows."""
        found = self._read(lambda: self._client.info.get_datastack_info(datastack))
        sizes = [found.get(f"viewer_resolution_{axis}") for axis in "xyz"]
        x, y, z = (float(size or 0) for size in sizes)
        return DatastackFacts(
            aligned_volume=str(found["aligned_volume"]["name"]),
            synapse_table=found.get("synapse_table") or None,
            viewer_resolution=(x, y, z) if min(x, y, z) > 0 else None,
        )

    def schemas(self) -> list[str]:
        """The types of annotations that there are."""
        return self._read(lambda: sorted(map(str, self._schemas.get_schemas())))

    def schema(self, name: str) -> Schema:
        """The fields of one."""
        try:
            return self._read(lambda: schema_of(name, self._schemas.schema_definition(name)))
        except CaveRefusedError as error:
            if error.reason != Reason.NOT_FOUND:
                raise
            raise refused(str(self.datastack), Reason.SCHEMA, f"there is no {name!r}") from None

    def tables(self) -> list[str]:
        """The names of the tables of the aligned volume."""
        return self._read(lambda: sorted(map(str, self._engine.get_tables())))

    def metadata(self, table: str) -> TableFacts:
        """What CAVE says of a table."""
        try:
            return self._read(lambda: table_facts(table, self._engine.get_table_metadata(table)))
        except CaveUncertainError as error:  # its words are not always about what is wrong
            if table not in self.tables():
                raise refused(str(self.datastack), Reason.NO_TABLE, table) from error
            raise

    def count(self, table: str) -> int:
        """How many rows it has, with those that were deleted or superseded."""
        return self._read(lambda: int(self._engine.get_annotation_count(table)))

    def create_table(self, wanted: NewTable) -> str:
        """Make a table; gives its name, which CAVE writes in small letters."""
        is_reference = wanted.reference_table is not None
        answer = self._asked(
            lambda: self._engine.create_table(
                wanted.name,
                wanted.schema,
                wanted.description,
                list(wanted.resolution),
                reference_table=wanted.reference_table,
                track_target_id_updates=False if is_reference else None,
                read_permission=wanted.read_permission.value,
                write_permission=wanted.write_permission.value,
            )
        )
        return str(answer.text).strip().strip('"')

    def post(self, table: str, rows: Sequence[AnnotationRow]) -> None:
        """Insert rows under their ids: all, or none. An id that is there already refuses them all
        (ID_TAKEN), also if its row was deleted."""
        if not rows:
            return
        bodies = self._bodies(rows)
        told = self._asked(lambda: set(map(int, self._engine.post_annotation(table, bodies))))
        if told != {row.id for row in rows}:
            raise self._strange("the ids that it tells are not those that were sent")

    def put(self, table: str, rows: Sequence[AnnotationRow]) -> dict[int, int]:
        """Change rows, one after the other; those before a refused one stay changed. By each id the
        one under which the row now is: the same in reference tables, in others one of the server's
        own sequence, which ours do not advance."""
        bodies = self._bodies(rows)
        told = self._asked(lambda: self._update(table, bodies)) if bodies else {}
        if told.keys() != {row.id for row in rows}:
            raise self._strange("the ids that it tells are not those that were changed")
        return told

    def _update(self, table: str, bodies: list[dict[str, Any]]) -> dict[int, int]:
        told = dict(self._engine.update_annotation(table, bodies))
        return {int(old): int(new) for old, new in told.items()}

    def delete(self, table: str, ids: Collection[int]) -> list[int]:
        """Mark rows as deleted; gives those that were there. Refused (NOT_FOUND) if none was."""
        if not ids:
            return []
        wanted = sorted(ids)
        return self._asked(lambda: list(map(int, self._engine.delete_annotation(table, wanted))))

    def read(self, table: str, ids: Collection[int]) -> dict[int, HeldRow]:
        """The rows with these ids, any number of them, also deleted ones; unknown ones are left
        out."""
        found: dict[int, HeldRow] = {}
        for part in _parts(sorted(set(ids))):
            for row in self._read(lambda part=part: self._rows(table, part)):  # type: ignore[misc]
                found[row.id] = row
        return found

    def _rows(self, table: str, ids: list[int]) -> list[HeldRow]:
        return [held_row(one) for one in self._engine.get_annotation(table, ids)]

    def versions(self) -> list[int]:
        """The versions whose rows can be asked for, oldest first; without those that expired."""
        return self._read(lambda: sorted(map(int, self._client.materialize.get_versions())))

    def frozen_tables(self, version: int) -> list[str]:
        """The names of the tables that a version has."""
        tables = self._read(lambda: self._client.materialize.get_tables(version=version))
        return sorted(map(str, tables))

    def root_ids(self, table: str, version: int, ids: Collection[int]) -> dict[int, RootIds]:
        """The neurons at the points of these synapses, in one version; those that it does not have
        are left out."""
        wanted = sorted(set(ids))
        found: dict[int, RootIds] = {}
        for first in range(0, len(wanted), _IDS_OF_A_QUERY):
            found |= self._roots(table, version, wanted[first : first + _IDS_OF_A_QUERY])
        return found

    def _roots(self, table: str, version: int, ids: list[int]) -> dict[int, RootIds]:
        response = self._read(lambda: self._query(table, version, ids))
        if cave.says_limited(response) and len(ids) > 1:
            middle = len(ids) // 2
            halves = (ids[:middle], ids[middle:])
            return {k: v for half in halves for k, v in self._roots(table, version, half).items()}
        try:
            rows = cave.rows_of(response)
            columns = [rows[name].to_pylist() for name in _ROOT_COLUMNS]
        except (pa.ArrowException, KeyError) as error:
            words = f"the answer has no root ids of synapses ({type(error).__name__})"
            raise refused(str(self.datastack), Reason.OTHER, words) from None
        return {
            int(one): RootIds(pre or None, post or None)
            for one, pre, post in zip(*columns, strict=True)
        }

    def _query(self, table: str, version: int, ids: list[int]) -> requests.Response:
        return cave.answer_to(
            self._client,
            lambda engine: engine.query_table(
                table,
                materialization_version=version,
                merge_reference=False,
                filter_in_dict={"id": ids},
                limit=len(ids) + 1,
                split_positions=True,
                metadata=False,
                log_warning=False,
            ),
        )

    @property
    def _engine(self) -> Any:
        cave.wait_at_most(self._client.annotation, self._answer_s)
        return self._client.annotation

    @property
    def _schemas(self) -> Any:
        cave.wait_at_most(self._client.schema, self._answer_s)
        return self._client.schema

    def _bodies(self, rows: Sequence[AnnotationRow]) -> list[dict[str, Any]]:
        bodies = []
        for row in rows:
            try:
                bodies.append(body_of(row))
            except ValueError as error:
                raise refused(str(self.datastack), Reason.DATA, str(error), row.id) from None
        return bodies

    def _read(self, action: Callable[[], Result]) -> Result:
        """What an action gives that changes nothing; asked once more where that helps."""
        try:
            return self._asked(action)
        except CaveOnceError:
            return self._asked(action)

    def _asked(self, action: Callable[[], Result]) -> Result:
        try:
            return action()
        except _ERRORS as error:
            # None: what the libraries say may hold the token.
            raise error_of(error, str(self.datastack), self._token) from None

    def _strange(self, words: str) -> CaveUncertainError:
        return CaveUncertainError(f"{self.datastack}: {words}.", words=words)


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    """Ids by as many as fit into an address, where each comma takes three characters."""
    part: list[int] = []
    length = 0
    for one in ids:
        length += len(str(one)) + 3
        if part and (len(part) == MOST_IDS or length > _LONGEST_IDS):
            yield part
            part, length = [], len(str(one)) + 3
        part.append(one)
    if part:
        yield part
