"""Whoever brings a table with bad rows gets them back with the reasons."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from apps.core.errors import NotFoundError
from apps.datasets.gateways.tables import open_table
from apps.datasets.models import Dataset, RefusedRows
from apps.datasets.services.refusals import RefusedRowsError, refusals_csv
from apps.datasets.services.tables import find_version
from tests.datasets.tables.conftest import ROW, Load
from tests.support.annotations import SHARDING, shard_by_id, spread, write_annotations
from tests.support.counts import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Five rows of which the second, the third and the fifth cannot be used."""
    row: dict[str, object] = {**ROW}
    rows = [
        row | {"note": "good"},
        row | {"y": "10.5", "note": "=HYPERLINK(1)"},
        row | {"x": 5000, "note": "far, away"},
        row | {"note": "good"},
        row | {"x": "", "note": ""},
    ]
    path = tmp_path / "mixed.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_all_are_told_and_nothing_is_loaded(load: Load, mixed: Path) -> None:
    before = counts()
    with pytest.raises(RefusedRowsError) as raised:
        load(mixed)
    assert counts() == before
    assert raised.value.sentence == (
        "table: mixed.csv, line 3, column y: '10.5' is not a whole number. "
        "3 rows are refused in all."
    )
    assert raised.value.details == {"refused_rows": 3}
    rows = lines(raised.value.report.as_csv())
    assert [(row["line"], row["column"]) for row in rows] == [
        ("3", "y"),
        ("4", "x, y, z"),
        ("6", "x"),
    ]
    assert rows[0]["y"] == "10.5"
    assert rows[0]["note"] == "'=HYPERLINK(1)"
    assert rows[1]["note"] == "far, away"
    assert rows[1]["reason"].startswith("(5000, 10, 10) lies outside the cleft volume")
    assert rows[2]["reason"] == "the value is missing"


def test_the_others_are_loaded_if_wanted(load: Load, mixed: Path) -> None:
    table = load(mixed, skip_refused=True)
    assert table.row_count == 2
    assert list(table.instances.order_by("pk").values_list("source_id", flat=True)) == [0, 3]
    assert [row["line"] for row in lines(refusals_csv(table))] == ["3", "4", "6"]


def test_few_are_kept_and_all_are_counted(
    load: Load, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.datasets.services.refusals.MOST_KEPT", 2)
    table = load(mixed, skip_refused=True)
    assert [row["line"] for row in lines(refusals_csv(table))] == ["3", "4"]
    kept = RefusedRows.objects.get(table=table)
    assert (kept.count, kept.kept) == (3, 2)


def test_a_table_of_which_no_row_is_left(load: Load, mixed: Path) -> None:
    header, *rows = mixed.read_text().splitlines(keepends=True)
    mixed.write_text(header + rows[1] + rows[4])
    with pytest.raises(RefusedRowsError, match="2 rows are refused in all"):
        load(mixed, skip_refused=True)


def test_repeated_ids_stand_with_the_rows_own_values(load: Load, tmp_path: Path) -> None:
    """Also of files with columns that are not read, and with two of the same name."""
    columns = [["a", "b", "c"], [5, 6, 7], [5, 6, 7], [5, 6, 7], [70, 80, 70], ["d", "e", "f"]]
    names = ["note", "x", "y", "z", "n", "note"]
    path = tmp_path / "own.parquet"
    parquet.write_table(pa.table([pa.array(one) for one in columns], names=names), path)
    table = load(path, mapping={"center": ["x", "y", "z"], "id": "n"}, skip_refused=True)
    (row,) = lines(refusals_csv(table))
    assert row == {
        **{"row": "3", "column": "n", "reason": "70 is the id of row 1 already"},
        **{"x": "7", "y": "7", "z": "7", "n": "70"},
    }


def test_the_number_of_refused_rows_says_what_it_covers(load: Load, tmp_path: Path) -> None:
    """Ids are compared when all else is well; else whoever mends what is told meets more later."""
    path = tmp_path / "own.csv"
    path.write_text("n,x,y,z\n1,5,5,5\n1,6,6,6\n2,far,5,5\n3,5,5,5\n3,6,6,6\n")
    mapping = {"center": ["x", "y", "z"], "id": "n"}
    with pytest.raises(RefusedRowsError) as raised:
        load(path, mapping=mapping)
    assert raised.value.sentence == (
        "table: own.csv, line 4, column x: 'far' is not a whole number. "
        "Whether rows have the id of an earlier one was not looked at yet."
    )
    assert [row["line"] for row in lines(raised.value.report.as_csv())] == ["4"]
    table = load(path, mapping=mapping, skip_refused=True)
    assert [row["line"] for row in lines(refusals_csv(table))] == ["3", "4", "6"]
    path.write_text("n,x,y,z\n1,5,5,5\n1,6,6,6\n3,5,5,5\n3,6,6,6\n")
    with pytest.raises(RefusedRowsError, match=r"already\. 2 rows are refused in all\.$"):
        load(path, mapping=mapping)


def test_numbers_stand_as_they_were(load: Load, tmp_path: Path) -> None:
    """The file is mended and loaded again; only what could be a formula is changed in it."""
    path = tmp_path / "own.csv"
    path.write_text("x,y,z,n,note\n-5,+6.5,-1e3,-.5,-5+cmd\n1,1,1,1,fine\n")
    table = load(path, mapping={"center": ["x", "y", "z"]}, skip_refused=True)
    (row,) = lines(refusals_csv(table))
    assert [row[name] for name in ("x", "y", "z", "n")] == ["-5", "+6.5", "-1e3", "-.5"]
    assert row["note"] == "'-5+cmd"


def test_repeated_ids_of_annotations_that_are_read_by_id(load: Load, tmp_path: Path) -> None:
    """The index by id has another order than the spatial index."""
    points = [
        {"point": [9 * n] * 3, "id": 100 - n, "cell": [n + 1], "kind": n % 10} for n in range(20)
    ]
    folder = tmp_path / "a"
    address = write_annotations(
        folder, "point", points, relationships=["cell"], properties={"kind": "uint8"}
    )
    spread(folder, [(2, 2, 2)])
    shard_by_id(folder, SHARDING | {"hash": "murmurhash3_x86_128"})
    table = load(address, mapping={"id": "kind", "pre_root_id": "cell"}, skip_refused=True)
    rows = lines(refusals_csv(table))
    assert len(rows) == 10
    kinds = {str(one["id"]): str(one["kind"]) for one in points}
    for row in rows:
        assert row["column"] == "kind"
        assert row["kind"] == kinds[row["id"]]
        assert row["reason"].startswith(f"{row['kind']} is the id of ")


def test_rows_are_shown_with_columns_of_the_same_name(tmp_path: Path) -> None:
    path = tmp_path / "twice.parquet"
    parquet.write_table(pa.table([pa.array([1]), pa.array(["b"])], names=["n", "n"]), path)
    (batch,) = open_table(path).batches()
    assert batch.recorded == ("n", "n")
    assert [record.values for record in batch.records([0])] == [("1", "b")]


def test_no_row_was_refused(dataset: Dataset) -> None:
    with pytest.raises(NotFoundError, match="no row of synapses v1 was refused"):
        refusals_csv(find_version(dataset, "synapses", 1))


def test_at_the_command_line(dataset: Dataset, mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as raised:
        call_command("load_table", "empty", str(mixed))
    assert str(raised.value).endswith(
        f"3 rows are refused in all. They are in {tmp_path}/mixed.refused.csv; nothing was loaded."
    )
    written = (tmp_path / "mixed.refused.csv").read_text()
    assert [row["line"] for row in lines(written)] == ["3", "4", "6"]

    output = io.StringIO()
    target = tmp_path / "elsewhere.csv"
    call_command(
        *("load_table", "empty", str(mixed), "--skip-refused", "--refused", str(target)),
        stdout=output,
    )
    assert output.getvalue() == (
        "Table 'synapses' of dataset 'empty', version 2: 2 instances. 3 rows were refused; the "
        f"first 3 are in {target}.\n"
    )
    assert target.read_text() == written

    output = io.StringIO()
    call_command("delete_table", "empty", "synapses", "2", stdout=output)
    assert output.getvalue() == "Deleted table 'synapses', version 2, with 2 instances.\n"
    with pytest.raises(CommandError, match="has no table 'synapses' of version 2"):
        call_command("delete_table", "empty", "synapses", "2")
