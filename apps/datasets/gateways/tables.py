"""Read synapse tables from files into strict rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from apps.core.errors import InvalidInputError
from apps.datasets.domain import SynapseRow
from apps.voxels.geometry import Point

COLUMNS = (
    "pre_pt_x",
    "pre_pt_y",
    "pre_pt_z",
    "post_pt_x",
    "post_pt_y",
    "post_pt_z",
    "x",
    "y",
    "z",
    "pre_neuron_id",
    "post_neuron_id",
)
NO_NEURON = -1
_LARGEST_COORDINATE = 2**31 - 1
_LARGEST_ID = 2**64 - 1


class TableError(InvalidInputError):
    """A table that cannot be loaded; the message names the file, the row and the column."""

    code = "table_invalid"


def read_csv_table(path: Path) -> Iterator[SynapseRow]:
    """The rows of a CSV file with SynAnno's eleven columns, in the order of the file.

    The source id is the number of the row, from 0. Other columns are passed over. Raises
    TableError at the first row that cannot be used.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from _rows(path.name, csv.DictReader(file, strict=True))
    except OSError as error:
        raise TableError(
            f"table: {path} cannot be read: {error.strerror}.", field="table"
        ) from error
    except UnicodeDecodeError as error:
        raise TableError(f"table: {path.name} is not text in UTF-8.", field="table") from error
    except csv.Error as error:
        raise TableError(
            f"table: {path.name} is not a CSV file: {error}.", field="table"
        ) from error


def _rows(name: str, reader: csv.DictReader[str]) -> Iterator[SynapseRow]:
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise TableError(f"table: {name} lacks the columns {', '.join(missing)}.", field="table")
    number = -1
    for number, record in enumerate(reader):
        yield _row(f"{name}, line {reader.line_num}", number, record)
    if number < 0:
        raise TableError(f"table: {name} has no rows.", field="table")


def _row(where: str, number: int, record: Mapping[str, str | None]) -> SynapseRow:
    values = {column: _integer(where, column, record[column]) for column in COLUMNS}
    return SynapseRow(
        source_id=number,
        center=Point(values["x"], values["y"], values["z"]),
        pre_pt=Point(values["pre_pt_x"], values["pre_pt_y"], values["pre_pt_z"]),
        post_pt=Point(values["post_pt_x"], values["post_pt_y"], values["post_pt_z"]),
        pre_root_id=_root_id(values["pre_neuron_id"]),
        post_root_id=_root_id(values["post_neuron_id"]),
    )


def _integer(where: str, column: str, text: str | None) -> int:
    try:
        value = int(text or "")
    except ValueError:
        raise TableError(
            f"table: {where}, column {column}: {text!r} is not a whole number.", field="table"
        ) from None
    largest = _LARGEST_ID if column.endswith("_neuron_id") else _LARGEST_COORDINATE
    if not -1 <= value <= largest:
        raise TableError(
            f"table: {where}, column {column}: {value} is out of range.", field="table"
        )
    return value


def _root_id(value: int) -> int | None:
    return None if value == NO_NEURON else value
