"""The tokens of CAVE that this machine keeps, for volumes and tables that name no secret.

CloudVolume sends the token of `cave-secret.json` to every server that an address names. Here that
file opens the servers of the public CAVE alone, over https; others need a file with their name. And
none is sent unless the settings lend the logins of this machine.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloudvolume.datasource.graphene import metadata
from cloudvolume.secrets import secretpath

from apps.datasets.gateways.guarded.http import lends_logins

_PUBLIC_CAVE = ("daf-apis.com", "microns-daf.com")
_SERVER = re.compile(r"(?a:[\w.-]+(:\d+)?)")


class _Own(threading.local):
    token: str | None = None


_own = _Own()


def guard_cave_login() -> None:
    """Have CloudVolume ask here for tokens. May be called again."""
    opened = metadata.GrapheneMetadata
    if not hasattr(opened.parse_token, "__wrapped__"):
        opened.parse_token = _with_login(opened.parse_token)
        metadata.cave_credentials = _nothing


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


def cave_login(address: str) -> dict[str, Any]:
    """What is kept for the server of an https or http address; nothing where there is none."""
    if _own.token is not None:
        return {"token": _own.token}
    server = urlsplit(address)
    if not lends_logins() or not _SERVER.fullmatch(server.netloc):
        return {}
    names = [f"{server.netloc}-cave-secret.json"]
    if server.scheme == "https" and _is_public_cave(server.hostname or ""):
        names.append("cave-secret.json")
    for name in names:
        path = Path(secretpath("secrets", name))
        if path.is_file():
            found = json.loads(path.read_text())
            return found if isinstance(found, dict) else {}
    return {}


def _is_public_cave(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in _PUBLIC_CAVE)


def _with_login(parse_token: Callable[..., str]) -> Callable[..., str]:
    """CloudVolume asks for the token of a name; whether it is sent in clear depends on the rest."""

    @wraps(parse_token)
    def parsed(self: Any, auth_token: Any = None) -> str:
        return parse_token(self, auth_token or cave_login(self.server_url))

    return parsed


def _nothing(_server: str = "") -> None:
    """What CloudVolume would look for by itself."""
