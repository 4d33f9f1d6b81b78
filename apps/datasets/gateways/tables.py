"""Read synapse tables from files into strict rows."""

from __future__ import annotations

import csv
import re
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
_COORDINATES = range(-(2**31), 2**31 - 1)
_IDS = range(NO_NEURON, 2**64)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)


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
    header = reader.fieldnames or ()
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise TableError(f"table: {name} lacks the columns {', '.join(missing)}.", field="table")
    twice = [column for column in COLUMNS if list(header).count(column) > 1]
    if twice:
        raise TableError(f"table: {name} has the column {twice[0]} twice.", field="table")
    number = -1
    for number, record in enumerate(reader):
        yield _row(f"{name}, line {reader.line_num}", number, record)
    if number < 0:
        raise TableError(f"table: {name} has no rows.", field="table")


def _row(where: str, number: int, record: Mapping[str, str | None]) -> SynapseRow:
    if None in record:
        raise TableError(f"table: {where} has more values than the header.", field="table")
    values = {column: _integer(where, column, record[column]) for column in COLUMNS}
    return SynapseRow(
        where=where,
        source_id=number,
        center=Point(values["x"], values["y"], values["z"]),
        pre_pt=Point(values["pre_pt_x"], values["pre_pt_y"], values["pre_pt_z"]),
        post_pt=Point(values["post_pt_x"], values["post_pt_y"], values["post_pt_z"]),
        pre_root_id=_root_id(values["pre_neuron_id"]),
        post_root_id=_root_id(values["post_neuron_id"]),
    )


def _integer(where: str, column: str, text: str | None) -> int:
    if text is None or not text.strip():
        raise TableError(f"table: {where}, column {column}: the value is missing.", field="table")
    if not _WHOLE_NUMBER.fullmatch(text.strip()):
        raise TableError(
            f"table: {where}, column {column}: {text[:40]!r} is not a whole number.", field="table"
        )
    value = int(text)
    if value not in (_IDS if column.endswith("_neuron_id") else _COORDINATES):
        raise TableError(
            f"table: {where}, column {column}: {value} is out of range.", field="table"
        )
    return value


def _root_id(value: int) -> int | None:
    return None if value == NO_NEURON else value
