"""The connections to Postgres."""

from __future__ import annotations

import dj_database_url

_NEAR = "postgresql:///synanno"
# Postgres ends the session of a machine that has vanished within a minute, and with it the locks
# that others wait for; by itself it would look after two hours. Sockets of files need none of it.
_VANISHED = {
    "tcp_keepalives_idle": 30,  # s
    "tcp_keepalives_interval": 10,  # s
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # ms
}


def database(url: str) -> dj_database_url.DBConfig:
    """How Django connects to the database at an address; what its `options` say comes last."""
    found = dj_database_url.parse(
        url or _NEAR,
        conn_max_age=600,  # whoever meets a new one waits for it
        conn_health_checks=True,
    )
    own = " ".join(f"-c {name}={value}" for name, value in _VANISHED.items())
    given = found.get("OPTIONS", {})
    found["OPTIONS"] = {**given, "options": f"{own} {given.get('options', '')}".strip()}
    return found
