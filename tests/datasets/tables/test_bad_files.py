"""Damaged and strange files end with a sentence that names the file, and nothing is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.tables import COLUMNS
from tests.datasets.tables.conftest import ROW, Load
from tests.support.counts import counts

pytestmark = pytest.mark.django_db

HEADER = ",".join(COLUMNS)
GOOD = ",".join(str(ROW[column]) for column in COLUMNS)


def refused(load: Load, path: Path, **options: Any) -> str:
    before = counts()
    with pytest.raises(InvalidInputError) as raised:
        load(path, **options)
    assert counts() == before
    return raised.value.sentence


def write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"\n".join(x.encode() if isinstance(x, str) else x for x in lines))
    return path


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("pre_neuron_id", "4.4E+11", "'4.4E+11' is not a whole number."),
        ("pre_neuron_id", "1.0", "'1.0' is not a whole number."),
        ("pre_neuron_id", "0x10", "'0x10' is not a whole number."),
        ("x", "0x10", "'0x10' is not a whole number."),
        ("post_neuron_id", "NaN", "'NaN' is not a whole number."),
        ("post_neuron_id", "", "the value is missing."),
        ("y", "1e2", "'1e2' is not a whole number."),
        ("y", "٣", "'٣' is not a whole number."),
        ("z", "99999999999999999999", "99999999999999999999 is out of range."),
    ],
)
def test_a_value_is_named_by_line_and_column(
    load: Load, tmp_path: Path, column: str, value: str, reason: str
) -> None:
    bad = ",".join(value if name == column else str(ROW[name]) for name in COLUMNS)
    path = write(tmp_path / "bad.csv", HEADER, GOOD, GOOD, bad, GOOD)
    assert refused(load, path) == f"table: bad.csv, line 4, column {column}: {reason}"


def test_lines_are_counted_over_quotes_and_empty_lines(load: Load, tmp_path: Path) -> None:
    header, good = f"{HEADER},note", f'{GOOD},"a note, of\ntwo lines"'
    path = write(tmp_path / "bad.csv", header, good, "", good, f"{GOOD},short", GOOD[:-2] + "x,n")
    assert refused(load, path).startswith("table: bad.csv, line 8, column post_neuron_id: 'x' is")


@pytest.mark.parametrize("ending", [b"30,105,108,3", b"30,105,108,3,", b"30,105,108,3,,,,1,1"])
def test_a_line_that_was_cut_off_is_no_row(load: Load, tmp_path: Path, ending: bytes) -> None:
    """Its last number may have lost digits, whatever the columns that it no longer has."""
    header = "id,x,y,z,size,score,note"
    path = write(tmp_path / "cut.csv", header, "29,105,108,8,5,0.5,whole", ending)
    mapping = {"center": ["x", "y", "z"]}
    number = "more" if ending.count(b",") > 6 else "fewer"
    sentence = f"table: cut.csv, line 3 has {number} values than the header."
    assert refused(load, path, mapping=mapping) == sentence


def test_values_that_are_empty_are_there(load: Load, tmp_path: Path) -> None:
    lines = ["id,x,y,z,size,score,note", "29,105,108,8,5,0.5,whole", "30,105,108,3,,,"]
    path = write(tmp_path / "own.csv", *lines)
    table = load(path, mapping={"center": ["x", "y", "z"], "id": "id", "size": "size"})
    assert table.row_count == 2


def test_a_line_without_end_takes_no_memory(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.datasets.gateways.tables.csv_files.BLOCK", 1 << 12)
    monkeypatch.setattr("apps.datasets.gateways.tables.csv_files.LONGEST_LINE", 1 << 20)
    path = write(tmp_path / "bad.csv", HEADER, GOOD, GOOD, "")
    with path.open("r+b") as file:
        file.truncate(5 << 30)  # a hole: five gigabytes of zeros and no end of a line
    told = refused(load, path)
    assert told.startswith("table: bad.csv, line 4 is longer than 1 MB")


def test_a_header_without_end(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.datasets.gateways.tables.csv_files.LONGEST_LINE", 1 << 20)
    path = tmp_path / "bad.csv"
    path.write_bytes(b"x" * (3 << 20))
    assert refused(load, path) == "table: bad.csv, line 1 is longer than 1 MB."


def test_lines_that_end_as_on_old_computers(load: Load, tmp_path: Path) -> None:
    path = write(tmp_path / "bad.csv", f"{HEADER}\r{GOOD}\r")
    assert refused(load, path).startswith("table: bad.csv has no line feeds; save it with")


def test_text_of_another_encoding_far_down(load: Load, tmp_path: Path) -> None:
    lines = [f"{GOOD},fine"] * 50_000
    path = write(tmp_path / "bad.csv", f"{HEADER},note", *lines, f"{GOOD},größe".encode("latin-1"))
    assert refused(load, path) == "table: bad.csv, line 50002 is not text in UTF-8."


def test_a_quotation_mark_that_is_not_closed(load: Load, tmp_path: Path) -> None:
    path = write(tmp_path / "bad.csv", HEADER, GOOD, f'"{GOOD}')
    assert "bad.csv is not a CSV file: unexpected end of data (line 3)" in refused(load, path)


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"\x1f\x8b\x08", "is compressed with gzip; unpack it first."),
        (b"PK\x03\x04", "is a zip archive or a spreadsheet; save the table as CSV or Parquet."),
        (b"\x80\x04\x95abc", "is a pickle, which could run programs; save the table as CSV or"),
        (b"FEA1", "is of the first version of Feather; save it in version 2."),
        (b"PAR1", "cannot be read as Parquet: "),
        (b"ARROW1", "cannot be read as Feather: "),
        (b"\xff\xff\xff\xff", "cannot be read as Arrow: "),
    ],
)
def test_files_that_are_no_tables(load: Load, tmp_path: Path, start: bytes, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(start + b"whatever comes then")
    assert refused(load, path).startswith(f"table: bad.csv {reason}")


def typed(**columns: pa.Array) -> pa.Table:
    values = {name: pa.array([value] * 3, pa.int64()) for name, value in ROW.items()}
    return pa.table(values | columns)


@pytest.mark.parametrize("write_table", [parquet.write_table, feather.write_feather])
def test_a_file_that_was_cut_off(load: Load, tmp_path: Path, write_table: Any) -> None:
    path = tmp_path / "cut"
    write_table(typed(), path)
    path.write_bytes(path.read_bytes()[:-100])
    assert "cut cannot be read as " in refused(load, path)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"pre_neuron_id": pa.array([1.0, 2.0, 3.0])},
         ", column pre_neuron_id holds double; it must hold a whole number from 0 to 2^64 - 1, and "
         "ids above 2^53 are not exact as floats: save it as int64 or uint64."),
        ({"x": pa.array([True] * 3)}, ", column x holds bool; it must hold a whole"),
        ({"x": pa.array([1.0, 2.5, 3.0])}, ", row 2, column x: 2.5 is not a whole number."),
        ({"x": pa.array([1.0, float("nan"), 3.0])}, ", row 2, column x: the value is missing."),
        ({"x": pa.array([1.0, 2.0, float("inf")])}, ", row 3, column x: inf is not a"),
        ({"x": pa.array([1, None, 3])}, ", row 2, column x: the value is missing."),
        ({"x": pa.array(["1", "2", "three"])}, ", row 3, column x: 'three' is not a"),
        ({"x": pa.array([1, 2, 2**63], pa.uint64())}, f", row 3, column x: {2**63} is out of"),
        ({"pre_neuron_id": pa.array([1, -2, 3])}, ", row 2, column pre_neuron_id: -2 is out of"),
        ({"x": pa.array([1, 5000, 3])}, ", row 2, x, y, z (5000, 10, 10) lies outside the cleft"),
    ],
)  # fmt: skip
def test_columns_of_other_types(
    load: Load, tmp_path: Path, columns: dict[str, pa.Array], sentence: str
) -> None:
    parquet.write_table(typed(**columns), tmp_path / "t.parquet")
    assert refused(load, tmp_path / "t.parquet").startswith(f"table: t.parquet{sentence}")


def test_whole_floats_are_coordinates(load: Load, tmp_path: Path) -> None:
    """As pandas makes them of whole numbers beside missing ones."""
    parquet.write_table(typed(x=pa.array([10.0] * 3)), tmp_path / "t.parquet")
    assert load(tmp_path / "t.parquet").instances.values_list("center_x").distinct().get() == (10,)


def test_lists_that_are_no_points(load: Load, tmp_path: Path) -> None:
    points = pa.array([[1, 2, 3], [1, 2], [1, None, 3]], pa.list_(pa.int64()))
    table = pa.table({"pre_pt_position": points, "post_pt_position": points})
    parquet.write_table(table, tmp_path / "t.parquet")
    told = refused(load, tmp_path / "t.parquet")
    assert told == (
        "table: t.parquet, row 2, column pre_pt_position: '[1, 2]' is not a list of three numbers."
        " 2 rows are refused in all."
    )


def test_a_table_without_rows(load: Load, tmp_path: Path) -> None:
    parquet.write_table(typed().slice(0, 0), tmp_path / "t.parquet")
    assert refused(load, tmp_path / "t.parquet") == "table: t.parquet has no rows."
