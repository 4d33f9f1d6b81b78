"""Folders of precomputed annotations are tables, however they are stored."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv

from apps.datasets.domain.layouts import Unit, layout_of_mapping
from apps.datasets.gateways.tables import open_table
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.datasets.services.tables import TableInput, load_table
from tests.datasets.tables.conftest import Load
from tests.datasets.volumes.stored import served
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.annotations import SHARDING, shard_by_id, spread, write_annotations
from tests.support.datasets import write_info

pytestmark = pytest.mark.django_db

LARGE_ID = 2**64 - 2  # more than a float or a signed number holds
GRIDS = [(1, 1, 1), (2, 2, 1), (4, 2, 2)]
Lay = Callable[[Path], None]


def as_written(_folder: Path) -> None:
    """One chunk, and a file for each annotation."""


def in_levels(folder: Path) -> None:
    spread(folder, GRIDS)


def in_shards(folder: Path) -> None:
    spread(folder, GRIDS, sharding=SHARDING)
    shard_by_id(folder, SHARDING | {"hash": "murmurhash3_x86_128"})


def in_plain_shards(folder: Path) -> None:
    plain = SHARDING | {"minishard_index_encoding": "raw", "data_encoding": "raw"}
    spread(folder, GRIDS, sharding=plain)
    shard_by_id(folder, plain)


LAYINGS = [as_written, in_levels, in_shards, in_plain_shards]


def rows_of(table: SynapseTable) -> list[Instance]:
    return list(Instance.objects.filter(table=table).order_by("source_id"))


def some_lines(count: int = 60) -> list[dict[str, Any]]:
    """Lines as long as synapses are, some over the borders of cells, with neurons."""
    random = np.random.default_rng(7)
    starts = random.uniform(40, 900, (count, 3)).astype(np.float32)
    ends = starts + random.uniform(-30, 30, (count, 3)).astype(np.float32)
    return [
        {
            **{"point_a": starts[n].tolist(), "point_b": ends[n].tolist(), "id": 3 * n},
            **{"pre_cell": LARGE_ID - n, "post_cell": [n] if n else []},
            **{"score": n / 8, "kind": n % 3, "color": "#ff8000"},
        }
        for n in range(count)
    ]


PROPERTIES = {"kind": "uint8", "color": "rgb", "score": "float32"}


@pytest.mark.parametrize("lay", LAYINGS)
def test_lines_are_synapses_with_both_sides(load: Load, tmp_path: Path, lay: Lay) -> None:
    lines = some_lines()
    folder = tmp_path / "synapses"
    both = ("pre_cell", "post_cell")
    address = write_annotations(folder, "line", lines, relationships=both, properties=PROPERTIES)
    lay(folder)
    table = load(address, name="lines")
    assert (table.row_count, tuple(table.resolution), table.unit) == (60, (8, 8, 8), "nm")
    assert table.source == address
    for one, line in zip(rows_of(table), lines, strict=True):
        assert one.source_id == line["id"]
        assert one.pre_pt == tuple(int(at) for at in line["point_a"])
        assert one.post_pt == tuple(int(at) for at in line["point_b"])
        assert one.pre_root_id == line["pre_cell"]
        assert one.post_root_id == (line["post_cell"] or [None])[0]
        assert one.score == line["score"]


@pytest.mark.parametrize("lay", LAYINGS)
def test_without_neurons_the_spatial_index_alone_is_read(
    load: Load, tmp_path: Path, lay: Lay
) -> None:
    address = write_annotations(tmp_path / "a", "line", [
        {key: value for key, value in line.items() if key in ("point_a", "point_b", "id")}
        for line in some_lines()
    ])  # fmt: skip
    lay(tmp_path / "a")
    for file in (tmp_path / "a" / "by_id").iterdir():
        file.unlink()
    table = load(address, mapping={"pre_pt": "b", "post_pt": "a"})
    lines = some_lines()
    assert [one.source_id for one in rows_of(table)] == [line["id"] for line in lines]
    for one, line in zip(rows_of(table), lines, strict=True):
        assert one.post_pt == tuple(int(at) for at in line["point_a"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ends=st.lists(st.lists(st.integers(0, 8), min_size=6, max_size=6), min_size=1, max_size=20),
    is_line=st.booleans(),
    grids=st.sampled_from([GRIDS, [(4, 1, 2)], [(2, 2, 2), (4, 4, 4), (8, 8, 8)]]),
    is_sharded=st.booleans(),
    seed=st.integers(0, 99),
)
def test_each_is_read_once_however_it_lies_to_the_borders_of_chunks(
    tmp_path_factory: pytest.TempPathFactory,
    ends: list[list[int]],
    is_line: bool,
    grids: list[tuple[int, int, int]],
    is_sharded: bool,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("a")
    if is_line:
        rows = [{"point_a": one[:3], "point_b": one[3:], "id": n} for n, one in enumerate(ends)]
    else:
        rows = [{"point": one[:3], "id": n} for n, one in enumerate(ends)]
    address = write_annotations(folder, "line" if is_line else "point", rows)
    spread(folder, grids, sharding=SHARDING if is_sharded else None, seed=seed)
    table = open_table(address)
    layout = layout_of_mapping(table.told.mapping or {} if table.told else {}, table.columns)
    found: dict[int, list[float]] = {}
    for batch in table.batches():
        raw = batch.rows(layout.wanted(Unit.NM))
        assert layout.id is not None
        points = [
            raw.columns[name][0].values for one in layout.points.values() for name in one.names
        ]
        for n, one in enumerate(raw.columns[layout.id][0].values.tolist()):
            assert one not in found
            found[one] = [float(values[n]) / 8 for values in points]
    assert found == {n: one if is_line else one[:3] for n, one in enumerate(ends)}


def test_points_in_any_unit_and_order_of_axes(load: Load, tmp_path: Path) -> None:
    points = [
        {"point": [2.5, 20.25, 100.999], "id": 5, "size": 7},
        {"point": [0.0, 1023.5, 1.0], "id": 2**63 - 1, "size": -1},
    ]
    address = write_annotations(
        tmp_path / "points",
        "point",
        points,
        axes=("z", "x", "y"),
        scales=(4e-8, 4e-9, 8e-9),
        unit="m",
        properties={"size": "int16"},
    )
    table = load(address, name="points")
    assert tuple(table.resolution) == (4, 8, 40)
    assert [(one.center, one.size) for one in rows_of(table)] == [
        ((20, 100, 2), 7),
        ((1023, 1, 0), -1),
    ]
    again = load(address, name="points", resolution=(8, 8, 8))
    assert again.version == 2
    assert [one.center for one in rows_of(again)] == [(10, 100, 12), (511, 1, 0)]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("axis_aligned_bounding_box", {"point_a": [10, 30, 50], "point_b": [20, 20, 61]}),
        ("ellipsoid", {"center": [15, 25, 55.5], "radii": [3, 2, 1]}),
    ],
)
def test_boxes_and_ellipsoids_have_a_centre(
    load: Load, tmp_path: Path, kind: str, row: dict[str, Any]
) -> None:
    address = write_annotations(tmp_path / "a", kind, [row | {"id": 4}])
    assert [one.center for one in rows_of(load(address))] == [(15, 25, 55)]


@pytest.mark.parametrize("lay", LAYINGS)
def test_a_web_server_that_lists_nothing(load: Load, tmp_path: Path, lay: Lay) -> None:
    both = ("pre_cell", "post_cell")
    write_annotations(
        tmp_path / "a", "line", some_lines(20), relationships=both, properties=PROPERTIES
    )
    lay(tmp_path / "a")
    with served(tmp_path) as server:
        table = load(f"precomputed://{server.address}/a", name="far")
    assert [one.pre_root_id for one in rows_of(table)] == [LARGE_ID - n for n in range(20)]


def test_many_small_chunks_and_batches(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.datasets.gateways.tables.annotations.ROWS", 7)
    points = [{"point": [n, n, n], "id": n} for n in range(50)]
    address = write_annotations(tmp_path / "a", "point", points)
    spread(tmp_path / "a", GRIDS)
    assert [one.center for one in rows_of(load(address))] == [(n, n, n) for n in range(50)]


def test_at_the_command_line(dataset: Dataset, tmp_path: Path) -> None:
    points = [{"point": [n, n, n], "id": n, "sure": n / 2} for n in range(3)]
    address = write_annotations(tmp_path / "cells", "point", points, properties={"sure": "float32"})
    output = io.StringIO()
    call_command(
        *("load_table", dataset.name, f"{address}#levels=0"),
        *("--name", "cells", "--map", '{"score": "sure"}'),
        stdout=output,
    )
    assert output.getvalue() == (
        "Table 'cells' of dataset 'empty', version 1: 3 instances. Layout: mapping, in nm.\n"
    )
    call_command("load_table", dataset.name, address, "--name", "cells", stdout=output)
    second = SynapseTable.objects.get(name="cells", version=2)
    assert second.source == address
    assert [one.score for one in rows_of(second)] == [0, 0.5, 1]


@needs_real_data("h01_points")
@pytest.mark.parametrize("lay", [in_levels, in_shards])
def test_h01s_synapses_as_lines(db: None, tmp_path: Path, lay: Lay) -> None:
    """The real synapses as Neuroglancer would show them are the same instances as from the CSV."""
    path = REAL_DATA / "h01_points" / "synapses_pre_post_points.csv"
    place: dict[str, Any] = {"size": (600_000, 400_000, 5_300), "resolution": (8, 8, 30)}
    clefts = write_info(tmp_path / "c3", kind="segmentation", dtype="uint64", **place)
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, write_info(tmp_path / "em", **place)),
        VolumeInput(Volume.Kind.CLEFT, clefts),
    ]
    plain = create_dataset("h01", volumes, TableInput(path))
    rows = arrow_csv.read_csv(path).to_pylist()
    lines = [
        {
            "point_a": [row[f"pre_{axis}"] for axis in "xyz"],
            "point_b": [row[f"post_{axis}"] for axis in "xyz"],
            **{"pre": row["pre_agglo_id"], "post": row["post_agglo_id"], "id": number},
        }
        for number, row in enumerate(rows)
    ]
    for line in lines:
        for side in ("pre", "post"):  # 0 is no neuron
            line[side] = [line[side]] if line[side] else []
    folder = tmp_path / "lines"
    address = write_annotations(
        folder, "line", lines, scales=(8, 8, 30), relationships=("pre", "post")
    )
    lay(folder)
    table = load_table(plain.dataset, TableInput(address, name="lines"))
    assert table.row_count == 412
    for one, other in zip(rows_of(table), rows_of(plain), strict=True):
        assert (one.center, one.pre_pt, one.post_pt) == (other.center, other.pre_pt, other.post_pt)
        assert (one.pre_root_id, one.post_root_id) == (other.pre_root_id, other.post_root_id)


@needs_real_data("precomputed")
def test_h01s_annotations(db: None, tmp_path: Path) -> None:
    """A real folder, of which only the first level was copied."""
    folder = REAL_DATA / "precomputed" / "test_precomputed_annotation"
    place: dict[str, Any] = {"size": (600_000, 400_000, 5_300), "resolution": (8, 8, 33)}
    clefts = write_info(tmp_path / "c3", kind="segmentation", dtype="uint64", **place)
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, write_info(tmp_path / "em", **place)),
        VolumeInput(Volume.Kind.CLEFT, clefts),
    ]
    given = TableInput(
        f"precomputed://file://{folder}#levels=0",
        mapping={"score": "class_label"},
        resolution=(8, 8, 33),
    )
    table = create_dataset("h01", volumes, given)
    content = gzip.decompress((folder / "spatial0" / "0_0_0.gz").read_bytes())
    kind = np.dtype([("at", "<f4", 3), ("class_label", "<i4")])
    count = int.from_bytes(content[:8], "little")
    records = np.frombuffer(content, kind, count, 8)
    ids = np.frombuffer(content, "<u8", count, 8 + 16 * count)
    assert (table.name, table.row_count) == ("test_precomputed_annotation", 10_043)
    order = np.argsort(ids)
    expected = np.floor(records["at"][order].astype(float) / (8, 8, 33) + 1e-6).astype(int)
    rows = rows_of(table)
    assert [one.source_id for one in rows] == ids[order].tolist()
    assert [one.center for one in rows] == [tuple(point) for point in expected.tolist()]
    assert [one.score for one in rows] == records["class_label"][order].tolist()
    exact = load_table(table.dataset, TableInput(given.path, name="in nm"))
    assert tuple(exact.resolution) == (1, 1, 1)
    assert [one.center for one in rows_of(exact)] == [
        tuple(int(at) for at in point) for point in records["at"][order].tolist()
    ]
