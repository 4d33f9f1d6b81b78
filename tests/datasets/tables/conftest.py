"""A dataset without voxels to load tables into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.datasets.gateways.tables import table_stem
from apps.datasets.models import Dataset, SynapseTable
from apps.datasets.services.tables import TableInput, load_table
from tests.support.datasets import make_empty_dataset

Load = Callable[..., SynapseTable]
ROW = {
    **{"pre_pt_x": 8, "pre_pt_y": 9, "pre_pt_z": 10, "post_pt_x": 12, "post_pt_y": 11},
    **{"post_pt_z": 10, "x": 10, "y": 10, "z": 10, "pre_neuron_id": 1, "post_neuron_id": -1},
}


@pytest.fixture
def dataset(db: None, tmp_path: Path) -> Dataset:
    """Volumes of 1024³ voxels of 8 nm, and a table "synapses" of one row."""
    return make_empty_dataset(tmp_path / "dataset", [ROW]).dataset


@pytest.fixture
def load(dataset: Dataset) -> Load:
    """Loads a file, or what lies at an address, as a new table of the dataset."""

    def load_file(path: Path | str, **options: Any) -> SynapseTable:
        name = path.name if isinstance(path, Path) else table_stem(path)
        return load_table(dataset, TableInput(path, **({"name": name} | options)))

    return load_file


@pytest.fixture
def every_table_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables get partitions of their own, however few rows they have."""
    monkeypatch.setattr("apps.datasets.services.loading.LARGE_TABLE_ROWS", 1)
