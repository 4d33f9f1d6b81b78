"""Which volumes do not answer, in Redis: known at once to every process that reads.

Two marks a volume, both with an end: `down` after a read that timed out, and `waited-for` while
one process waits longer for it than others would.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import redis

DOWN_S = 30  # docs/adr/0004 says why


class VolumeStates:
    """The marks of volumes, by address."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def is_silent(self, address: str) -> bool:
        """Whether the volume is down, or somebody finds out just now whether it is."""
        names = _name("down", address), _name("waited-for", address)
        return bool(self._client.exists(*names))

    def begin_waiting(self, address: str, hold_s: int) -> bool:
        """Be the one who waits for a slow answer; False where another process does so already."""
        return bool(self._client.set(_name("waited-for", address), b"1", nx=True, ex=hold_s))

    def end_waiting(self, address: str) -> None:
        self._client.delete(_name("waited-for", address))

    def note_down(self, address: str) -> None:
        """The volume did not answer: nobody tries again for `DOWN_S`."""
        self._client.set(_name("down", address), b"1", ex=DOWN_S)


def _name(mark: str, address: str) -> str:
    return f"cutout:{mark}:{hashlib.sha256(address.encode()).hexdigest()[:32]}"


@lru_cache(maxsize=4)
def connect(url: str) -> VolumeStates:
    """The marks behind `url`; one pool of connections a process."""
    return VolumeStates(redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=3))
