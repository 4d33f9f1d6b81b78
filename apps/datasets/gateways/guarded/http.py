"""HTTP, as urllib3 does it for requests, boto3, google-cloud-storage and CloudVolume.

A name is resolved once, every number to which it leads is looked at, and one of these numbers is
connected to. So this holds for redirects, for names that change (DNS rebinding) and for numbers in
any spelling. Where a proxy connects instead, it alone is connected to, and nothing is asked of it,
redirects included, that names a private machine outright.

Responses end with an error where they are larger than the limit of their thread, whatever they say
of their length, and also unpacked. No login of a .netrc is sent to anybody.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import requests
import requests.sessions
import urllib3.response
from django.conf import settings
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util import Url, connection, parse_url

from apps.core.addresses import Network, is_public, is_public_host, is_within
from apps.core.connections import PrivateAddressError, resolve
from apps.datasets.gateways.guarded.limits import TooLargeError, limit_now

_PIECE = 2**20


class _Trust(threading.local):
    is_on: bool = False
    proxy: tuple[str, int] | None = None


_trust = _Trust()


def networks() -> Sequence[Network]:
    """The private networks from which volumes and tables may be read."""
    allowed: Sequence[Network] = settings.ENVIRONMENT.private_networks
    return allowed


def may_read_from(peer: str) -> bool:
    """Whether volumes and tables may be read from the machine of this IP address."""
    return is_public(peer) or is_within(peer, networks())


def lends_logins() -> bool:
    """Whether what this machine has logins for may be read by all who name it."""
    return bool(settings.ENVIRONMENT.machine_logins)


class BearerToken(requests.auth.AuthBase):
    """Sends a token with each request of a session. requests takes it off again where a redirect
    leads to another server."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def guard_http() -> None:
    """Put the checks into urllib3. May be called again."""
    if not hasattr(connection.create_connection, "__wrapped__"):
        connection.create_connection = _checked(connection.create_connection)
        HTTPConnectionPool.urlopen = _looked_at(HTTPConnectionPool.urlopen)  # type: ignore[method-assign]
        requests.sessions.get_netrc_auth = _no_netrc  # type: ignore[attr-defined]
        urllib3.response.HTTPResponse = BoundedResponse  # type: ignore[misc]
        _trust_machines_for_their_logins()


@contextmanager
def trusted() -> Iterator[None]:
    """Within the block this thread may connect to anywhere: to what no person has named."""
    before = _trust.is_on
    _trust.is_on = True
    try:
        yield
    finally:
        _trust.is_on = before


def _checked(connect: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
    @wraps(connect)
    def checked(address: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
        host, port = address
        if _trust.is_on or (host.strip("[]"), port) == _trust.proxy:
            return connect(address, *arguments, **options)
        failure: OSError = TimeoutError("timed out")
        for peer in resolve(host, port, may_read_from):
            try:
                return connect((peer, port), *arguments, **options)
            except OSError as error:
                failure = error
        raise failure

    return checked


def _looked_at(urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """What a proxy is asked for is looked at; what names lead to, and what it lets through, is its
    own rule."""

    @wraps(urlopen)
    def looked_at(
        self: HTTPConnectionPool, method: str, url: str, *more: Any, **options: Any
    ) -> Any:
        if self.proxy is None or _trust.is_on:
            return urlopen(self, method, url, *more, **options)
        if not is_public_host(f"http://{_asked_host(self, url)}", networks()):
            raise PrivateAddressError
        with _through(self.proxy):
            return urlopen(self, method, url, *more, **options)

    return looked_at


def _asked_host(pool: HTTPConnectionPool, url: str) -> str:
    """Whom a proxy is to ask: the address says it or, for a tunnel, the pool."""
    host = None if url.startswith("/") else parse_url(url).host
    return host or (f"[{pool.host}]" if ":" in pool.host else pool.host)


@contextmanager
def _through(proxy: Url) -> Iterator[None]:
    before = _trust.proxy
    _trust.proxy = (proxy.host or "").strip("[]"), proxy.port or 80
    try:
        yield
    finally:
        _trust.proxy = before


def _no_netrc(*_: Any, **__: Any) -> None:
    """requests would look there for a login, also after each redirect."""


def _trust_machines_for_their_logins() -> None:
    """In a cloud, boto3 and google-auth ask their own machine for the server's login, at an address
    that nobody names."""
    from botocore.utils import ContainerMetadataFetcher, IMDSFetcher  # noqa: PLC0415 - 0.2 s
    from google.auth.compute_engine import _metadata  # noqa: PLC0415

    IMDSFetcher._get_request = _as_trusted(IMDSFetcher._get_request)
    IMDSFetcher._fetch_metadata_token = _as_trusted(IMDSFetcher._fetch_metadata_token)
    ContainerMetadataFetcher._get_response = _as_trusted(ContainerMetadataFetcher._get_response)
    _metadata.get = _as_trusted(_metadata.get)
    _metadata.ping = _as_trusted(_metadata.ping)


def _as_trusted(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def asked(*arguments: Any, **options: Any) -> Any:
        with trusted():
            return function(*arguments, **options)

    return asked


class BoundedResponse(urllib3.response.HTTPResponse):
    """A response of which no more is read than `limit_now()` said when it came, nor unpacked."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._limit = limit_now()
        self._unpacked = 0
        self._in_chunks = 0
        super().__init__(*arguments, **options)

    def _fp_read(self, amt: int | None = None, *, read1: bool = False) -> bytes:
        if amt is not None or read1:
            data = super()._fp_read(amt, read1=read1)
            self._check(self._fp_bytes_read + len(data))
            return data
        pieces, count = [], 0
        while piece := super()._fp_read(_PIECE):
            pieces.append(piece)
            count += len(piece)
            self._check(self._fp_bytes_read + count)
        if self.enforce_content_length and self.length_remaining and count < self.length_remaining:
            raise http.client.IncompleteRead(b"", self.length_remaining - count)
        return b"".join(pieces)

    def _handle_chunk(self, amt: int | None) -> bytes:
        data = super()._handle_chunk(_PIECE if amt is None else amt)
        self._in_chunks += len(data)
        self._check(self._in_chunks)
        return data

    def _decode(
        self,
        data: bytes,
        decode_content: bool | None,
        flush_decoder: bool,
        max_length: int | None = None,
    ) -> bytes:
        if not decode_content or self._decoder is None:
            return super()._decode(data, decode_content, flush_decoder, max_length)
        most = self._limit - self._unpacked + 1
        if max_length is not None and not flush_decoder:
            most = min(most, max_length)
        unpacked = super()._decode(data, decode_content, False, most)
        if flush_decoder:
            unpacked += self._flush_decoder()
        self._unpacked += len(unpacked)
        self._check(self._unpacked)
        return unpacked

    def _check(self, count: int) -> None:
        if count > self._limit:
            self.close()
            raise TooLargeError(self._limit)
