"""What `tables` does inside Django, each time in a process of its own: its memory is measured."""

from __future__ import annotations

import itertools
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

from apps.accounts.models import User  # noqa: E402
from apps.campaigns.models import Membership  # noqa: E402
from apps.campaigns.services.paging import place_part, plan_pages  # noqa: E402
from apps.datasets.domain.layouts import SYNANNO_COLUMNS  # noqa: E402
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume  # noqa: E402
from apps.datasets.services.deleting import delete_table  # noqa: E402
from apps.datasets.services.partitions import partition_name  # noqa: E402
from apps.datasets.services.tables import TableInput, load_table  # noqa: E402
from apps.proofreading.services.campaigns import open_campaign  # noqa: E402
from benchmarks.table_queries import measure_queries  # noqa: E402

_BARE = "bare_copy"
_ALL = Instance._meta.db_table


def _copy_whole(table: int, folder: str) -> float:
    """All columns that the instances of a loaded table have, by COPY; the seconds it takes."""
    path = Path(folder) / "whole.csv"
    with connection.cursor() as cursor, path.open("wb") as file:
        rows = f"SELECT * FROM {_ALL} WHERE table_id = {table}"  # noqa: S608 - our own words
        cursor.copy_expert(f"COPY ({rows}) TO STDOUT WITH (FORMAT csv, HEADER)", file, 1 << 20)
    seconds = _copy_bare(str(path), f"LIKE {_ALL}")
    path.unlink()
    return seconds


def _copy_bare(path: str, columns: str) -> float:
    """A CSV file by COPY into a table that has its columns and nothing else; the seconds."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {_BARE} ({columns})")
        began = time.perf_counter()
        with Path(path).open("rb") as file:
            cursor.copy_expert(f"COPY {_BARE} FROM STDIN WITH (FORMAT csv, HEADER)", file, 1 << 20)
        seconds = time.perf_counter() - began
        cursor.execute(f"DROP TABLE {_BARE}")
    return seconds


def prepare(path: str, volumes: dict[str, str]) -> dict[str, Any]:
    """Make the dataset, with a small table of its own."""
    # Only here: the reader of volumes takes memory that loading a table does not.
    from apps.datasets.services.datasets import VolumeInput, create_dataset  # noqa: PLC0415

    given = [VolumeInput(Volume.Kind(kind), address) for kind, address in volumes.items()]
    return {"table": create_dataset("bench", given, Path(path)).pk}


def load(path: str, name: str) -> dict[str, Any]:
    """Copy the text as it is, then load it as a table of the dataset."""
    dataset = Dataset.objects.get()
    bare = _copy_bare(path, ", ".join(f"{name} bigint" for name in SYNANNO_COLUMNS))
    before_mb = _peak_mb()
    began = time.perf_counter()
    table = load_table(dataset, TableInput(Path(path), name=name))
    seconds = time.perf_counter() - began
    return {
        "table": table.pk,
        "rows": table.row_count,
        "seconds": seconds,
        "bare, s": bare,
        "peak memory, MB": _peak_mb(),
        "memory before, MB": before_mb,
        "disk, MB": _disk_mb(table.pk),
    }


def use(table: int, folder: str, queries: int, pages: bool) -> dict[str, Any]:
    """Copy its instances as they are, find some of them again and again, put all on pages."""
    figures: dict[str, Any] = {"copy of all columns, s": _copy_whole(table, folder)}
    figures["queries"] = measure_queries(table, queries)
    if pages:
        figures["pages"] = _make_pages(table)
    return figures | delete(table)


def _make_pages(table: int) -> dict[str, float]:
    """All instances come on the pages of a campaign, as the job that prepares it does it."""
    manager = User.objects.create(username=f"manager of {table}")
    campaign = open_campaign(
        f"table {table}",
        SynapseTable.objects.get(pk=table),
        {manager: Membership.Role.MANAGER},
        as_draft=True,
    )
    times = [time.perf_counter()]
    plan_pages(campaign.pk)
    times.append(time.perf_counter())
    while place_part(campaign.pk):
        times.append(time.perf_counter())
    parts = [after - before for before, after in itertools.pairwise(times[1:])]
    figures = {
        "instances": campaign.items.count(),
        "put in order, s": times[1] - times[0],
        "longest part, s": max(parts),
        "all, s": times[-1] - times[0],
    }
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE campaigns_campaign CASCADE")
    return figures


def delete(table: int) -> dict[str, float]:
    """Delete a version of a table."""
    began = time.perf_counter()
    delete_table(SynapseTable.objects.get(pk=table))
    return {"delete, s": time.perf_counter() - began}


def _disk_mb(table: int) -> float:
    """A large table's rows and indexes."""
    own, first = partition_name(table), f"{_ALL}_first"
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
    "delete": delete,
    "load": load,
    "prepare": prepare,
    "use": use,
}

if __name__ == "__main__":
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(WORK[name](**arguments)))
