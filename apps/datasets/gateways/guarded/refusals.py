"""What servers answered with 403. CloudFiles takes that for a file that is not there: buckets which
may not be listed answer so. Somebody who looks at a volume is to be told which it was, unless they
have said that it is the one.

Of https addresses it does so by itself; of chunks in S3 this module does."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
from botocore.exceptions import ClientError

_REFUSED = 403
_S3_CODE = "AccessDenied"  # a wrong login has codes of its own
_NOTHING = (None, None, None, None)  # what CloudFiles gives for a file that is not there
_RANGE = r"-?\d+--?\d+"
_CHUNK = re.compile(rf"(^|/){_RANGE}_{_RANGE}_{_RANGE}$|\.shard$")
_refused: deque[tuple[float, str]] = deque(maxlen=1000)


def note_refusals(session: requests.Session) -> None:
    """Note what is refused to this session."""
    session.hooks["response"].append(_note)


def _note(response: requests.Response, *_: Any, **__: Any) -> None:
    if response.status_code == _REFUSED:
        _refused.append((time.monotonic(), response.url))


def absent_if_refused(get_file: Callable[..., Any]) -> Callable[..., Any]:
    """For CloudFiles' reader of S3: note a chunk that is refused, and go on as without it."""

    @wraps(get_file)
    def get(self: Any, file_path: str, *arguments: Any, **options: Any) -> Any:
        try:
            return get_file(self, file_path, *arguments, **options)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != _S3_CODE:
                raise
            if not _CHUNK.search(file_path):
                raise
            _refused.append((time.monotonic(), _s3_address(self, file_path)))
            return _NOTHING

    return get


def _s3_address(reader: Any, file_path: str) -> str:
    """As people name it: with the server, where that is not Amazon's."""
    place = reader._path
    server = f"{place.host.rstrip('/')}/" if place.host else ""
    return f"s3://{server}{place.bucket}/{reader.get_path_to_file(file_path)}"


def was_refused(folder: str, since: float) -> bool:
    """Whether anything in a folder, an address, was refused since then (monotonic clock)."""
    start = f"{folder.rstrip('/')}/"
    return any(at >= since and url.startswith(start) for at, url in list(_refused))
