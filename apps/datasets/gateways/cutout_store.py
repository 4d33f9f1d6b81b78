"""Rendered cutouts in Redis: frames by key, with a time to live.

Memory is bounded twice: each entry expires, and the server evicts the oldest expiring entries
(`maxmemory-policy volatile-lru`) when its limit is reached. The broker's own keys never expire,
so they are never evicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import redis

from apps.voxels.frames import RenderedCutout, encode_frame

Part = Literal["middle", "rest"]

UNREADABLE_TTL_S = 10
ATTEMPT_TTL_S = 300
MAX_ATTEMPTS = 2
ANNOUNCED_TTL_S = 10


class CutoutStore:
    """The frames of rendered cutouts, as bytes ready to be sent."""

    def __init__(self, client: redis.Redis, ttl_s: int) -> None:
        self._client = client
        self._ttl_s = ttl_s

    def frames(self, part: Part, keys: Sequence[str]) -> list[bytes | None]:
        """For each key the stored frame, or None where there is none."""
        if not keys:
            return []
        values = self._client.mget([_name(part, key) for key in keys])
        # The stubs also cover the asynchronous client, whose answers are awaited.
        return list(values)  # type: ignore[arg-type]

    def missing(self, keys: Sequence[str]) -> list[str]:
        """The keys without both frames."""
        if not keys:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.exists(_name("middle", key), _name("rest", key))
        counts = pipeline.execute()
        return [key for key, count in zip(keys, counts, strict=True) if count < 2]

    def put(self, key: str, rendered: RenderedCutout) -> None:
        self._write(key, rendered.middle, rendered.rest, self._ttl_s)

    def put_unreadable(
        self, key: str, sentence: str, retry_after_s: int = UNREADABLE_TTL_S
    ) -> None:
        """Store, for a short time, why this cutout cannot be shown; then it is tried again."""
        header = {"key": key, "part": "unreadable", "sentence": sentence}
        frame = encode_frame({**header, "retry_after_s": retry_after_s})
        self._write(key, frame, frame, retry_after_s)

    def claim(self, key: str, hold_s: int) -> int | None:
        """Take the rendering of this cutout: which attempt it is, from 1.

        None where another process is at it. A process that dies keeps its claim for `hold_s`;
        the count of attempts outlives it, so that a chunk that kills its reader is not tried for
        ever.
        """
        if not self._client.set(_name("claim", key), b"1", nx=True, ex=hold_s):
            return None
        pipeline = self._client.pipeline(transaction=True)
        pipeline.incr(_name("attempt", key))
        pipeline.expire(_name("attempt", key), ATTEMPT_TTL_S)
        return int(pipeline.execute()[0])

    def announce(self, work: str) -> bool:
        """Say that work is about to be asked for; False where it was, and has not begun yet.

        A job may be lost, so an announcement is forgotten after `ANNOUNCED_TTL_S`.
        """
        name = _name("announced", work)
        return bool(self._client.set(name, b"1", nx=True, ex=ANNOUNCED_TTL_S))

    def begin(self, work: str) -> None:
        """The announced work begins: what changes from now on is to be announced again."""
        self._client.delete(_name("announced", work))

    def _write(self, key: str, middle: bytes, rest: bytes, ttl_s: int) -> None:
        pipeline = self._client.pipeline(transaction=True)
        pipeline.set(_name("middle", key), middle, ex=ttl_s)
        pipeline.set(_name("rest", key), rest, ex=ttl_s)
        pipeline.delete(_name("attempt", key), _name("claim", key))
        pipeline.execute()


def _name(part: str, key: str) -> str:
    return f"cutout:{part}:{key}"


@lru_cache(maxsize=4)
def connect(url: str, ttl_s: int) -> CutoutStore:
    """The store behind `url`; one pool of connections a process."""
    client = redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=3)
    return CutoutStore(client, ttl_s)
