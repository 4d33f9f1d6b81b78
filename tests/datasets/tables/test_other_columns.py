"""The columns of a table that instances have no place for are kept, and found again."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet

from apps.core.errors import InvalidInputError
from apps.datasets.domain.column_blocks import ROWS
from apps.datasets.models import ColumnBlock, Dataset, SynapseTable
from apps.datasets.selectors.facts import own_columns
from apps.datasets.services.deleting import delete_dataset, delete_table
from apps.datasets.services.tables import TableInput, load_table
from tests.datasets.tables.conftest import ROW, Load
from tests.support.volumes import write_table

pytestmark = pytest.mark.django_db

MAPPING = {"center": "c", "id": "n"}
MOOD = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
CHANCE = st.none() | st.floats(allow_nan=False, allow_infinity=False)
OTHERS = st.fixed_dictionaries(
    {
        "mood": MOOD,
        "chance": CHANCE,
        "cell": st.none() | st.integers(0, 2**64 - 1),
        "few": st.none() | st.integers(-(2**31), 2**31 - 1),
        "seen": st.none() | st.booleans(),
        "path": st.none() | st.lists(st.integers(0, 9), max_size=3),
        "unit": st.none() | st.sampled_from(["nm", "µm"]),
    }
)
KINDS = {
    "mood": pa.string(),
    "chance": pa.float64(),
    "cell": pa.uint64(),
    "few": pa.int32(),
    "seen": pa.bool_(),
    "path": pa.list_(pa.int16()),
    "unit": pa.dictionary(pa.int8(), pa.string()),
}


def told(table: SynapseTable) -> dict[int, dict[str, Any]]:
    """The other columns of each instance, by its source id."""
    instances = list(table.instances.all())
    columns = own_columns(instances, table)
    own = set(table.own_columns)
    return {
        one.source_id: {column.name: column.value for column in its if column.name in own}
        for one, its in zip(instances, columns, strict=True)
    }


def as_told(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"cell": None if row["cell"] is None else str(row["cell"])}


def arrow(rows: list[dict[str, Any]], ids: list[int]) -> pa.Table:
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in KINDS.items()}
    places = pa.array([[5, 5, 5]] * len(rows), pa.list_(pa.int32()))
    return pa.table({"c": places, "n": pa.array(ids, pa.int64())} | columns)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(OTHERS, min_size=1, max_size=12),
    block=st.integers(1, 5),
    is_large=st.booleans(),
    is_feather=st.booleans(),
    draw=st.randoms(use_true_random=False),
)
def test_what_was_written_is_told_with_its_type(
    dataset: Dataset,
    tmp_path: Path,
    rows: list[dict[str, Any]],
    block: int,
    is_large: bool,
    is_feather: bool,
    draw: Any,
) -> None:
    path = tmp_path / "own"
    ids = draw.sample(range(100), len(rows))
    (feather.write_feather if is_feather else parquet.write_table)(arrow(rows, ids), path)
    with pytest.MonkeyPatch.context() as patched:
        for module in ("gateways.tables.column_blocks", "selectors.own_columns"):
            patched.setattr(f"apps.datasets.{module}.ROWS", block)
        patched.setattr("apps.datasets.domain.column_blocks.ROWS", block)
        patched.setattr("apps.datasets.services.loading.LARGE_TABLE_ROWS", 1 if is_large else 99)
        given = TableInput(path, name="own", mapping=MAPPING)
        table = load_table(dataset, given)
        assert table.own_columns == list(KINDS)
        assert told(table) == {n: as_told(row) for n, row in zip(ids, rows, strict=True)}
        assert table.blocks.count() == math.ceil(len(rows) / block)
    delete_table(table)
    assert not ColumnBlock.objects.exists()


def test_a_csv_is_told_as_it_stands(load: Load, tmp_path: Path) -> None:
    rows = [ROW | {"chance": "0.10", "mood": '"a, b"'}, ROW | {"chance": "", "mood": " "}]
    path = write_table(tmp_path / "own.csv", rows)
    path.write_text(path.read_text().replace('"""a, b"""', '"a, b"'))
    assert told(load(path)) == {
        0: {"chance": "0.10", "mood": "a, b"},
        1: {"chance": None, "mood": " "},
    }


def test_nan_is_no_number_of_json(load: Load, tmp_path: Path) -> None:
    places = pa.array([[5, 5, 5]] * 2, pa.list_(pa.int32()))
    path = tmp_path / "own.parquet"
    chances = pa.array([math.nan, math.inf], pa.float32())
    stamps = pa.array([0, None], pa.timestamp("ms"))
    parquet.write_table(pa.table({"c": places, "chance": chances, "at": stamps}), path)
    assert told(load(path, mapping={"center": "c"})) == {
        0: {"chance": "nan", "at": "1970-01-01 00:00:00.000"},
        1: {"chance": "inf", "at": None},
    }


@pytest.mark.parametrize("is_large", [False, True])
def test_rows_that_are_left_out_shift_nothing(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    """The second row lies nowhere and has the id of a later one, the fourth repeats an id."""
    monkeypatch.setattr("apps.datasets.services.loading.LARGE_TABLE_ROWS", 1 if is_large else 99)
    ids, x = [7, 9, 8, 7, 9], [5, -5, 5, 5, 5]
    rows = [
        {"x": at, "y": 5, "z": 5, "n": n, "mood": mood}
        for n, at, mood in zip(ids, x, "abcde", strict=True)
    ]
    path = write_table(tmp_path / "own.csv", rows)
    mapping = {"center": ["x", "y", "z"], "id": "n"}
    table = load(path, mapping=mapping, skip_refused=True)
    assert told(table) == {7: {"mood": "a"}, 8: {"mood": "c"}, 9: {"mood": "e"}}


def test_a_table_that_is_refused_leaves_nothing(load: Load, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{**ROW, "mood": "a"}, {**ROW, "x": -5, "mood": "b"}]
    with pytest.raises(InvalidInputError):
        load(write_table(tmp_path / "own.csv", rows))
    assert not ColumnBlock.objects.exists()


def test_columns_are_left_out_and_stay_so(dataset: Dataset, tmp_path: Path) -> None:
    row = ROW | {"mood": "a", "chance": "1", "secret": "s"}
    path = write_table(tmp_path / "own.csv", [row])
    first = load_table(dataset, TableInput(path, name="own", leave_out=["secret"]))
    again = load_table(dataset, TableInput(path, name="own"))
    none = load_table(dataset, TableInput(path, name="own", leave_out=["*"]))
    back = load_table(dataset, TableInput(path, name="own", leave_out=[]))
    kept = [one.own_columns for one in (first, again, none, back)]
    assert kept == [["mood", "chance"], ["mood", "chance"], [], ["mood", "chance", "secret"]]
    assert not none.blocks.exists()
    assert told(again)[0] == {"mood": "a", "chance": "1"}
    with pytest.raises(InvalidInputError, match="leave_out: the table has no column 'wealth'"):
        load_table(dataset, TableInput(path, name="own", leave_out=["wealth"]))
    delete_dataset(dataset)
    assert not ColumnBlock.objects.exists()


def test_too_many_columns_are_refused_with_a_way_out(load: Load, tmp_path: Path) -> None:
    path = write_table(tmp_path / "own.csv", [ROW | {f"c{n}": n for n in range(101)}])
    with pytest.raises(InvalidInputError, match=r"own\.csv has 101 columns beside those"):
        load(path)
    assert len(load(path, leave_out=["c7"]).own_columns) == 100


def test_rows_that_are_too_wide_name_the_column(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.datasets.gateways.tables.column_blocks.MOST_BYTES", 1 << 20)
    rows = [ROW | {"mood": "a", "story": "s" * 30_000} for _ in range(50)]
    path = write_table(tmp_path / "own.csv", rows)
    with pytest.raises(InvalidInputError, match=r"in rows 1 to 50 of .* leave out 'story'"):
        load(path)
    assert load(path, leave_out=["story"]).own_columns == ["mood"]


def test_columns_that_nobody_could_name_or_read_are_passed_over(load: Load, tmp_path: Path) -> None:
    names = [*ROW, "", "twice", "twice", "mood"]
    path = tmp_path / "own.csv"
    values = [*map(str, ROW.values()), "0", "1", "2", "a"]
    path.write_text(f"{','.join(names)}\n{','.join(values)}\n")
    assert told(load(path)) == {0: {"mood": "a"}}
    places = pa.array([[5, 5, 5]], pa.list_(pa.int32()))
    picture = tmp_path / "own.parquet"
    parquet.write_table(pa.table({"c": places, "png": pa.array([b"\x89PNG"])}), picture)
    assert load(picture, mapping={"center": "c"}).own_columns == []


def test_a_page_reads_one_block_for_neighbours(
    load: Load, tmp_path: Path, every_table_is_large: None, django_assert_num_queries: Any
) -> None:
    """Whatever the size of the table."""
    rows = [ROW | {"mood": n} for n in range(2 * ROWS + 5)]
    table = load(write_table(tmp_path / "own.csv", rows))
    assert table.blocks.count() == 3
    some = list(table.instances.filter(source_id__in=[5, 6, 7, ROWS, 2 * ROWS + 4]).order_by("pk"))
    with django_assert_num_queries(1):
        moods = [columns[-1].value for columns in own_columns(some, table)]
    assert moods == ["5", "6", "7", str(ROWS), str(2 * ROWS + 4)]
