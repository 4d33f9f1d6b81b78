"""Loading of synapse tables beside a bare COPY of the same text, and how it grows.

A PostgreSQL of its own, which writes to disk as in production, takes tables of SynAnno's columns,
from 10^5 rows on. Just before a table is loaded, COPY reads the same CSV text into a table that has
the text's columns and no index, key or check. Each load is a process of its own, whose peak memory
is noted. What the database itself takes is not among that: it is bounded by its settings.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.result import BenchResult, Goal
from benchmarks.table_files import write_synapses, write_volumes
from synanno_server.env import (
    DATABASE_URL,
    REDIS_URL,
    REPOSITORY,
    child_environment,
    read_environment,
)
from synanno_server.local.crew import guarded_crew
from synanno_server.local.homes import Home
from synanno_server.local.progress import Progress
from synanno_server.local.services import start_services
from synanno_server.local.stopping import StopSwitch

COPY_GOAL = 4.0
Figures = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """A table of so many rows, loaded so many times."""

    rows: int
    times: int

    @property
    def name(self) -> str:
        return f"{self.rows:,} rows"


QUICK = (Size(100_000, 3),)
FULL = (Size(100_000, 3), Size(1_000_000, 3), Size(10_000_000, 1))


def run(*, quick: bool) -> BenchResult:
    """Measure with a database that is started for it."""
    return measure(QUICK if quick else FULL)


def measure(sizes: Sequence[Size]) -> BenchResult:
    """The bench with tables of given sizes."""
    with _database() as (settings, folder):
        few = write_synapses(folder / "few.csv", 100)
        _work(settings, "prepare", path=str(few), volumes=write_volumes(folder / "volumes"))
        loads = {size: _measure_load(size, settings, folder) for size in sizes}
    # Queries of the largest table would be measured here, before the database ends.
    return as_result({size.name: figures for size, figures in loads.items()})


def _measure_load(size: Size, settings: Mapping[str, str], folder: Path) -> Figures:
    """Load a table of one size, and delete it again."""
    path = write_synapses(folder / f"{size.rows}.csv", size.rows)
    bare, ours, deleted = [], [], []
    for _ in range(size.times):
        bare.append(_work(settings, "copy_bare", path=str(path))["seconds"])
        loaded = _work(settings, "load", path=str(path), name=path.stem)
        ours.append(loaded)
        deleted.append(_work(settings, "delete", table=loaded["table"])["seconds"])
    seconds = median(one["seconds"] for one in ours)
    figures = {
        "load, s": seconds,
        "bare COPY, s": median(bare),
        "load, rows/s": size.rows / seconds,
        "bare COPY, rows/s": size.rows / median(bare),
        "load / bare COPY": median(
            one["seconds"] / copy for one, copy in zip(ours, bare, strict=True)
        ),
        "peak memory, MB": max(one["peak memory, MB"] for one in ours),
        "of that before loading, MB": median(one["memory before, MB"] for one in ours),
        "CSV, MB": path.stat().st_size / 1e6,
        "disk, MB": median(one["disk, MB"] for one in ours),
        "disk, bytes a row": median(one["disk, MB"] for one in ours) * 1e6 / size.rows,
        "delete, s": median(deleted),
    }
    path.unlink()
    return figures


def as_result(loads: Mapping[str, Figures]) -> BenchResult:
    """The result of loads by size; the goal is held against the largest."""
    largest = list(loads)[-1]
    ratio = loads[largest]["load / bare COPY"]
    goal = Goal(f"load / bare COPY, {largest}", "<= 4", ratio, ratio <= COPY_GOAL)
    return BenchResult("tables", {"load": dict(loads)}, [goal])


def _work(settings: Mapping[str, str], what: str, **arguments: Any) -> Figures:
    """Have a process do a piece of `table_work`."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.table_work", what, json.dumps(arguments)],
        cwd=REPOSITORY,
        env=child_environment(**settings),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


@contextlib.contextmanager
def _database() -> Iterator[tuple[dict[str, str], Path]]:
    """The settings of a server that keeps what it is told, and a folder for files."""
    with (
        tempfile.TemporaryDirectory(prefix="synanno-guard-") as guard_folder,
        guarded_crew(Path(guard_folder) / "guard.log", StopSwitch()) as crew,
        tempfile.TemporaryDirectory(prefix="synanno-bench-") as folder,
    ):
        crew.remove_if_killed(Path(guard_folder))
        crew.remove_if_killed(Path(folder))
        home = Home(crew.make_short_folder())
        home.make()
        services = start_services(
            home, read_environment(), crew, Progress(io.StringIO()), durable=True
        )
        settings = {
            "DJANGO_SETTINGS_MODULE": "synanno_server.settings",
            "SYNANNO_HOME": str(home.folder),
            DATABASE_URL.name: services.database_url,
            REDIS_URL.name: services.redis_url,
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=REPOSITORY,
            env=child_environment(**settings),
            check=True,
        )
        yield settings, Path(folder)
