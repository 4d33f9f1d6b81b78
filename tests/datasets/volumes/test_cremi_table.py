"""The annotated partners of a file of CREMI become a table that a dataset is made of as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from apps.datasets.models import SynapseTable
from tests.datasets.volumes.test_ingest import command, gray

IDS = (11, 5, 7, 2)
PLACES_NM = ((40.0, 80.0, 39.9), (80.0, 84.0, 60.0), (0.0, 0.0, 400.0), (9.0, 9.0, 9.0))
PARTNERS = ((5, 11), (7, 2))
OFFSET_NM = (40.0, 4.0, 8.0)


def sample(folder: Path, **changes: Any) -> Path:
    """A file in CREMI's layout: 4 × 4 × 40 nm, annotations that begin at an offset of their own."""
    neurons = np.arange(6 * 40 * 50, dtype=np.uint64).reshape(6, 40, 50) + 1
    neurons[3, 22, 17] = 2**64 - 1  # what CREMI writes where nothing is
    parts = {"ids": IDS, "locations": PLACES_NM, "presynaptic_site/partners": PARTNERS} | changes
    with h5py.File(folder / "sample.hdf", "w") as file:
        for name, array in (("raw", gray(shape=(6, 40, 120))), ("labels/neuron_ids", neurons)):
            dataset = file.create_dataset(f"volumes/{name}", data=array)
            dataset.attrs["resolution"] = (40.0, 4.0, 4.0)
        for name, values in parts.items():
            if values is not None:
                dtype = np.float32 if name == "locations" else np.uint64
                file.create_dataset(f"annotations/{name}", data=np.array(values, dtype))
        file["annotations"].attrs["offset"] = OFFSET_NM
    return folder / "sample.hdf"


def rows_of(path: Path) -> list[dict[str, int]]:
    with path.open() as file:
        return [{name: int(text) for name, text in row.items()} for row in csv.DictReader(file)]


def test_pairs_are_rows_in_voxels_with_the_neurons_that_lie_there(tmp_path: Path) -> None:
    printed = command(sample(tmp_path), tmp_path / "cremi")
    assert printed.splitlines()[-1] == (
        f"{tmp_path}/cremi/synapses.csv: 2 synapses, in voxels of the image."
    )
    first, second = rows_of(tmp_path / "cremi" / "synapses.csv")
    # Place 5, with the offset, is at 120, 88, 68 nm (z, y, x), and place 11 at 80, 84, 47.9.
    assert [first[f"pre_pt_{axis}"] for axis in "xyz"] == [17, 22, 3]
    assert [first[f"post_pt_{axis}"] for axis in "xyz"] == [11, 21, 2]
    assert [first[axis] for axis in "xyz"] == [14, 21, 2]
    assert first["pre_neuron_id"] == -1  # nothing is there
    assert first["post_neuron_id"] == 2 * 2000 + 21 * 50 + 11 + 1
    assert second["pre_pt_x"] == 102
    assert second["pre_neuron_id"] == -1  # beyond the neurons, within the image


@pytest.mark.django_db
def test_a_dataset_is_made_of_it_as_it_is(tmp_path: Path) -> None:
    source, target = sample(tmp_path), tmp_path / "cremi"
    for _ in range(2):  # the second time, all is there
        command(source, target)
    call_command(
        *("create_dataset", "cremi", "--image", f"file://{target}/image"),
        *("--cleft", f"file://{target}/neuron", "--table", f"{target}/synapses.csv"),
        *("--skip-refused", "--refused", str(tmp_path / "refused.csv")),
        stdout=io.StringIO(),
    )
    table = SynapseTable.objects.get()
    (kept,) = table.instances.all()  # the other one lies beyond what stands for clefts
    assert (kept.center, kept.post_root_id) == ((14, 21, 2), 5062)
    assert kept.pre_root_id is None


@pytest.mark.parametrize(
    "options", [("--resolution", 8, 8, 40), ("--offset", 0, 0, 0), ("--dataset", "volumes/raw")]
)
def test_no_table_where_the_volumes_lie_elsewhere(
    tmp_path: Path, options: tuple[object, ...]
) -> None:
    command(
        *(sample(tmp_path), tmp_path / "cremi", "--kind", "image", "--resolution", 4, 4, 40),
        *options,
    )
    assert not list(tmp_path.glob("**/synapses.csv"))


@pytest.mark.parametrize("partners", [None, np.zeros((0, 2))])
def test_no_table_where_nothing_is_annotated(tmp_path: Path, partners: Any) -> None:
    command(sample(tmp_path, **{"presynaptic_site/partners": partners}), tmp_path / "cremi")
    assert not (tmp_path / "cremi" / "synapses.csv").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ids": (11, 5, 7)}, r"annotations do not fit each other: ids \(3,\), locations \(4, 3\)"),
        ({"ids": (5, 5, 7, 2)}, "annotations/ids lists 5 twice"),
        ({"ids": (11, 5, 7, 3)}, "presynaptic_site/partners names 2, which is not in the ids"),
        ({"ids": None}, "annotations cannot be read"),
        ({"locations": np.full((4, 3), np.nan)}, "annotations/locations has no place for 11"),
        ({"presynaptic_site/partners": ((5,), (7,))}, "do not fit each other"),
    ],
)
def test_annotations_that_cannot_be(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=f"source: sample.hdf, .*{sentence}"):
        command(sample(tmp_path, **changes), tmp_path / "cremi")
    assert not (tmp_path / "cremi").exists()


def edited(path: Path) -> None:
    path.write_text(path.read_text().replace("-1", "77"))


@pytest.mark.parametrize("change", [edited, lambda path: path.write_text("mine")])
def test_a_table_that_somebody_edited_stays(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    source = sample(tmp_path)
    command(source, tmp_path / "cremi")
    table = tmp_path / "cremi" / "synapses.csv"
    change(table)
    before = table.read_text()
    with pytest.raises(CommandError, match=r"target: .*synapses.csv exists already; remove it"):
        command(source, tmp_path / "cremi")
    assert table.read_text() == before
