"""Buckets of servers that speak S3 and are not Amazon's: s3://https://HOST/BUCKET/PATH.

CloudFiles reads such addresses; CloudVolume only by a protocol that stands for the server.
"""

from __future__ import annotations

import hashlib
import re
from threading import Lock

from cloudfiles import paths

_lock = Lock()


def cloud_path(bare: str) -> str:
    """The address of a precomputed volume as CloudVolume takes it."""
    found = re.fullmatch(r"s3://(https?://[^/]+)/(.+)", bare)
    if found is None:
        return f"precomputed://{bare}"
    server, path = found.groups()
    alias = f"server{hashlib.sha256(server.encode()).hexdigest()[:20]}"
    with _lock:
        if alias not in paths.ALIASES:
            paths.add_alias(alias, f"s3://{server}/")
    return f"precomputed://{alias}://{path}"
