"""Cutouts as the web process sees them: bytes in Redis. Knows no reader of volumes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from django.conf import settings

from apps.datasets.gateways.cutout_store import CutoutStore, Part, connect
from apps.voxels.frames import encode_frame

_POLL_S = 0.015


def cutout_store() -> CutoutStore:
    """The store of rendered cutouts of this deployment."""
    return connect(settings.REDIS_CLIENT_URL, settings.ENVIRONMENT.cutout_ttl_s)


def await_frames(
    part: Part,
    keys: Sequence[str],
    patience_s: float,
    ask: Callable[[Collection[str]], None] = lambda missing: None,
) -> list[bytes]:
    """The stored frame of each key; a `pending` frame for those that do not come in time.

    `ask` is called once with the keys that are not there at first, if there are any.
    """
    store = cutout_store()
    deadline = time.monotonic() + patience_s
    found = _stored(store, part, dict.fromkeys(keys))
    waiting = [key for key in dict.fromkeys(keys) if key not in found]
    if waiting:
        ask(waiting)
    while waiting and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        found |= _stored(store, part, waiting)
        waiting = [key for key in waiting if key not in found]
    return [found.get(key) or _pending(key) for key in keys]


def _stored(store: CutoutStore, part: Part, keys: Iterable[str]) -> dict[str, bytes]:
    wanted = list(keys)
    frames = zip(wanted, store.frames(part, wanted), strict=True)
    return {key: frame for key, frame in frames if frame is not None}


def _pending(key: str) -> bytes:
    return encode_frame({"part": "pending", "key": key, "retry_after_s": 1})
