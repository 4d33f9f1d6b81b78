"""The other columns of a table, of which each instance has the values of its row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import zstandard

from apps.datasets.domain.column_blocks import ROWS, Value, blocks_of, read_block
from apps.datasets.domain.numbering import number_of_row
from apps.datasets.models import ColumnBlock, Instance, SynapseTable


def other_values(instances: Sequence[Instance], table: SynapseTable) -> dict[int, list[Value]]:
    """The values of `table.own_columns`, by the instance's id; each block is read once."""
    if not table.own_columns:
        return {}
    rows = _row_numbers(instances, table)
    wanted: dict[int, dict[int, int]] = defaultdict(dict)  # block: instance: place there
    for pk, (number, place) in zip(rows, blocks_of(rows.values()), strict=True):
        wanted[number][pk] = place
    found: dict[int, list[Value]] = {}
    stored = ColumnBlock.objects.filter(table=table, number__in=wanted)
    for number, content in stored.values_list("number", "content").iterator(chunk_size=1):
        places = wanted[number]
        values = read_block(zstandard.decompress(content), places.values())
        found |= {pk: values[place] for pk, place in places.items() if place in values}
    return found


def _row_numbers(instances: Iterable[Instance], table: SynapseTable) -> dict[int, int]:
    """The number of each instance's row in the table's file: a large table tells it by the ids, a
    small one by source ids, which are these numbers where the file has no ids."""
    rows, others = {}, {}
    for one in instances:
        number = number_of_row(one.pk, table.pk)
        if number is not None:
            rows[one.pk] = number
        elif "id" in table.mapping:
            others[one.source_id] = one.pk
        else:
            rows[one.pk] = one.source_id
    return rows | (_rows_by_source_id(others, table) if others else {})


def _rows_by_source_id(wanted: Mapping[int, int], table: SynapseTable) -> dict[int, int]:
    """The row of each source id; of several with the same, the first was loaded."""
    rows: dict[int, int] = {}
    lists = ColumnBlock.objects.filter(table=table, source_ids__isnull=False).order_by("number")
    for number, stored in lists.values_list("number", "source_ids"):
        ids = memoryview(bytes(stored or b"")).cast("q")  # as this machine has them: little-endian
        for place, source_id in enumerate(ids):
            if source_id in wanted:
                rows.setdefault(wanted[source_id], number * ROWS + place)
    return rows
