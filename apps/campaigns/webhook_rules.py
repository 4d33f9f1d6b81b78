"""Rules of webhooks: which events there are, how they are signed, when they are sent again."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum

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
