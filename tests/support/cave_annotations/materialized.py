"""The materialization engine: versions, which are frozen rows with root ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.cave_annotations.engine import Engine

CAP = 200_000
CUT_OFF = "(psycopg2.errors.AdminShutdown) terminating connection due to administrator command"


@dataclass
class Materialized:
    """Versions by number: rows of each table. roots: of each table's rows, by id; a pair without
    one has none yet. cap: rows of one answer. expired: versions that are there no more. expiring:
    those that are not after so many queries."""

    versions: dict[int, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    roots: dict[str, dict[int, tuple[int | None, int | None]]] = field(default_factory=dict)
    cap: int = CAP
    expired: set[int] = field(default_factory=set)
    expiring: dict[int, int] = field(default_factory=dict)

    def freeze(self, engine: Engine, version: int) -> None:
        """What is valid now becomes a version; connections of the engine are cut."""
        self.versions[version] = {
            table.name: [
                self._row(table.name, number, row.values)
                for number, row in table.rows.items()
                if row.valid
            ]
            for table in engine.tables.values()
        }
        engine.once = CUT_OFF

    def expire(self, version: int, after: int) -> None:
        """At once, or after so many queries."""
        self.expiring[version] = after
        self._expire()

    def forget(self) -> None:
        """As if nothing had ever been frozen."""
        for one in (self.versions, self.roots, self.expired, self.expiring):
            one.clear()

    def _expire(self) -> None:
        for version in [one for one, left in self.expiring.items() if left <= 0]:
            self.expired.add(version)
            self.versions.pop(version, None)
            del self.expiring[version]

    def _row(self, table: str, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"id": number, "valid": True}
        for name, value in values.items():
            if isinstance(value, list):
                found |= {f"{name}_{axis}": at for axis, at in zip("xyz", value, strict=True)}
            else:
                found[name] = value
        if "pre_pt_position" in values:
            pre, post = self.roots.get(table, {}).get(number, (None, None))
            found |= {"pre_pt_root_id": pre, "post_pt_root_id": post}
        return found

    def query(self, version: int, table: str, body: Mapping[str, Any]) -> tuple[bytes, bool]:
        """Rows as Arrow, and whether some were left out. Raises LookupError."""
        if version in self.expiring:
            self.expiring[version] -= 1
        rows_there = self.versions[version][table]
        self._expire()
        wanted: list[int] | None = body.get("filter_in_dict", {}).get(table, {}).get("id")
        rows = rows_there
        if wanted is not None:
            ids = set(wanted)
            rows = [row for row in rows if row["id"] in ids]
        limit = min(int(body.get("limit") or self.cap), self.cap)
        return _arrow(rows[:limit]), len(rows) > limit


def _arrow(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - half a second that most runs do not need

    names = list(rows[0]) if rows else ["id", "pre_pt_root_id", "post_pt_root_id"]
    kinds = {name: pa.int64() for name in names if name == "id" or name.endswith("root_id")}
    table = pa.table(
        {name: pa.array([row[name] for row in rows], kinds.get(name)) for name in names}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content
