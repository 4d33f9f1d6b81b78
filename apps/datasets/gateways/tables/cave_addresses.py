"""Addresses of tables in CAVE: `cave://DATASTACK/TABLE?version=1300`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import quote, unquote, urlencode, urlsplit

from apps.datasets.gateways.tables.files import unusable

START = "cave://"
GLOBAL_SERVER = "https://global.daf-apis.com"
LIKE = "cave://DATASTACK/TABLE?version=NUMBER"
_NAME = re.compile(r"[\w.-]+")
_SERVER = re.compile(r"https?://[\w.-]+(:\d+)?")
_KNOWN = ("version", "timestamp", "box", "pre", "post", "server")
_NOW = "now"
Corner = tuple[int, int, int]


@dataclass(frozen=True)
class CaveAddress:
    """A table, at a version or as it is at a time, and which of its rows are wanted.

    With neither `version` nor `timestamp` the newest version is meant. box: its two corners, in
    voxels of the table. pre, post: root ids of the neurons wanted at each side; empty means any.
    """

    datastack: str
    table: str
    server: str = GLOBAL_SERVER
    version: int | None = None
    timestamp: datetime | None = None
    box: tuple[Corner, Corner] | None = None
    pre: tuple[int, ...] = ()
    post: tuple[int, ...] = ()

    def at_version(self, version: int) -> CaveAddress:
        """The same rows of one version."""
        return replace(self, version=version, timestamp=None)

    def __str__(self) -> str:
        """As a person writes it; what is as it would be anyway is left out."""
        parts: dict[str, str] = {}
        if self.version is not None:
            parts["version"] = str(self.version)
        if self.timestamp is not None:
            parts["timestamp"] = self.timestamp.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if self.box is not None:
            parts["box"] = ",".join(str(at) for corner in self.box for at in corner)
        for name, ids in (("pre", self.pre), ("post", self.post)):
            parts |= {name: ",".join(map(str, ids))} if ids else {}
        if self.server != GLOBAL_SERVER:
            parts["server"] = self.server
        query = urlencode(parts, safe=",:/", quote_via=quote)
        return f"{START}{self.datastack}/{self.table}" + (f"?{query}" if query else "")


def parse_cave_address(text: str, now: datetime) -> CaveAddress:
    """The address that a person has written; `now` is what `timestamp=now` means.

    Raises TableError naming the part that cannot be.
    """
    parts = urlsplit(text)
    table = parts.path.removeprefix("/")
    if parts.scheme != "cave" or not _NAME.fullmatch(parts.netloc) or not _NAME.fullmatch(table):
        _fail(text, f"an address looks like {LIKE}")
    # A plus is meant as it stands, in +02:00 as in a number that lost its digits.
    given = [one.partition("=")[::2] for one in parts.query.split("&") if one]
    found = {name: unquote(value) for name, value in given}
    for name, _ in given:
        if name not in _KNOWN:
            _fail(text, f"{name!r} is none of {', '.join(_KNOWN)}")
    if len(found) < len(given):
        _fail(text, "something is named twice")
    if {"version", "timestamp"} <= set(found):
        _fail(text, "name a version or a timestamp, not both")
    return CaveAddress(
        datastack=parts.netloc,
        table=table,
        server=_server(text, found),
        version=_version(text, found),
        timestamp=_timestamp(text, found, now),
        box=_box(text, found),
        pre=_ids(text, found, "pre"),
        post=_ids(text, found, "post"),
    )


def _server(text: str, found: Mapping[str, str]) -> str:
    server = found.get("server", GLOBAL_SERVER).rstrip("/")
    if not _SERVER.fullmatch(server):
        _fail(text, f"the server {server!r} is not like https://HOST")
    return server


def _version(text: str, found: Mapping[str, str]) -> int | None:
    given = found.get("version")
    if given is not None and (not given.isascii() or not given.isdigit()):
        _fail(text, f"the version {given!r} is no whole number")
    return None if given is None else int(given)


def _timestamp(text: str, found: Mapping[str, str], now: datetime) -> datetime | None:
    given = found.get("timestamp")
    if given is None:
        return None
    if given == _NOW:
        return now
    try:
        time = datetime.fromisoformat(given)
    except ValueError:
        _fail(text, f"the timestamp {given!r} is not like 2026-01-31T12:00:00Z, nor {_NOW!r}")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _box(text: str, found: Mapping[str, str]) -> tuple[Corner, Corner] | None:
    given = found.get("box")
    if given is None:
        return None
    try:
        a, b, c, d, e, f = map(int, given.split(","))
    except ValueError:
        _fail(text, f"the box {given!r} is not six whole numbers x,y,z,x,y,z")
    if a >= d or b >= e or c >= f:
        _fail(text, f"the box {given!r} does not go from its lower to its upper corner")
    return (a, b, c), (d, e, f)


def _ids(text: str, found: Mapping[str, str], name: str) -> tuple[int, ...]:
    given = found.get(name)
    if given is None:
        return ()
    ids = given.split(",")
    if not all(one.isascii() and one.isdigit() and 0 < int(one) < 2**64 for one in ids):
        _fail(text, f"{name} has {given!r}, which is not root ids with commas between them")
    return tuple(map(int, ids))


def _fail(text: str, what: str) -> NoReturn:
    raise unusable(f"{text}: {what}.")
