"""What `tables` does inside Django, each time in a process of its own: its memory is measured."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - after the settings

from apps.datasets.domain.layouts import SYNANNO_COLUMNS  # noqa: E402
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume  # noqa: E402
from apps.datasets.services.deleting import delete_table  # noqa: E402
from apps.datasets.services.partitions import partition_name  # noqa: E402
from apps.datasets.services.tables import TableInput, load_table  # noqa: E402

_BARE = "bare_copy"


def copy_bare(path: str) -> dict[str, float]:
    """The same text by COPY into a table that has its columns and nothing else."""
    columns = ", ".join(f"{name} bigint" for name in SYNANNO_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {_BARE} ({columns})")
        began = time.perf_counter()
        with Path(path).open("rb") as file:
            cursor.copy_expert(f"COPY {_BARE} FROM STDIN WITH (FORMAT csv, HEADER)", file, 1 << 20)
        seconds = time.perf_counter() - began
        cursor.execute(f"DROP TABLE {_BARE}")
    return {"seconds": seconds}


def prepare(path: str, volumes: dict[str, str]) -> dict[str, Any]:
    """Make the dataset, with a small table of its own."""
    # Only here: the reader of volumes takes memory that loading a table does not.
    from apps.datasets.services.datasets import VolumeInput, create_dataset  # noqa: PLC0415

    given = [VolumeInput(Volume.Kind(kind), address) for kind, address in volumes.items()]
    return {"table": create_dataset("bench", given, Path(path)).pk}


def load(path: str, name: str) -> dict[str, Any]:
    """Load a table into the dataset."""
    dataset = Dataset.objects.get()
    before_mb = _peak_mb()
    began = time.perf_counter()
    table = load_table(dataset, TableInput(Path(path), name=name))
    seconds = time.perf_counter() - began
    return {
        "table": table.pk,
        "rows": table.row_count,
        "seconds": seconds,
        "peak memory, MB": _peak_mb(),
        "memory before, MB": before_mb,
        "disk, MB": _disk_mb(table.pk),
    }


def delete(table: int) -> dict[str, float]:
    """Delete a version of a table."""
    began = time.perf_counter()
    delete_table(SynapseTable.objects.get(pk=table))
    return {"seconds": time.perf_counter() - began}


def _disk_mb(table: int) -> float:
    """A large table's rows and indexes."""
    own, first = partition_name(table), f"{Instance._meta.db_table}_first"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size(coalesce(to_regclass(%s), %s::regclass))", [own, first]
        )
        return float(cursor.fetchone()[0]) / 1e6


def _peak_mb() -> float:
    """The most memory that this process has had; Linux counts in KB, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3


WORK: dict[str, Callable[..., dict[str, Any]]] = {
    "copy_bare": copy_bare,
    "delete": delete,
    "load": load,
    "prepare": prepare,
}

if __name__ == "__main__":
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(WORK[name](**arguments)))
