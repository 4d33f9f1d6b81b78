"""What servers answered with 403. CloudFiles takes that for a file that is not there: buckets which
may not be listed answer so. Somebody who looks at a volume is to be told which it was, unless they
have said that it is the one.

Of https addresses it does so by itself; of chunks in S3 this module does."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ClientError

_REFUSED = 403
_S3_CODE = "AccessDenied"  # a wrong login has codes of its own
_NOTHING = (None, None, None, None)  # what CloudFiles gives for a file that is not there
_RANGE = r"-?\d+--?\d+"
_CHUNK = re.compile(rf"(^|/){_RANGE}_{_RANGE}_{_RANGE}$|\.shard$")
_MOST_FOLDERS = 1000
_refused: OrderedDict[str, float] = OrderedDict()  # when last in a folder; the latest at the end
_lock = Lock()


def note_refusals(session: requests.Session) -> None:
    """Note what is refused to this session."""
    session.hooks["response"].append(_note)


def _note(response: requests.Response, *_: Any, **__: Any) -> None:
    if response.status_code == _REFUSED:
        asked = response.history[0] if response.history else response  # not where that led to
        _note_address(asked.url)


def _note_address(address: str) -> None:
    """Folders are few beside the chunks in them, so that none is forgotten while it is read."""
    folder = f"{urlsplit(address)._replace(query='', fragment='').geturl().rpartition('/')[0]}/"
    with _lock:
        _refused[folder] = time.monotonic()
        _refused.move_to_end(folder)
        if len(_refused) > _MOST_FOLDERS:
            _refused.popitem(last=False)


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
            _note_address(_s3_address(self, file_path))
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
    with _lock:
        return any(at >= since and one.startswith(start) for one, at in _refused.items())
