"""Versions of tables are loaded whole or not at all, into a partition of their own where large."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from apps.campaigns.models import Membership
from apps.core.errors import ConflictError, InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.numbering import first_id
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.services.deleting import delete_table
from apps.datasets.services.partitions import do_cancellable, partition_name
from apps.datasets.services.refusals import refusals_csv
from apps.datasets.services.tables import TableInput, load_table
from apps.proofreading.services.campaigns import open_campaign
from apps.voxels.geometry import Box
from apps.voxels.morton import morton_codes
from tests.datasets.tables.conftest import ROW, Load
from tests.support.counts import counts
from tests.support.people import Team
from tests.support.volumes import write_table
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db

OWN = {"center": "c", "pre_pt": "pre", "post_pt": "post", "pre_root_id": "a", "id": "n"}
OWN |= {"post_root_id": "b", "size": "size", "score": "score"}
POINTS = st.none() | st.lists(st.integers(0, 1023), min_size=3, max_size=3)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "c": POINTS.filter(bool),
            "pre": POINTS,
            "post": POINTS,
            "a": st.none() | st.integers(1, 2**64 - 1),
            "b": st.none() | st.integers(1, 2**64 - 1),
            "size": st.none() | st.integers(0, 2**40),
            "score": st.none() | st.floats(-1e6, 1e6),
        }
    ),
    min_size=1,
    max_size=30,
)


def own_tables() -> set[str]:
    """The tables of the database that hold instances."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class "
            "WHERE relkind IN ('r', 'p') AND starts_with(relname, 'datasets_instance')"
        )
        return {row[0] for row in cursor.fetchall()}


def write_own(path: Path, rows: list[dict[str, Any]], ids: list[int]) -> Path:
    kinds = {"c": pa.list_(pa.int32()), "a": pa.uint64(), "b": pa.uint64(), "score": pa.float64()}
    kinds |= {"pre": kinds["c"], "post": kinds["c"], "size": pa.int64()}
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    parquet.write_table(pa.table(columns | {"n": pa.array(ids, pa.int64())}), path)
    return path


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, is_large=st.booleans())
def test_what_is_loaded_is_what_was_written(
    dataset: Dataset, tmp_path: Path, rows: list[dict[str, Any]], is_large: bool
) -> None:
    path = write_own(tmp_path / "own", rows, [3 * n for n in range(len(rows))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.datasets.services.loading.LARGE_TABLE_ROWS", 1 if is_large else 10**6)
        table = load_table(dataset, TableInput(path, name="own", mapping=OWN))
    loaded = list(Instance.objects.filter(table=table).order_by("source_id"))
    assert table.row_count == len(loaded) == len(rows)
    assert (loaded[0].pk >= first_id(table.pk)) is is_large
    for number, (one, row) in enumerate(zip(loaded, rows, strict=True)):
        points = {name: row[name] and tuple(row[name]) for name in ("c", "pre", "post")}
        assert (one.center, one.pre_pt, one.post_pt) == tuple(points.values())
        assert (one.source_id, one.size, one.score) == (3 * number, row["size"], row["score"])
        assert (one.pre_root_id, one.post_root_id) == (row["a"], row["b"])
        box = Box.around([point for point in (one.center, one.pre_pt, one.post_pt) if point])
        assert (one.box_lo_x, one.box_lo_y, one.box_lo_z) == box.lo
        assert (one.box_hi_x, one.box_hi_y, one.box_hi_z) == box.hi
        assert one.place == morton_codes(np.array([one.center]))[0]


@pytest.mark.usefixtures("every_table_is_large")
class TestLargeTables:
    def test_the_partition_has_indexes_of_its_own(self, load: Load, tmp_path: Path) -> None:
        table = load(write_table(tmp_path / "t.csv", [ROW, ROW]))
        other = load(write_table(tmp_path / "other.csv", [ROW, ROW]))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(indexdef) FROM pg_indexes WHERE tablename = %s",
                [partition_name(table.pk)],
            )
            indexes = " ".join(cursor.fetchone()[0])
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(
                "EXPLAIN SELECT * FROM datasets_instance "
                "WHERE table_id = %s AND place BETWEEN 1 AND 2",
                [table.pk],
            )
            plan = "\n".join(row[0] for row in cursor.fetchall())
        for column in ("(id)", "(place)", "(pre_root_id)", "(post_root_id)", "(source_id)"):
            assert column in indexes
        assert f"Index Scan using {partition_name(table.pk)}_place" in plan
        assert partition_name(other.pk) not in plan

    def test_it_is_deleted_as_a_whole(self, load: Load, tmp_path: Path) -> None:
        before = own_tables()
        table = load(write_table(tmp_path / "t.csv", [ROW, ROW]))
        assert own_tables() == before | {partition_name(table.pk)}
        delete_table(table)
        assert own_tables() == before
        assert not SynapseTable.objects.filter(name="t.csv").exists()

    def test_a_campaign_keeps_it(self, load: Load, tmp_path: Path, team: Team) -> None:
        table = load(write_table(tmp_path / "t.csv", [ROW] * 6))
        open_campaign("Keeps", table, {team.anna: Membership.Role.ANNOTATOR}, page_size=6)
        with pytest.raises(
            ConflictError, match=r"t\.csv v1 cannot be deleted: the campaign Keeps has it\."
        ):
            delete_table(table)
        assert table.instances.count() == 6

    def test_a_refused_table_leaves_nothing(self, load: Load, tmp_path: Path) -> None:
        before = counts(), own_tables()
        with pytest.raises(InvalidInputError):
            load(write_table(tmp_path / "t.csv", [ROW, ROW | {"x": -1}]))
        assert (counts(), own_tables()) == before


def test_a_small_table_is_deleted_too(load: Load, tmp_path: Path) -> None:
    before = counts()
    delete_table(load(write_table(tmp_path / "t.csv", [ROW, ROW])))
    assert counts() == before


def test_versions_follow_each_other_and_keep_their_rows(dataset: Dataset, tmp_path: Path) -> None:
    path = write_table(tmp_path / "new.csv", [ROW | {"x": 8}, ROW])
    second = load_table(dataset, TableInput(path, unit=Unit.NM, resolution=(16, 16, 16)))
    third = load_table(dataset, TableInput(path))
    versions = dataset.tables.order_by("version").values_list("name", "version", "row_count")
    assert list(versions) == [("synapses", 1, 1), ("synapses", 2, 2), ("synapses", 3, 2)]
    for version in (second, third):  # what is not said again is as before
        assert (version.unit, tuple(version.resolution)) == ("nm", (16, 16, 16))
        assert version.instances.get(source_id=0).center == (0, 0, 0)
    assert dataset.tables.get(version=1).instances.get().center == (10, 10, 10)


@pytest.mark.parametrize("size", ["small", "large"])
def test_an_id_that_is_there_twice(
    load: Load, tmp_path: Path, size: str, request: pytest.FixtureRequest
) -> None:
    if size == "large":
        request.getfixturevalue("every_table_is_large")
    row = dict.fromkeys(("pre", "post", "a", "b", "size", "score")) | {"c": [1, 2, 3]}
    path = write_own(tmp_path / "own", [row] * 5, [7, 8, 7, 9, 7])
    before = counts(), own_tables()
    with pytest.raises(InvalidInputError) as raised:
        load(path, mapping=OWN)
    assert raised.value.sentence == (
        "table: own, row 3, column n: 7 is the id of row 1 already. 2 rows are refused in all."
    )
    assert (counts(), own_tables()) == before
    table = load(path, mapping=OWN, skip_refused=True)
    assert table.row_count == 3
    assert list(table.instances.order_by("pk").values_list("source_id", flat=True)) == [7, 8, 9]
    assert [line.split(",")[:2] for line in refusals_csv(table).splitlines()[1:]] == [
        ["3", "n"],
        ["5", "n"],
    ]


@pytest.mark.parametrize("stage", ["reading", "indexing"])
def test_what_is_broken_off_leaves_nothing(load: Load, tmp_path: Path, stage: str) -> None:
    """As Ctrl-C does it."""
    path = write_table(tmp_path / "t.csv", [ROW] * 3)
    before = counts(), own_tables()

    def break_off(at: str, rows: int) -> None:
        assert rows == 3
        if at == stage:
            raise KeyboardInterrupt

    dataset = Dataset.objects.get()
    with pytest.raises(KeyboardInterrupt):
        load_table(dataset, TableInput(path, name="t"), on_progress=break_off)
    assert (counts(), own_tables()) == before
    assert "reads ahead" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.django_db(transaction=True)
def test_two_load_a_version_at_once(dataset: Dataset, tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.csv", [ROW])
    told: list[str] = []

    def load_it_too() -> None:
        try:
            load_table(dataset, TableInput(path))
        except ConflictError as error:
            told.append(error.sentence)
        finally:
            connection.close()

    with transaction.atomic():  # as in a restore: it is seen when all of that is done
        assert load_table(dataset, TableInput(path)).version == 2
        later = threading.Thread(target=load_it_too)
        later.start()
        later.join(20)
        assert not later.is_alive()
    assert told == ["table: a version of 'synapses' is being loaded at this moment."]
    assert load_table(dataset, TableInput(path)).version == 3


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_what_the_database_is_at() -> None:
    """An index of a large table takes minutes: nobody waits for it to end."""

    def press_when_it_runs() -> None:
        try:
            wait_for(lambda: _is_running("pg_sleep(100)"), "the statement")
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            connection.close()

    presser = threading.Thread(target=press_when_it_runs)
    presser.start()
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        do_cancellable("SELECT pg_sleep(100)")
    presser.join(20)
    assert not _is_running("pg_sleep(100)")


def _is_running(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
            "pid <> pg_backend_pid() AND query LIKE %s",
            [f"%{statement}%"],
        )
        return bool(cursor.fetchone()[0])
