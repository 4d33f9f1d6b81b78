"""Which ids the instances of a large table have (docs/adr/0010)."""

from __future__ import annotations

IDS_OF_A_TABLE = 1 << 40


def first_id(table_id: int) -> int:
    """The id of the row with number 0, where the table has a partition of its own."""
    return table_id * IDS_OF_A_TABLE


def number_of_row(instance_id: int, table_id: int) -> int | None:
    """The number of an instance's row in the file, from 0; None where its id does not tell it."""
    number = instance_id - first_id(table_id)
    return number if 0 <= number < IDS_OF_A_TABLE else None
