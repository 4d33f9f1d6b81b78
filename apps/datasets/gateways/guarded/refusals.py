"""What servers answered with 403. CloudFiles takes that for a file that is not there: buckets which
may not be listed answer so. Somebody who looks at a volume is to be told which it was."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import requests

_REFUSED = 403
_refused: deque[tuple[float, str]] = deque(maxlen=1000)


def note_refusals(session: requests.Session) -> None:
    """Note what is refused to this session."""
    session.hooks["response"].append(_note)


def _note(response: requests.Response, *_: Any, **__: Any) -> None:
    if response.status_code == _REFUSED:
        _refused.append((time.monotonic(), response.url))


def was_refused(folder: str, since: float) -> bool:
    """Whether anything in a folder, an http address, was refused since then (monotonic clock)."""
    start = f"{folder.rstrip('/')}/"
    return any(at >= since and url.startswith(start) for at, url in list(_refused))
