"""Empty servers and an empty home folder for one run of tests or measurements."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from synanno_server.env import DATABASE_URL, REDIS_URL, read_environment
from synanno_server.local.crew import guarded_crew
from synanno_server.local.homes import Home
from synanno_server.local.progress import Progress
from synanno_server.local.services import start_services
from synanno_server.local.stopping import StopSwitch


@contextlib.contextmanager
def throwaway_settings(stop: StopSwitch | None = None) -> Iterator[dict[str, str]]:
    """The settings of empty servers and an empty home folder, all gone at the end.

    Servers that DATABASE_URL or REDIS_URL name already are used instead of new ones.
    Raises StartError if a server does not start.
    """
    environment = read_environment()
    with (
        tempfile.TemporaryDirectory(prefix="synanno-guard-") as guard_folder,
        guarded_crew(Path(guard_folder) / "guard.log", stop or StopSwitch()) as crew,
    ):
        crew.remove_if_killed(Path(guard_folder))
        home = Home(crew.make_short_folder())
        home.make()
        services = start_services(home, environment, crew, Progress(io.StringIO()), durable=False)
        yield {
            "SYNANNO_HOME": str(home.folder),
            DATABASE_URL.name: services.database_url,
            REDIS_URL.name: services.redis_url,
        }
