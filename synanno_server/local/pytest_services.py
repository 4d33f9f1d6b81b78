"""Pytest plugin: PostgreSQL and Redis for the tests, real ones, started and ended with the run.

They must be there before pytest-django reads Django's settings, which it does while the first
`conftest.py` files load. Where DATABASE_URL or REDIS_URL are set, those servers are used.
"""

from __future__ import annotations

import contextlib

import pytest

from synanno_server.env import put_settings
from synanno_server.local.errors import StartError
from synanno_server.local.throwaway import throwaway_settings


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers and point Django's settings to them."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return
    servers = contextlib.ExitStack()
    early_config.add_cleanup(servers.close)
    try:
        put_settings(servers.enter_context(throwaway_settings()))
    except StartError as error:
        raise pytest.UsageError(str(error)) from error
