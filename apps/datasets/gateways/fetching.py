"""Fetch one file from an address that somebody named. Workers and commands only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError as WireError

from apps.core.addresses import is_public_host, why_no_address
from apps.core.connections import PrivateAddressError
from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import Credentials, check_opens
from apps.datasets.gateways.guarded.http import BearerToken, guard_http, networks
from apps.datasets.gateways.guarded.limits import TooLargeError, limited

PROTOCOLS = ("https://", "http://", "gs://", "s3://")
OnBytes = Callable[[int, int | None], None]  # bytes so far, and in all where that is known

_ATTEMPTS = 5
_PAUSE_S = 0.5
_PIECE = 2**18
_CONNECT_S, _READ_S = 10, 30
_MOST_REDIRECTS = 5
# Slower than this on average, after the first minute, is not waited for.
_SLOWEST_BYTES_S, _PATIENCE_S = 20_000, 60


class FetchError(InvalidInputError):
    """A file cannot be fetched; the message names the address and the reason."""

    code = "not_fetched"


@dataclass(frozen=True)
class _Ends:
    """Where a fetch ends although there is more."""

    limit: int
    began: float
    on_progress: OnBytes

    def check(self, done: int) -> None:
        if done > self.limit:
            raise TooLargeError(self.limit)
        if time.monotonic() - self.began > _PATIENCE_S + done / _SLOWEST_BYTES_S:
            raise FetchError("it comes too slowly")


class _BrokenOffError(Exception):
    """The connection ended; it is worth another attempt."""


def say_nothing(_done: int, _total: int | None) -> None:
    """The progress of what nobody watches."""


def is_remote(text: str) -> bool:
    """Whether a file is named by an address that `fetch_file` takes, not by a path."""
    return text.startswith(PROTOCOLS)


def told_address(address: str) -> str:
    """An address for people and logs: without its query, which may be a login of its own."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.split("?", 1)[0].split("://", 1)[0] + "://…"
    place = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, place, parts.path, "…" if parts.query else "", ""))


def fetch_file(
    address: str,
    target: Path,
    *,
    limit_bytes: int,
    credentials: Credentials | None = None,
    field: str = "table",
    on_progress: OnBytes = say_nothing,
) -> None:
    """Fetch the file at an http(s), gs or s3 address to `target`, which is written anew.

    No private machine is connected to, unless the settings allow it, redirects included; no more
    than `limit_bytes` are taken, whatever the server says. A connection that breaks off is taken
    up where it ended, if the file is still the same. `credentials` must be of the kind of the
    address. What `on_progress` raises ends it. Raises FetchError or InvalidInputError naming
    `field`; `target` may then hold a part of the file.
    """
    _check(address, credentials, field)
    try:
        with target.open("wb") as file:
            if address.startswith(("https://", "http://")):
                _fetch_http(address, file, limit_bytes, credentials, on_progress)
            else:
                from apps.datasets.gateways.fetching_buckets import (  # noqa: PLC0415 - 100 MB
                    fetch_object,
                )

                fetch_object(address, file, limit_bytes, credentials, on_progress)
    except (PrivateAddressError, TooLargeError, requests.RequestException) as error:
        raise unfetchable(field, address, _reason(error)) from error
    except FetchError as error:
        raise unfetchable(field, address, error.sentence) from error


def unfetchable(field: str, address: str, reason: str) -> FetchError:
    """What is told of a file that cannot be fetched."""
    reason = reason.rstrip(".")
    return FetchError(f"{field}: {told_address(address)} cannot be fetched: {reason}.", field=field)


def _check(address: str, credentials: Credentials | None, field: str) -> None:
    if not is_remote(address) or not address.isprintable() or set(" \\") & set(address):
        raise InvalidInputError(
            f"{field}: {told_address(address)[:80]!r} is no address of a file; it must begin with "
            f"one of {', '.join(PROTOCOLS)}.",
            field=field,
        )
    http = address.removeprefix("s3://")  # s3://https://HOST/BUCKET/KEY: a server of one's own
    if http.startswith(("https://", "http://")):
        reason = why_no_address(http)
        if reason is None and not is_public_host(http, networks()):
            reason = str(PrivateAddressError())
        if reason is not None:
            raise unfetchable(field, address, reason)
    if credentials is not None:
        check_opens(credentials.kind, address, field)


def _fetch_http(
    address: str,
    file: IO[bytes],
    limit: int,
    credentials: Credentials | None,
    on_progress: OnBytes,
) -> None:
    guard_http()
    ends = _Ends(limit, time.monotonic(), on_progress)
    with requests.Session() as session:
        session.max_redirects = _MOST_REDIRECTS
        session.auth = BearerToken(credentials.token) if credentials else None
        validator = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_S * 2**attempt)
            asked = {"Accept-Encoding": "identity"}
            if validator and file.tell():
                asked |= {"Range": f"bytes={file.tell()}-", "If-Range": validator}
            try:
                with limited(limit), _answer(session, address, asked) as response:
                    total = _begin(response, file, limit)
                    validator = _validator(response)
                    _copy(response, file, total, ends)
            except (_BrokenOffError, requests.ConnectionError, requests.Timeout) as error:
                if isinstance(error, requests.exceptions.SSLError):
                    raise
                failure: Exception = error
            else:
                return
    raise FetchError(f"the connection broke off {_ATTEMPTS} times: {_reason(failure)}")


def _answer(session: requests.Session, address: str, headers: dict[str, str]) -> requests.Response:
    return session.get(address, headers=headers, stream=True, timeout=(_CONNECT_S, _READ_S))


def _begin(response: requests.Response, file: IO[bytes], limit: int) -> int | None:
    """Look at the answer and put `file` where it goes on; the size of the whole, if it is told."""
    status = response.status_code
    if status in (401, 403):
        raise FetchError(f"it asks for a login, or for another one (status {status})")
    if status >= 500 or status in (408, 429):
        raise _BrokenOffError(f"it answered with status {status}")
    if status not in (200, 206):
        raise FetchError(f"it answered with status {status}")
    packed = response.headers.get("Content-Encoding", "identity")
    if packed != "identity":
        raise FetchError(f"it is sent compressed ({packed[:40]}), which was not asked for")
    if status == 206 and not _goes_on_at(response, file.tell()):
        raise FetchError("it answered with another part than was asked for")
    if status == 200:
        file.seek(0)
        file.truncate()
    length = response.headers.get("Content-Length", "")
    if not length.isdecimal():
        return None
    total = file.tell() + int(length)
    if total > limit:
        raise TooLargeError(limit)
    return total


def _goes_on_at(response: requests.Response, at: int) -> bool:
    return at > 0 and response.headers.get("Content-Range", "").startswith(f"bytes {at}-")


def _validator(response: requests.Response) -> str:
    """What says that the file is the same when it is asked for again; weak ETags do not."""
    etag = response.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else ""


def _copy(response: requests.Response, file: IO[bytes], total: int | None, ends: _Ends) -> None:
    while piece := _next_piece(response):
        file.write(piece)
        ends.check(file.tell())
        ends.on_progress(file.tell(), total)


def _next_piece(response: requests.Response) -> bytes:
    """What has come by now, so that a server that drips is noticed; nothing at the end."""
    try:
        piece: bytes = response.raw.read1(_PIECE, decode_content=False)
    except (WireError, OSError) as error:
        raise _BrokenOffError(str(error)) from error
    return piece


def _reason(error: BaseException) -> str:
    if isinstance(error, requests.TooManyRedirects):
        return f"it redirects more than {_MOST_REDIRECTS} times"
    if isinstance(error, requests.Timeout):
        return "it does not answer"
    if isinstance(error, requests.RequestException) and not isinstance(error, requests.HTTPError):
        return f"it cannot be reached ({type(error).__name__})"
    return str(error)[:200]
