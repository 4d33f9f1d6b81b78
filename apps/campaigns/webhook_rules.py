"""Rules of webhooks: which events there are, how they are signed, when they are sent again."""

from __future__ import annotations

import hashlib
import hmac
import socket
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

MOST_ATTEMPTS = 12  # the last about ten hours after the first
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 15, 2 * 60 * 60


class Event(StrEnum):
    """What a receiver can be told."""

    PAGE_DONE = "page.done"
    CAMPAIGN_DONE = "campaign.done"


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The signature header: `t=<seconds since 1970>,v1=<hex>`, an HMAC-SHA256 with the secret
    over the timestamp, a dot and the body."""
    signed = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts; None where it is given up."""
    return None if attempts >= MOST_ATTEMPTS else now + pause_after(attempts)


def pause_after(failures: int) -> timedelta:
    """How long to wait after so many failures, at least one: twice as long each time."""
    doublings = min(failures, MOST_ATTEMPTS) - 1
    return timedelta(seconds=min(_FIRST_PAUSE_S * 2**doublings, _LONGEST_PAUSE_S))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, not of this machine or a private network."""
    ip = ip_address(address.split("%", 1)[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_global and not (mapped or ip).is_multicast


def why_no_address(text: str) -> str | None:
    """Why this is no address that can be told anything; None where it is one."""
    try:
        parts = urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return "it cannot be read"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_number:
        return "it does not begin with https:// or http:// and the name of a machine"
    if parts.username is not None or parts.password is not None:
        return "it holds a login, which others could read; the signature shows who is speaking"
    return None


def is_public_host(text: str) -> bool:
    """Whether the address names no private machine outright. What a name leads to is looked at
    when something is sent."""
    host = (urlsplit(text).hostname or "").removesuffix(".")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return is_public(host if ":" in host else socket.inet_ntoa(socket.inet_aton(host)))
    except (OSError, ValueError):  # a name, not a number, be it written as 127.1 or 0x7f000001
        return True
