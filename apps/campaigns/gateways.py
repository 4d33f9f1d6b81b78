"""Send what happened to the address of somebody else. Workers only: the web process never waits
for a machine that it does not know."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from apps.core.addresses import is_public
from apps.core.connections import check_peer, resolve

TIMEOUT_S = 3.0  # of an attempt as a whole
_LATE = f"It did not answer within {TIMEOUT_S:g} s."
_LONGEST_ANSWER_SHOWN = 200


class DeliveryError(Exception):
    """The address did not take it; the message says why."""


class _Connection(HTTPConnection):
    """A connection that is cut when the time of an attempt is over, whatever it is at.

    The timeout of a socket is that of one read: whoever answers a byte at a time would hold up
    all others for as long as they like.
    """

    def __init__(self, *arguments: Any, private_too: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._private_too = private_too
        self._wire: socket.socket | None = None
        self._cut: threading.Timer | None = None

    def _new_conn(self) -> socket.socket:
        ends_at = time.monotonic() + TIMEOUT_S
        may_reach = _anyone if self._private_too else is_public
        sock = _connect(resolve(self._dns_host, self.port, may_reach), self.port, ends_at)
        check_peer(sock, may_reach)
        self._wire = sock.dup()  # it stays when TLS takes the socket over
        self._cut = threading.Timer(ends_at - time.monotonic(), _cut, [self._wire])
        self._cut.start()
        return sock

    def close(self) -> None:
        super().close()
        if self._cut is not None and self._wire is not None:
            self._cut.cancel()
            self._wire.close()


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """Connects for one attempt; with `private_too` to any machine, else to those of the
    internet."""

    def __init__(self, *, private_too: bool) -> None:
        self._private_too = private_too
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        pools: dict[str, Any] = {
            "http": partial(_Pool, private_too=self._private_too),
            "https": partial(_TLSPool, private_too=self._private_too),
        }
        self.poolmanager.pool_classes_by_scheme = pools


def _anyone(_peer: str) -> bool:
    return True


def _connect(peers: Sequence[str], port: int, ends_at: float) -> socket.socket:
    """Connect to the first that answers, however many there are."""
    failure: OSError = TimeoutError("timed out")
    for peer in peers:
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            break
        try:
            return socket.create_connection((peer, port), timeout=left_s)
        except OSError as error:
            failure = error
    raise failure


def _cut(wire: socket.socket) -> None:
    with suppress(OSError):  # it was closed a moment ago
        wire.shutdown(socket.SHUT_RDWR)


def post(address: str, body: bytes, headers: dict[str, str], *, private_too: bool) -> None:
    """Post a body once. Redirects are not followed, and proxies of the environment not used.

    Raises DeliveryError unless the answer says in time that it was taken (2xx).
    """
    began = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(private_too=private_too))
        try:
            with session.post(
                address,
                data=body,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,  # the answer is not read: it may be long
            ) as response:
                status = response.status_code
        except (requests.RequestException, HTTPError) as error:
            is_late = time.monotonic() - began >= TIMEOUT_S
            raise DeliveryError(_LATE if is_late else _in_a_sentence(error)) from error
    if not 200 <= status < 300:
        raise DeliveryError(f"It answered with status {status}.")


def _in_a_sentence(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return _LATE
    return f"It cannot be reached: {error}"[:_LONGEST_ANSWER_SHOWN]
