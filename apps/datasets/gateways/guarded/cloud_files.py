"""CloudFiles, which CloudVolume reads with: what it lacks for addresses and secrets of many people.

- Local files are opened under the configured roots only.
- What it downloads and unpacks is bounded.
- Connections to buckets are shared only among those with the same secret and the same server; it
  shares them among all who name a bucket of that name.
- Without a secret, buckets are asked as by nobody, unless the settings lend the logins of this
  machine; and then, too, if a bucket is of a server of one's own.
- A secret of an https address is sent as a bearer token, and nothing without one.
- What is refused is not tried again for minutes.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import cloudfiles.compression
import cloudfiles.interfaces
import cloudvolume.compression
import requests
import tenacity
from botocore.exceptions import BotoCoreError, ClientError
from cloudfiles.connectionpools import ConnectionPool, GCloudBucketPool, S3ConnectionPool
from cloudfiles.interfaces import GoogleCloudStorageInterface, HttpInterface, S3Interface
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from urllib3.exceptions import ReadTimeoutError

from apps.core.connections import PrivateAddressError
from apps.datasets.gateways.guarded.http import BearerToken, lends_logins
from apps.datasets.gateways.guarded.limits import TooLargeError, limit_of, limited
from apps.datasets.gateways.guarded.refusals import absent_if_refused, note_refusals
from apps.datasets.gateways.guarded.roots import read_under_roots
from apps.datasets.gateways.guarded.unpacking import unpack

REFUSALS = (PrivateAddressError, TooLargeError)
# Making clients at the same time from the session that boto3 shares fails now and then.
_making_for_s3 = threading.Lock()
# Who waited for it has gone by then: a read as a whole may take no longer.
_SILENCE = (requests.ReadTimeout, ReadTimeoutError)
_FINAL = {400, 401, 403, 404, 405, 410, 416, 451}  # asking again changes nothing


def guard_cloud_files() -> None:
    """Put the checks into CloudFiles. May be called again."""
    if cloudfiles.interfaces.read_file is read_under_roots:
        return
    cloudfiles.interfaces.read_file = read_under_roots
    for module in (cloudfiles.compression, cloudvolume.compression):
        module.decompress = unpack
    for interface in (HttpInterface, S3Interface, GoogleCloudStorageInterface):
        for method in (interface.get_file, interface.head):
            _give_up_what_is_refused(method)
        interface.get_file = _bounded(interface.get_file)
    S3Interface.get_file = absent_if_refused(S3Interface.get_file)
    HttpInterface.__init__ = _with_token(HttpInterface.__init__)
    for pool in (S3ConnectionPool, GCloudBucketPool):
        pool._create_connection.retry.retry = tenacity.retry_if_not_exception_type(
            (ValueError, BotoCoreError, GoogleAuthError)
        )
    ConnectionPool.get_connection = _get_connection
    ConnectionPool.release_connection = _release_connection


def refusal_in(error: BaseException) -> BaseException | None:
    """The refusal that led to an error of a library, if one did."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, REFUSALS):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def status_in(error: BaseException) -> int | None:
    """The HTTP status that an error of requests, boto3 or Google's clients is about."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        status = getattr(error, "code", None)
        if isinstance(error, requests.HTTPError) and error.response is not None:
            status = error.response.status_code
    return status if isinstance(status, int) else None


def _give_up_what_is_refused(method: Any) -> None:
    """CloudFiles tries everything seven times, for up to some minutes."""

    def is_worth_a_try(error: BaseException) -> bool:
        return (
            isinstance(error, Exception)
            and not isinstance(error, _SILENCE)
            and refusal_in(error) is None
            and status_in(error) not in _FINAL
        )

    if hasattr(method, "retry"):
        method.retry.retry = tenacity.retry_if_exception(is_worth_a_try)


def _bounded(get_file: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(get_file)
    def bounded(self: Any, file_path: str, *arguments: Any, **options: Any) -> Any:
        with limited(limit_of(file_path)):
            return get_file(self, file_path, *arguments, **options)

    return bounded


def _with_token(begin: Callable[..., None]) -> Callable[..., None]:
    @wraps(begin)
    def begun(self: Any, path: Any, secrets: Any = None, **options: Any) -> None:
        token = secrets.get("token") if isinstance(secrets, dict) else None
        begin(self, path, secrets=None, **options)
        # Without one, CloudFiles would send a password of this machine's to every server.
        self.session.auth = BearerToken(token) if token else None
        note_refusals(self.session)

    return begun


def _get_connection(
    pool: Any, secrets: Any = None, endpoint: str | None = None, no_sign_request: bool = False
) -> Any:
    """A connection that was made with the same secret, or with none, for the same server."""
    as_nobody = not secrets and (endpoint is not None or not lends_logins())
    asked = (secrets, endpoint, no_sign_request)
    kind = hashlib.sha256(repr((*asked, as_nobody)).encode()).digest()
    with pool._lock:
        idle, _ = _kept(pool)
        of_kind = idle.setdefault(kind, queue.SimpleQueue())
    try:
        connection = of_kind.get(block=False)
    except queue.Empty:
        connection = _connect(pool, asked, as_nobody=as_nobody)  # may take long
    with pool._lock:
        _, kinds = _kept(pool)
        kinds[id(connection)] = kind
        pool.outstanding += 1
    return connection


def _connect(pool: Any, asked: tuple[Any, str | None, bool], *, as_nobody: bool) -> Any:
    if isinstance(pool, S3ConnectionPool):
        _, endpoint, _ = asked
        with _making_for_s3:
            return pool._create_connection(*(({}, endpoint, True) if as_nobody else asked))
    if isinstance(pool, GCloudBucketPool) and as_nobody:
        return pool._create_connection(AnonymousCredentials())  # type: ignore[no-untyped-call]
    return pool._create_connection(*asked)


def _release_connection(pool: Any, connection: Any) -> None:
    if connection is None:
        return
    with pool._lock:
        idle, kinds = _kept(pool)
        kind = kinds.pop(id(connection), None)
        if kind is not None and not isinstance(connection, dict):  # dicts: CloudFiles' own memory
            idle[kind].put(connection)
        pool.outstanding -= 1


def _kept(pool: Any) -> tuple[dict[bytes, Any], dict[int, bytes]]:
    if not hasattr(pool, "_idle_by_kind"):
        pool._idle_by_kind, pool._kinds = {}, {}
    return pool._idle_by_kind, pool._kinds
