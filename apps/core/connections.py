"""Connections to machines that somebody named: what a name leads to is looked at first, and then
that very number is connected to, so that a name cannot change its mind in between."""

from __future__ import annotations

import socket
from collections.abc import Callable

from urllib3.exceptions import HTTPError

MayReach = Callable[[str], bool]


class PrivateAddressError(HTTPError):
    """The name leads to no machine that may be reached. Where else it leads, if anywhere, is not
    told: whoever may name an address would learn what there is in the private network."""

    def __init__(self) -> None:
        super().__init__("its name leads nowhere, or into a private network")


def resolve(host: str, port: int, may_reach: MayReach) -> list[str]:
    """The IP addresses to which a name leads, in the order in which they are to be tried.

    Raises PrivateAddressError if the name leads nowhere, or one of them may not be reached, and
    ConnectionError if that may be told later.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise ConnectionError("its name cannot be looked up just now") from error
        raise PrivateAddressError from error
    peers = [str(peer[0]) for *_, peer in found]
    if not all(map(may_reach, peers)):
        raise PrivateAddressError
    return peers


def check_peer(sock: socket.socket, may_reach: MayReach) -> None:
    """Look at whom a socket is connected to, before anything is sent; closes it and raises
    PrivateAddressError if that machine may not be reached."""
    if not may_reach(sock.getpeername()[0]):
        sock.close()
        raise PrivateAddressError
