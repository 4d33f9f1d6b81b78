"""The web server's socket: opened before all else, so that a taken port is known at once."""

from __future__ import annotations

import errno
import http.client
import socket

from synanno_server.local.errors import StartError

ANSWER_LIMIT_S = 5.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


def open_port(bind: str, port: int) -> socket.socket:
    """Listen on an address; port 0 takes any that is free.

    Raises StartError that says what to do if the port is taken or the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        return socket.create_server((bind, port), family=family, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"Port {port} of {bind} is taken by another program. Choose another one with "
                f"--port, for example `--port {port + 1}`, or any free one with `--port 0`."
            ) from error
        if error.errno == errno.EACCES:
            raise StartError(
                f"Port {port} is reserved for the system. Choose one above 1023 with --port."
            ) from error
        raise StartError(
            f"The web server cannot listen on {bind} port {port} ({error.strerror or error}). "
            "See SYNANNO_BIND and --port."
        ) from error


def address_of(listener: socket.socket) -> str:
    """The address under which a person on this machine reaches a listening socket."""
    host, port = listener.getsockname()[:2]
    host = EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_healthy(listener: socket.socket, allowed_hosts: tuple[str, ...]) -> bool:
    """Whether the web server behind a listening socket says that all is well."""
    host, port = listener.getsockname()[:2]
    named = [name for name in allowed_hosts if not name.startswith((".", "*"))]
    connection = http.client.HTTPConnection(EVERYWHERE.get(host, host), port, ANSWER_LIMIT_S)
    try:
        connection.request("GET", "/healthz", headers={"Host": named[0] if named else "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
