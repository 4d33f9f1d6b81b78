"""The next version of a table is looked at as it would be loaded: like the one before."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from apps.datasets.domain.layouts import Unit
from apps.datasets.models import Instance, SynapseTable
from apps.datasets.services.planning_tables import examine_table
from apps.datasets.services.tables import TableInput, load_table
from tests.datasets.wizard.conftest import Planner
from tests.support.annotations import write_annotations

pytestmark = pytest.mark.django_db

OWN = {"center": ["a", "b", "c"]}


def centers_of(planner: Planner) -> list[tuple[int, ...]]:
    with planner.files.table.open() as file:
        return [tuple(int(row[axis]) for axis in "xyz") for row in csv.DictReader(file)]


def own_table(rows: list[tuple[int, ...]]) -> bytes:
    """Points alone, in columns that nobody knows."""
    return "".join(",".join(map(str, row)) + "\n" for row in [tuple("abc"), *rows]).encode()


def begin_again(planner: Planner, content: bytes, **table: Any) -> Any:
    """A plan of the next version, looked at."""
    planner.id = 0
    said = {"dataset": "tissue", "table": table, "crop_size": [96, 96, 6]}
    planner.id = planner.send("POST", body=said, status=201)["id"]
    planner.upload(content)
    return planner.looked_at()


def places(version: int) -> list[Any]:
    rows = Instance.objects.filter(table__version=version).order_by("source_id")
    return [row.center for row in rows]


def test_a_table_in_a_layout_of_its_own_is_described_once(planner: Planner) -> None:
    planner.begin()
    content = own_table(centers_of(planner))
    planner.upload(content)
    planner.change(table={"mapping": OWN})
    planner.save()
    plan = begin_again(planner, content)
    assert plan["problems"] == {}
    assert plan["examined"]["table"]["mapping"] == {**OWN, "no_neuron": 0}
    assert planner.save()["table"]["version"] == 2
    assert places(2) == places(1)


def test_coordinates_mean_what_they_meant_before(planner: Planner) -> None:
    """Counted in pairs of voxels, they lie inside the clefts however one takes them."""
    planner.begin()
    x, y, z = planner.send("GET")["examined"]["volumes"]["cleft"]["resolution_nm"]
    content = own_table([(a // 2, b // 2, c) for a, b, c in centers_of(planner)])
    planner.upload(content)
    planner.change(table={"mapping": OWN, "unit": "voxels", "resolution": [2 * x, 2 * y, z]})
    planner.save()
    table = begin_again(planner, content)["examined"]["table"]
    assert (table["unit"], table["resolution_nm"]) == ("voxels", [2 * x, 2 * y, z])
    assert (table["guessed"], table["usable"]) == ([], planner.files.rows)
    assert planner.save()["table"]["version"] == 2
    assert places(2) == places(1)
    # What is said now is what counts.
    other = begin_again(planner, content, resolution=[x, y, z])["examined"]["table"]
    assert other["resolution_nm"] == [x, y, z]


def test_of_two_tables_one_is_named(planner: Planner) -> None:
    planner.begin()
    planner.save()
    content = planner.files.table.read_bytes()
    first = SynapseTable.objects.get()
    load_table(first.dataset, TableInput(planner.files.table, name="others"))
    plan = begin_again(planner, content)
    assert plan["examined"]["tables"] == ["others", "synapses"]
    assert set(plan["problems"]) == {"table_name"}
    assert plan["problems"]["table_name"].startswith("table_name: the dataset 'tissue' has the")
    planner.send("POST", "/preview", status=400)
    assert planner.change(table={"name": "others"})["problems"] == {}
    made = planner.save()["table"]
    assert (made["name"], made["version"]) == ("others", 2)


@pytest.mark.parametrize(
    ("said", "field"), [({"unit": Unit.VOXELS}, "unit"), ({"layout": "cave"}, "layout")]
)
def test_what_a_source_does_not_allow_is_refused_at_once(
    tmp_path: Path, said: dict[str, Any], field: str
) -> None:
    address = write_annotations(tmp_path / "a", "point", [{"point": [1, 2, 3], "id": 1}])
    found, fault = examine_table(TableInput(address, **said), None)
    assert fault is not None
    assert fault.field == field
    assert found["columns"] == ["id", "center_x", "center_y", "center_z"]


def test_what_is_said_of_a_source_stands_beside_what_it_says_itself(tmp_path: Path) -> None:
    address = write_annotations(
        tmp_path / "a",
        "point",
        [{"point": [1, 2, 3], "id": 1, "kind": 4}],
        properties={"kind": "uint8"},
    )
    given = TableInput(address, mapping={"size": "kind"})
    found, fault = examine_table(given, None)
    assert fault is None
    assert found["mapping"] == {
        **{"center": ["center_x", "center_y", "center_z"], "id": "id"},
        **{"size": "kind", "no_neuron": 0},
    }
