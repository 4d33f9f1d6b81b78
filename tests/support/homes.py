"""Home folders as an earlier start has left them: the database has its tables."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from synanno_server.env import DATABASE_URL, REDIS_URL, REPOSITORY, child_environment


class HomesWithTables:
    """Makes the tables once, for all processes of a run of tests, and copies them from there.

    A first start takes most of its time to make them, and few tests are about that.
    """

    def __init__(self, shared: Path) -> None:
        self._made = shared / "home-with-tables"
        self._lock = shared / "home-with-tables.lock"

    def make(self, home: Path) -> Path:
        """The folder, which must not be there yet."""
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._made.exists():
                # Whole, or under another name: one whose making broke off is used by nobody.
                half_made = self._made.with_name(f"half-{uuid4().hex[:8]}")
                _make_tables(half_made)
                half_made.rename(self._made)
        home.mkdir(parents=True)
        # With owners: the server may run as another account.
        subprocess.run(["cp", "-a", self._made / "postgres", home], check=True)
        return home


def _make_tables(home: Path) -> None:
    subprocess.run(
        [sys.executable, "-P", "-m", "synanno_server.local", "manage", "migrate", "-v", "0"],
        cwd=REPOSITORY,
        env=child_environment(
            **{DATABASE_URL.name: "", REDIS_URL.name: ""},
            SYNANNO_HOME=str(home),
            PYTHONPATH=str(REPOSITORY),
        ),
        check=True,
    )
