"""Give up connections that say nothing, or next to nothing.

The clients below CloudVolume ask https without any limit of time. A read that is given up leaves
its threads behind, twenty for each box, each with a connection: of a server that never answers, or
that sends a byte now and then, they would be there until it ends, and after an hour this process
could open no file any more.
"""

from __future__ import annotations

import http.client
import io
import time
from functools import wraps
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

_CONNECT_S = 10.0
_silence_s = 60.0
# What is slower than this on average, after the first minute, is not waited for.
_SLOWEST_BYTES_S, _PATIENCE_S = 20_000, 60.0


def end_silence_after(seconds: float) -> None:
    """How long a server may say nothing; for every request that brings no limit of its own."""
    global _silence_s  # noqa: PLW0603 - one for a process, as the adapters are
    _silence_s = seconds


def limit_requests() -> None:
    """Put the limits before what sends the requests of all sessions and reads their answers."""
    send = HTTPAdapter.send
    if hasattr(send, "__wrapped__"):
        return

    @wraps(send)
    def limited(self: HTTPAdapter, request: Any, **options: Any) -> Any:
        if options.get("timeout") is None:
            options["timeout"] = (min(_CONNECT_S, _silence_s), _silence_s)
        return send(self, request, **options)

    setattr(HTTPAdapter, "send", limited)  # noqa: B010 - the wrapper takes options by name
    HTTPConnection.response_class = _Answer


class _Answer(http.client.HTTPResponse):
    """An answer that may not drip: neither its headers nor its content."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = io.BufferedReader(_Stream(self.fp.detach()))


class _Stream(io.RawIOBase):
    """What comes from a connection, as long as it comes fast enough.

    Counted is the time that is spent with waiting for more of it: not that of who reads it, nor
    that until it begins, for which there is a limit of its own.
    """

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source
        self._count = 0
        self._waited_s = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        began = time.monotonic()
        count: int | None = self._source.readinto(buffer)
        if self._count:
            self._waited_s += time.monotonic() - began
        self._count += count or 0
        if self._waited_s > _PATIENCE_S + self._count / _SLOWEST_BYTES_S:
            raise TimeoutError("it comes too slowly")
        return count

    def fileno(self) -> int:
        return int(self._source.fileno())

    def close(self) -> None:
        self._source.close()
        super().close()
