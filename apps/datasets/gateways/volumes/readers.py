"""The volumes that this process has opened."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from apps.datasets.domain import VolumeRef
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.volumes.opening import KeptAs

REOPEN_S = 30.0

# A volume, how much of it is kept (MB), how, and the login that it is read with.
Key = tuple[VolumeRef, int, KeptAs, Credentials | None]


@dataclass(frozen=True)
class _Opened:
    reader: Any
    at: float


class Readers:
    """The last `most` volumes that were read, each with its chunks."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._lock = Lock()
        self._opened: OrderedDict[Key, _Opened] = OrderedDict()

    def get(self, key: Key, open_it: Callable[[], Any]) -> Any:
        """The reader of a volume, opened if need be."""
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
                return self._opened[key].reader
        opened = _Opened(open_it(), self._now())
        with self._lock:
            self._opened[key] = opened
            while len(self._opened) > self._most:
                self._opened.popitem(last=False)
        return opened.reader

    def doubt(self, key: Key) -> None:
        """What was read does not fit: the volume may have been written anew since it was opened.

        It is opened anew, but not with each chunk of a volume that is damaged: its chunks that are
        kept would be lost each time.
        """
        with self._lock:
            opened = self._opened.get(key)
            if opened is not None and self._now() - opened.at >= REOPEN_S:
                del self._opened[key]

    def drop(self, key: Key) -> None:
        """What is kept of the volume is wrong."""
        with self._lock:
            self._opened.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._opened.clear()
