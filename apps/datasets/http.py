"""Files of volumes over HTTP: ranges, compression, and what a browser may keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags

from apps.core.errors_http import error_body
from apps.datasets.gateways.local_files import (
    MOST_FOR_A_PART,
    MOST_UNPACKED,
    StoredFile,
    read_blocks,
    unpacked,
)

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_KEPT_S = 3600

FileView = Callable[..., HttpResponseBase]


def for_persons(view: FileView) -> FileView:
    """Tells who is not logged in so in a status: a script asks, not a person."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            body = error_body("login_needed", "You are no longer logged in.")
            return JsonResponse(body, status=401, headers={"WWW-Authenticate": "Token"})
        return view(request, *arguments, **named)

    return guarded


def file_response(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    """A stored file, or the part of it that is asked for.

    A range is of the content, not of its compressed form, so that shards can be read wherever they
    are stored. Whoever cannot unpack gets it unpacked.
    """
    if file.etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _finished(HttpResponse(status=304), request, file)
    span = request.headers.get("Range", "")
    if file.encoding and (span or not _accepts(request, file.encoding)):
        content = unpacked(file, MOST_FOR_A_PART if span else MOST_UNPACKED)
        return _answer(request, file, content, len(content), encoding="")
    return _answer(request, file, None, file.size, encoding=file.encoding)


def _accepts(request: HttpRequest, encoding: str) -> bool:
    known = request.headers.get("Accept-Encoding", "").lower()
    return re.search(rf"(^|[,\s]){encoding}(?!\s*;\s*q=0(\.0*)?\s*(,|$))", known) is not None


def _answer(
    request: HttpRequest, file: StoredFile, content: bytes | None, size: int, *, encoding: str
) -> HttpResponseBase:
    """The whole content or a part of it; `content` where it is not as it is stored."""
    try:
        start, end = _part(request, file, size)
    except _NoSuchPartError:
        refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return _finished(refused, request, file)
    is_part = (start, end) != (0, size)
    body: Iterator[bytes] | bytes
    if request.method == "HEAD":
        body = b""
    elif content is not None:
        body = content[start:end]
    else:
        body = read_blocks(file, start, end - start)
    kind = HttpResponse if isinstance(body, bytes) else StreamingHttpResponse
    response = kind(body, status=206 if is_part else 200, content_type=_type_of(file))
    response.headers["Content-Length"] = str(end - start)
    if is_part:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return _finished(response, request, file)


class _NoSuchPartError(Exception):
    """A range that lies outside the content."""


def _part(request: HttpRequest, file: StoredFile, size: int) -> tuple[int, int]:
    """The bytes from the first to behind the last that are asked for.

    More than one range, and a range of a content that has changed since, is answered with all of
    it, as HTTP allows. Raises _NoSuchPartError.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    known = request.headers.get("If-Range")
    if asked is None or asked.groups() == ("", "") or known not in (None, file.etag):
        return 0, size
    first, last = asked.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return 0, size
    if start >= end:
        raise _NoSuchPartError
    return start, end


def _type_of(file: StoredFile) -> str:
    is_info = file.path.name.split(".", 1)[0] == "info"
    return "application/json" if is_info else "application/octet-stream"


def _finished(
    response: HttpResponseBase, request: HttpRequest, file: StoredFile
) -> HttpResponseBase:
    """Chunks may be kept for an hour by the person's own browser; an info is asked for again."""
    response.headers["ETag"] = file.etag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    patch_vary_headers(response, ("Cookie", "Accept-Encoding"))
    if _type_of(file) == "application/json":
        patch_cache_control(response, private=True, no_cache=True)
    else:
        patch_cache_control(response, private=True, max_age=_KEPT_S)
    return response
