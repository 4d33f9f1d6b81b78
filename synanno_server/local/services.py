"""PostgreSQL and Redis: the servers that the settings name, or our own."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from synanno_server.env import Environment
from synanno_server.local.crew import Crew
from synanno_server.local.errors import StartError
from synanno_server.local.homes import Home
from synanno_server.local.postgres import Postgres
from synanno_server.local.progress import Progress
from synanno_server.local.valkey import Valkey

READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class Services:
    """Where the database and the queue are."""

    database_url: str
    redis_url: str

    def as_settings(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


def start_services(
    home: Home, environment: Environment, crew: Crew, progress: Progress, *, durable: bool = True
) -> Services:
    """Start the servers that the settings do not name, and wait until they answer.

    `durable` False trades safety against a crash of the machine for speed. Raises StartError.
    """
    database_url, redis_url = environment.database_url, environment.redis_url
    sockets = crew.make_short_folder()
    if not database_url:
        postgres = Postgres(home.postgres, sockets, home.log("postgres"), durable)
        with progress.step("PostgreSQL"):
            _start_postgres(postgres, crew)
        database_url = postgres.url
    else:
        _elsewhere().check_database(database_url)
    if not redis_url:
        valkey = Valkey(sockets, home.log("valkey"), environment.cutout_memory_mb)
        with progress.step("Valkey (Redis)"):
            crew.await_ready(crew.start(valkey.program()), valkey.is_ready, READY_WITHIN_S)
        redis_url = valkey.url
    else:
        _elsewhere().check_redis(redis_url)
    return Services(database_url, redis_url)


def _elsewhere() -> ModuleType:
    """Its clients are in the environment, which `--help` and mistyped commands do without."""
    from synanno_server.local import elsewhere  # noqa: PLC0415 - see above

    return elsewhere


def _start_postgres(postgres: Postgres, crew: Crew) -> None:
    """Make or repair the data folder, start the server, make our database."""
    postgres.prepare(crew.stop)
    child = crew.start(postgres.program())
    try:
        crew.await_ready(child, postgres.is_ready, READY_WITHIN_S)
    except StartError as error:
        account = child.program.account
        if account is None:
            raise
        raise StartError(
            f"{error}\nPostgreSQL cannot run as root, so it runs as user {account.uid}: that user "
            f"must be able to reach {postgres.folder} and the folder of this checkout."
        ) from error
    postgres.ensure_database()
