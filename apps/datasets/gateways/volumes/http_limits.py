"""Give up connections that say nothing.

The clients below CloudVolume ask https without any limit of time. A read that is given up leaves
its threads behind, twenty for each box, each with a connection: of a server that never answers they
would be there until it ends, and after an hour this process could open no file any more.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from requests.adapters import HTTPAdapter

_CONNECT_S = 10.0
_silence_s = 60.0


def end_silence_after(seconds: float) -> None:
    """How long a server may say nothing; for every request that brings no limit of its own."""
    global _silence_s  # noqa: PLW0603 - one for a process, as the adapters are
    _silence_s = seconds


def limit_requests() -> None:
    """Put the limit before what sends the requests of all sessions."""
    send = HTTPAdapter.send
    if hasattr(send, "__wrapped__"):
        return

    @wraps(send)
    def limited(self: HTTPAdapter, request: Any, **options: Any) -> Any:
        if options.get("timeout") is None:
            options["timeout"] = (min(_CONNECT_S, _silence_s), _silence_s)
        return send(self, request, **options)

    setattr(HTTPAdapter, "send", limited)  # noqa: B010 - the wrapper takes options by name
