"""The token of CAVE that this machine keeps, for volumes that name no secret.

CloudVolume sends the token of `cave-secret.json` to every server that an address names. Here that
file opens the servers of the public CAVE alone; others need a file with their name.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloudvolume.datasource.graphene import metadata
from cloudvolume.secrets import secretpath

_PUBLIC_CAVE = (".daf-apis.com", ".microns-daf.com")


class _Own(threading.local):
    token: str | None = None


_own = _Own()


def guard_cave_login() -> None:
    """Have CloudVolume ask here for tokens. May be called again."""
    metadata.cave_credentials = cave_login


@contextmanager
def cave_token(token: str | None) -> Iterator[None]:
    """Within the block, this thread opens segmentations with this token, if it is one.

    What CloudVolume takes as `secrets` it also sends to where the segmentation says that its data
    are.
    """
    _own.token = token
    try:
        yield
    finally:
        _own.token = None


def cave_login(server: str) -> dict[str, Any]:
    """What is kept for a server, named by its host and port; nothing where there is none."""
    if _own.token is not None:
        return {"token": _own.token}
    names = [f"{server}-cave-secret.json"]
    if server.endswith(_PUBLIC_CAVE):
        names.append("cave-secret.json")
    for name in names:
        path = Path(secretpath("secrets", name))
        if path.is_file():
            found = json.loads(path.read_text())
            return found if isinstance(found, dict) else {}
    return {}
