"""Pytest plugin: PostgreSQL and Redis for the tests, real ones, started and ended with the run.

They must be there before pytest-django reads Django's settings, which it does while the first
`conftest.py` files load. Where DATABASE_URL or REDIS_URL are set, those servers are used. Tests in
several processes (`-n 2`) have servers of their own in each.
"""

from __future__ import annotations

import contextlib
import os

import psycopg2
import pytest

from synanno_server.env import (
    DATABASE_URL,
    PRIVATE_NETWORKS,
    REDIS_URL,
    put_settings,
    read_environment,
)
from synanno_server.local.errors import StartError
from synanno_server.local.throwaway import throwaway_settings


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers and point Django's settings to them."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return
    if getattr(options, "numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        _leave_it_to_the_processes()
        return
    os.environ.pop("PYTEST_PLUGINS", None)  # not for what the tests start
    servers = contextlib.ExitStack()
    early_config.add_cleanup(servers.close)
    is_given = bool(read_environment().database_url)
    try:
        settings = servers.enter_context(throwaway_settings())
    except StartError as error:
        raise pytest.UsageError(str(error)) from error
    if not is_given:
        _stop_vacuum(settings[DATABASE_URL.name])
    put_settings(settings)
    put_settings({PRIVATE_NETWORKS.name: "127.0.0.0/8"})  # where stand-ins of buckets are


def _stop_vacuum(address: str) -> None:
    """Tests take their rows back. A vacuum in between notes that the tables are empty, and a test
    that fills them within one transaction waits for minutes for plans that are made for that."""
    with contextlib.closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET autovacuum = off")
            cursor.execute("SELECT pg_reload_conf()")


def _leave_it_to_the_processes() -> None:
    """This process only deals the tests out. Its children load plugins named in the arguments
    after the first `conftest.py` files, but those named in their environment before."""
    environment = read_environment()
    given = [
        setting.name
        for setting, value in (
            (DATABASE_URL, environment.database_url),
            (REDIS_URL, environment.redis_url),
        )
        if value
    ]
    if given:
        raise pytest.UsageError(
            f"{' and '.join(given)} cannot serve tests in several processes: "
            "leave it away, or leave -n away."
        )
    os.environ["PYTEST_PLUGINS"] = __name__
