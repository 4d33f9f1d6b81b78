"""CAVE's annotation engine, asked with its own client."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from apps.cave_sync.domain.annotations import (
    AnnotationRow,
    Datastack,
    DatastackFacts,
    HeldRow,
    NewTable,
    RootIds,
    Schema,
    TableFacts,
)


class AnnotationService:
    """One datastack, asked with one token; made anew for each run, as the client keeps for hours
    what it was told of tables and versions.

    All methods raise CaveRefusedError, CaveUnavailableError or CaveUncertainError (of which
    CaveOnceError is one). Those that only read try once more after a CaveOnceError, so that
    uncertainty is left to those that write. None of the messages holds the token.
    """

    def __init__(self, datastack: Datastack, token: str) -> None:
        self.datastack = datastack
        self._token = token

    def facts(self) -> DatastackFacts:
        """What the info service says of the datastack."""
        raise NotImplementedError

    def schemas(self) -> list[str]:
        """The types of annotations that there are."""
        raise NotImplementedError

    def schema(self, name: str) -> Schema:
        """The fields of one."""
        raise NotImplementedError

    def tables(self) -> list[str]:
        """The names of the tables of the aligned volume."""
        raise NotImplementedError

    def metadata(self, table: str) -> TableFacts:
        """What CAVE says of a table."""
        raise NotImplementedError

    def count(self, table: str) -> int:
        """How many rows it has, with those that were deleted or superseded."""
        raise NotImplementedError

    def create_table(self, wanted: NewTable) -> str:
        """Make a table; gives its name, which CAVE writes in small letters."""
        raise NotImplementedError

    def post(self, table: str, rows: Sequence[AnnotationRow]) -> None:
        """Insert rows under their ids: all, or none. An id that is there already refuses them all
        (ID_TAKEN), also if its row was deleted."""
        raise NotImplementedError

    def put(self, table: str, rows: Sequence[AnnotationRow]) -> dict[int, int]:
        """Change rows, one after the other; those before a refused one stay changed. By each id the
        one under which the row now is: the same in reference tables, in others one of the server's
        own sequence, which ours do not advance."""
        raise NotImplementedError

    def delete(self, table: str, ids: Collection[int]) -> list[int]:
        """Mark rows as deleted; gives those that were there. Refused (NOT_FOUND) if none was."""
        raise NotImplementedError

    def read(self, table: str, ids: Collection[int]) -> dict[int, HeldRow]:
        """The rows with these ids, any number of them, also deleted ones; unknown ones are left
        out."""
        raise NotImplementedError

    def versions(self) -> list[int]:
        """The versions whose rows can be asked for, oldest first."""
        raise NotImplementedError

    def root_ids(self, table: str, version: int, ids: Collection[int]) -> Mapping[int, RootIds]:
        """The neurons at the points of these synapses, in one version; those that it does not have
        are left out."""
        raise NotImplementedError
