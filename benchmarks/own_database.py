"""A PostgreSQL of a bench's own, and processes that work in it."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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


@contextlib.contextmanager
def own_database() -> Iterator[tuple[dict[str, str], Path]]:
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


def work_in(
    module: str, settings: Mapping[str, str], what: str, **arguments: Any
) -> dict[str, Any]:
    """Have a process do a piece of work of a module; what it prints last is JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, what, json.dumps(arguments)],
        cwd=REPOSITORY,
        env=child_environment(**settings),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
