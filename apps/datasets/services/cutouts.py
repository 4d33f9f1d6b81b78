"""Cutouts as the web process sees them: bytes in Redis. Knows no reader of volumes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings

from apps.datasets.gateways.cutout_store import CutoutStore, Part, connect
from apps.voxels.frames import encode_frame

_POLL_S = 0.015


def cutout_store() -> CutoutStore:
    """The store of rendered cutouts of this deployment."""
    return connect(settings.REDIS_CLIENT_URL, settings.ENVIRONMENT.cutout_ttl_s)


def await_frames(part: Part, keys: Sequence[str], patience_s: float) -> list[bytes]:
    """The stored frame of each key; a `pending` frame for those that do not come in time."""
    store = cutout_store()
    deadline = time.monotonic() + patience_s
    found: dict[str, bytes] = {}
    while True:
        waiting = [key for key in dict.fromkeys(keys) if key not in found]
        for key, frame in zip(waiting, store.frames(part, waiting), strict=True):
            if frame is not None:
                found[key] = frame
        if len(found) == len(set(keys)) or time.monotonic() >= deadline:
            break
        time.sleep(_POLL_S)
    return [found.get(key) or _pending(key) for key in keys]


def _pending(key: str) -> bytes:
    return encode_frame({"part": "pending", "key": key, "retry_after_s": 1})
