"""Tables of every layout and format become the same instances."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import feather, ipc, parquet

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.datasets.services.tables import TableInput, load_table
from tests.datasets.tables.conftest import Load
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.datasets import write_info

pytestmark = pytest.mark.django_db

LARGE_ID = 2**64 - 2  # more than a float or a signed number holds
CENTERS = [[100, 200, 300], [1, 2, 3]]
PRES, POSTS = [[90, 200, 300], None], [[110, 201, 301], [2, 2, 3]]
ROOTS: dict[str, list[Any]] = {
    "pre_pt_root_id": [LARGE_ID, 0],
    "post_pt_root_id": [864691135000000001, None],
}
Write = Callable[[pa.Table, Path], None]


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Write] = {
    "parquet": parquet.write_table,
    "feather": feather.write_feather,
    "arrow stream": write_stream,
}


def cave_table() -> pa.Table:
    points = pa.list_(pa.int64())
    return pa.table(
        {
            "id": pa.array([17, 5], pa.int64()),
            "ctr_pt_position": pa.array(CENTERS, points),
            "pre_pt_position": pa.array(PRES, points),
            "post_pt_position": pa.array(POSTS, points),
            **{name: pa.array(ids, pa.uint64()) for name, ids in ROOTS.items()},
            "size": pa.array([420, None], pa.int64()),
            "score": pa.array([0.5, float("nan")]),
            "valid": pa.array([True, True]),
        }
    )


def kept(table: SynapseTable) -> list[tuple[Any, ...]]:
    """What the database has of a table, by source id."""
    return [
        (
            *(one.source_id, one.center, one.pre_pt, one.post_pt),
            *(one.pre_root_id, one.post_root_id, one.size, one.score),
        )
        for one in Instance.objects.filter(table=table).order_by("source_id")
    ]


CAVE_ROWS = [
    (5, (1, 2, 3), None, (2, 2, 3), None, None, None, None),
    (
        *(17, (100, 200, 300), (90, 200, 300), (110, 201, 301)),
        *(LARGE_ID, 864691135000000001, 420, 0.5),
    ),
]


@pytest.mark.parametrize("kind", WRITERS)
def test_caves_tables_with_lists(load: Load, tmp_path: Path, kind: str) -> None:
    WRITERS[kind](cave_table(), tmp_path / "cave")
    table = load(tmp_path / "cave")
    assert (table.layout, table.row_count) == ("cave", 2)
    assert kept(table) == CAVE_ROWS


@pytest.mark.parametrize(
    ("lists", "column"),
    [("[{}, {}, {}]", True), ("[ {}  {}\n {} ]", True), ("({},{},{})", True), ("{};{};{}", False)],
)
def test_caves_tables_as_csv(load: Load, tmp_path: Path, lists: str, column: bool) -> None:
    """Lists as pandas writes those of Python and of numpy, or a column for each axis."""
    ends: dict[str, list[Any]] = {
        "ctr_pt_position": CENTERS,
        "pre_pt_position": PRES,
        "post_pt_position": POSTS,
    }
    rows = []
    for n in range(2):
        row: dict[str, Any] = {"": n, "id": [17, 5][n], "size": ["420.0", ""][n]}
        row |= {"score": ["5e-1", "nan"][n]} | {name: ids[n] for name, ids in ROOTS.items()}
        for name, points in ends.items():
            point = points[n]
            if column:
                row[name] = "" if point is None else lists.format(*point)
            else:
                row |= {
                    f"{name}_{a}": "" if point is None else point[i] for i, a in enumerate("xyz")
                }
        rows.append(row)
    path = tmp_path / "cave.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert kept(load(path)) == CAVE_ROWS


def test_without_a_centre_it_lies_midway(load: Load, tmp_path: Path) -> None:
    ends = cave_table().drop_columns(["ctr_pt_position", "id"]).slice(0, 1)
    parquet.write_table(ends, tmp_path / "ends")
    assert [row[:2] for row in kept(load(tmp_path / "ends"))] == [(0, (100, 200, 300))]


def test_any_table_with_a_mapping_that_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    table = pa.table(
        {"cx": [80.0, 7.9], "cy": [88.0, 8.0], "cz": [96.5, 0.0], "n": [3, 4], "pre": [-1, 9]}
    )
    parquet.write_table(table, tmp_path / "own.parquet")
    mapping = {"center": ["cx", "cy", "cz"], "id": "n", "pre_root_id": "pre", "no_neuron": -1}
    first = load_table(
        dataset,
        TableInput(tmp_path / "own.parquet", name="own", mapping=mapping, unit=Unit.NM),
    )
    again = load_table(dataset, TableInput(tmp_path / "own.parquet", name="own"))
    expected = [(3, (10, 11, 12), None), (4, (0, 1, 0), 9)]
    for version, loaded in enumerate((first, again), 1):
        assert (loaded.layout, loaded.unit, loaded.version) == ("mapping", "nm", version)
        assert [(row[0], row[1], row[4]) for row in kept(loaded)] == expected
    assert again.mapping == mapping


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({}, "name the columns of the center, or of both pre_pt and post_pt."),
        ({"centre": "c"}, "'centre' is none of center, pre_pt"),
        ({"center": ["x", "y"]}, "center is ['x', 'y']; it must be the name of a column or of"),
        ({"center": ["x", "y", "w"]}, "the table lacks w; it has pre_pt_x"),
        ({"center": ["x", "y", "y"]}, "the column y is named for two things."),
        ({"center": ["x", "y", "z"], "id": 4}, "id is 4; it must be the name of a column."),
        ({"center": ["x", "y", "z"], "no_neuron": "x"}, "no_neuron is 'x'; it must be -1 or"),
    ],
)
def test_a_mapping_that_does_not_fit(
    load: Load, tmp_path: Path, mapping: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        load(tmp_path / "dataset" / "synapses.csv", mapping=mapping)
    assert raised.value.sentence.startswith(f"mapping: {sentence}")
    assert raised.value.field == "mapping"


@needs_real_data("h01_points")
@pytest.mark.parametrize("unit", Unit)
def test_h01s_table_in_voxels_and_in_nm(db: None, tmp_path: Path, unit: Unit) -> None:
    path = REAL_DATA / "h01_points" / "synapses_pre_post_points.csv"
    place: dict[str, Any] = {"size": (600_000, 400_000, 5_300), "resolution": (8, 8, 30)}
    clefts = write_info(tmp_path / "c3", kind="segmentation", dtype="uint64", **place)
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, write_info(tmp_path / "em", **place)),
        VolumeInput(Volume.Kind.CLEFT, clefts),
    ]
    table = create_dataset("h01", volumes, TableInput(path, unit=unit))
    assert (table.layout, table.row_count, table.unit) == ("h01", 412, unit)
    columns = arrow_csv.read_csv(path).to_pydict()
    ends = [np.stack([columns[f"{end}_{a}"] for a in "xyz"], axis=1) for end in ("pre", "post")]
    rows = kept(table)
    assert [row[2] for row in rows] == [tuple(point) for point in ends[0].tolist()]
    assert [row[3] for row in rows] == [tuple(point) for point in ends[1].tolist()]
    assert [row[1] for row in rows] == [tuple(p) for p in ((ends[0] + ends[1]) // 2).tolist()]
    assert [row[4] for row in rows] == [one or None for one in columns["pre_agglo_id"]]
