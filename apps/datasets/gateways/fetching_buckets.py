"""Fetch an object of a bucket (gs, s3) in parts, through CloudFiles."""

from __future__ import annotations

import posixpath
from typing import IO, Any

from cloudfiles import CloudFiles

from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.fetching import FetchError, OnBytes
from apps.datasets.gateways.guarded import guard_readers
from apps.datasets.gateways.guarded.cloud_files import refusal_in, status_in
from apps.datasets.gateways.guarded.limits import TooLargeError
from apps.datasets.gateways.volumes.errors import CONNECTION_ERRORS, SOURCE_ERRORS, first_line

_PART = 16 * 2**20


def fetch_object(
    address: str,
    file: IO[bytes],
    limit: int,
    credentials: Credentials | None,
    on_progress: OnBytes,
) -> None:
    """Copy an object to `file`, which is empty. CloudFiles tries each part again by itself.

    Raises FetchError, TooLargeError or PrivateAddressError.
    """
    guard_readers()
    folder, name = posixpath.split(address)
    try:
        bucket = CloudFiles(
            folder, secrets=credentials.as_mapping() if credentials else None, progress=False
        )
        head = _head(bucket, name)
        size = int(head["Content-Length"])
        if size > limit:
            raise TooLargeError(limit)
        if head.get("Content-Encoding"):
            raise FetchError("it is stored compressed; store it as it is")
        for start in range(0, size, _PART):
            end = min(start + _PART, size)
            part = bucket.get({"path": name, "start": start, "end": end}, raw=True)
            if part is None or len(part) != end - start:
                raise FetchError("a part of it is missing")
            file.write(part)
            on_progress(end, size)
        if _head(bucket, name).get("ETag") != head.get("ETag"):
            raise FetchError("it was changed while it was fetched")
    except (*CONNECTION_ERRORS, *SOURCE_ERRORS) as error:
        raise _what_happened(error) from error


def _head(bucket: Any, name: str) -> dict[str, Any]:
    try:
        head: dict[str, Any] | None = bucket.head(name)
    except AttributeError:  # CloudFiles asks a blob of gs that is not there for its size
        head = None
    if head is None:
        raise FetchError("there is no such object")
    return head


def _what_happened(error: Exception) -> BaseException:
    refusal = refusal_in(error)
    if refusal is not None:
        return refusal
    if status_in(error) in (401, 403):
        return FetchError("it asks for a login, or for another one")
    return FetchError(first_line(error))
