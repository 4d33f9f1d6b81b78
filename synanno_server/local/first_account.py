"""Whether anybody can manage this copy yet; asked of the database, as Django is slow to start."""

from __future__ import annotations

import contextlib
import importlib


def somebody_manages(database_url: str) -> bool:
    """Whether there is an account that may enter /admin. Raises StartError."""
    # Its client is in the environment, which `--help` and mistyped commands do without.
    elsewhere = importlib.import_module("synanno_server.local.elsewhere")
    statement = "SELECT EXISTS (SELECT 1 FROM accounts_user WHERE is_staff AND is_active)"
    with contextlib.closing(elsewhere.connect(database_url)) as connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        (found,) = cursor.fetchone()
    return bool(found)
