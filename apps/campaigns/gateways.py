"""Send what happened to the address of somebody else. Workers only: the web process never waits
for a machine that it does not know."""

from __future__ import annotations

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from apps.campaigns.webhook_rules import is_public

TIMEOUT_S = 3.0
_LONGEST_ANSWER_SHOWN = 200


class DeliveryError(Exception):
    """The address did not take it; the message says why."""


class PrivateAddressError(HTTPError):
    """The name leads to a machine of a private network."""


def _check_peer(sock: socket.socket) -> socket.socket:
    """Look at whom we are connected to, before anything is sent: what a name leads to may have
    changed since anybody asked."""
    peer = sock.getpeername()[0]
    if not is_public(peer):
        sock.close()
        raise PrivateAddressError(f"it leads to {peer}, into a private network")
    return sock


class _PublicHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _check_peer(super()._new_conn())


class _PublicHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _check_peer(super()._new_conn())


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTPConnection


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPSConnection


class _PublicAdapter(HTTPAdapter):
    """Connects to machines of the internet only."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _PublicHTTPPool,
            "https": _PublicHTTPSPool,
        }


def post(address: str, body: bytes, headers: dict[str, str], *, private_too: bool) -> None:
    """Post a body once. Redirects are not followed, and proxies of the environment not used.

    Raises DeliveryError unless the answer says that it was taken (2xx).
    """
    with requests.Session() as session:
        session.trust_env = False
        if not private_too:
            for scheme in ("http://", "https://"):
                session.mount(scheme, _PublicAdapter())
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
            raise DeliveryError(_in_a_sentence(error)) from error
    if not 200 <= status < 300:
        raise DeliveryError(f"It answered with status {status}.")


def _in_a_sentence(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return f"It did not answer within {TIMEOUT_S:g} s."
    return f"It cannot be reached: {error}"[:_LONGEST_ANSWER_SHOWN]
