"""Find the instances of a table that a selection names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction

from apps.core.errors import UnavailableError
from apps.core.fields import to_signed
from apps.core.rows import RowReader, columns_of
from apps.datasets.domain.selection import Selection, Span
from apps.datasets.models import Instance, SynapseTable
from apps.voxels.geometry import Box
from apps.voxels.morton_ranges import morton_ranges

MOST_COUNTED = 1_000_000
_RANGES = 32
_CANCELED = "57014"  # Postgres' code of a statement that took too long
Values = dict[str, Any]


@dataclass(frozen=True)
class InstanceCount:
    """How many instances there are; more than that where it is not exact."""

    number: int
    is_exact: bool

    def __str__(self) -> str:
        if not self.is_exact:
            return f"more than {self.number:,}"
        return f"{self.number:,}"


class SlowCountError(UnavailableError):
    """Instances could not be counted in the time there was."""

    code = "count_takes_long"


def count_instances(
    table: SynapseTable, selection: Selection, *, within_s: float | None = None
) -> InstanceCount:
    """How many instances of the table are selected; not counted beyond a million.

    Raises SlowCountError where that takes longer than `within_s`.
    """
    if selection.is_all:
        return InstanceCount(table.row_count - len(table.withdrawn), is_exact=True)
    wanted = selection.sample.count if selection.sample else MOST_COUNTED + 1
    where, values = _conditions(table, selection)
    values["limit"] = min(wanted, MOST_COUNTED + 1)
    statement = f"SELECT count(*) FROM (SELECT 1 FROM {where} LIMIT %(limit)s) found"  # noqa: S608 - our own words
    number = int(_one_value(statement, values, within_s))
    if number > MOST_COUNTED:
        return InstanceCount(MOST_COUNTED, is_exact=False)
    return InstanceCount(number, is_exact=True)


def any_instance(
    table: SynapseTable, selection: Selection, *, within_s: float | None = None
) -> bool:
    """Whether the table has an instance that is selected. Raises SlowCountError likewise."""
    where, values = _conditions(table, selection)
    statement = f"SELECT EXISTS (SELECT 1 FROM {where})"  # noqa: S608 - likewise
    return bool(_one_value(statement, values, within_s))


def find_instances(table: SynapseTable, selection: Selection, most: int) -> list[Instance]:
    """The instances that are selected, in the order of the table; any `most` where there are
    more."""
    rows, values = _rows(table, selection, columns_of(Instance, "i"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({rows}) rows LIMIT %(most)s", {**values, "most": most})  # noqa: S608 - likewise
        found = [RowReader(row).take(Instance) for row in cursor.fetchall()]
    return sorted(found, key=lambda one: one.source_id)


def selected_rows(table: SynapseTable, selection: Selection) -> tuple[str, Values]:
    """SQL to select from, with its values: `(id, source_id, place, pre_root_id, post_root_id)` of
    the instances that are selected."""
    columns = "i.id, i.source_id, i.place, i.pre_root_id, i.post_root_id"
    rows, values = _rows(table, selection, columns)
    return f"({rows})", values


def _rows(table: SynapseTable, selection: Selection, columns: str) -> tuple[str, Values]:
    where, values = _conditions(table, selection)
    rows = f"SELECT {columns} FROM {where}"  # noqa: S608 - likewise
    if selection.sample:
        rows += (
            " ORDER BY md5('sample:' || %(sample_seed)s || ':' || i.source_id), i.source_id"
            " LIMIT %(sample_count)s"
        )
        values["sample_seed"] = str(selection.sample.seed)
        values["sample_count"] = selection.sample.count
    return rows, values


def _conditions(table: SynapseTable, selection: Selection) -> tuple[str, Values]:
    """What comes after FROM, but for the sample."""
    tests, values = ["i.table_id = %(table)s"], Values(table=table.pk)
    if table.withdrawn:
        tests.append("i.source_id <> ALL (%(withdrawn)s::bigint[])")
        values["withdrawn"] = table.withdrawn
    if selection.box:
        _add_box(selection.box.in_voxels(table.resolution), tests, values)
    for name, test in (
        ("pre_ids", "i.pre_root_id = ANY ({ids})"),
        ("post_ids", "i.post_root_id = ANY ({ids})"),
        ("either_ids", "(i.pre_root_id = ANY ({ids}) OR i.post_root_id = ANY ({ids}))"),
    ):
        ids = getattr(selection, name)
        if ids is not None:
            tests.append(test.format(ids=f"%({name})s::bigint[]"))
            values[name] = _array(ids)
    if selection.between:
        tests.append(_BETWEEN[selection.between.both_directions])
        values["a"], values["b"] = _array(selection.between.pre), _array(selection.between.post)
    _add_span("score", selection.score, tests, values)
    _add_span("size", selection.size, tests, values)
    return f"datasets_instance i WHERE {' AND '.join(tests)}", values


_FORWARDS = "i.pre_root_id = ANY (%(a)s::bigint[]) AND i.post_root_id = ANY (%(b)s::bigint[])"
_BACKWARDS = "i.pre_root_id = ANY (%(b)s::bigint[]) AND i.post_root_id = ANY (%(a)s::bigint[])"
_BETWEEN = {False: f"({_FORWARDS})", True: f"(({_FORWARDS}) OR ({_BACKWARDS}))"}


def _array(ids: Sequence[int]) -> str:
    """As text, which Postgres reads faster than a list of numbers in the statement."""
    return "{" + ",".join(str(to_signed(one)) for one in ids) + "}"


def _add_box(box: Box, tests: list[str], values: Values) -> None:
    """The ranges of the index that cover the box, and the box itself."""
    ranges = morton_ranges(box, _RANGES)
    if not ranges:
        tests.append("false")
        return
    tests.append(
        f"({' OR '.join(f'i.place BETWEEN {first} AND {last}' for first, last in ranges)})"
    )
    for axis, low, high in zip("xyz", box.lo, box.hi, strict=True):
        tests.append(f"i.center_{axis} >= %(lo_{axis})s AND i.center_{axis} < %(hi_{axis})s")
        values[f"lo_{axis}"], values[f"hi_{axis}"] = low, high


def _add_span(name: str, span: Span | None, tests: list[str], values: Values) -> None:
    """`name` is a column. What has no score or size is in no span."""
    for end, sign in (("least", ">="), ("most", "<=")):
        limit = getattr(span, end, None)
        if limit is not None:
            tests.append(f"i.{name} {sign} %({name}_{end})s")
            values[f"{name}_{end}"] = limit


def unknown_neurons(table: SynapseTable, ids: Sequence[int]) -> list[int]:
    """Those of these ids that no synapse of the table has on either side, in their order. Each is
    two looks into an index."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, {"table": table.pk, "ids": _array(ids)})
        unknown = {signed % 2**64 for (signed,) in cursor.fetchall()}
    return [one for one in ids if one in unknown]


_UNKNOWN = """
    SELECT neuron FROM unnest(%(ids)s::bigint[]) neuron
    WHERE NOT EXISTS (
        SELECT FROM datasets_instance WHERE table_id = %(table)s AND pre_root_id = neuron
    ) AND NOT EXISTS (
        SELECT FROM datasets_instance WHERE table_id = %(table)s AND post_root_id = neuron
    )
"""


def _one_value(statement: str, values: Values, within_s: float | None) -> Any:
    with _time_limit(within_s), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


@contextmanager
def _time_limit(within_s: float | None) -> Iterator[None]:
    """Statements that take longer are given up. Raises SlowCountError."""
    if within_s is None:
        yield
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            (former,) = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_ms(within_s)])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [former])
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _CANCELED:
            raise
        raise SlowCountError(
            f"The instances cannot be counted within {within_s:g} s; `manage.py count_instances` "
            "takes the time that it needs.",
            field="selection",
        ) from error


def _ms(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
