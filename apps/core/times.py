"""How times are told to people: one form everywhere, in UTC where the reader's zone is not known.

Pages turn what `{% moment %}` and `{% day %}` write into the reader's own zone
(`apps/core/frontend/times.ts` has the same form). Files and the API have ISO 8601 in UTC instead.
"""

from __future__ import annotations

from datetime import UTC, datetime


def told_time(at: datetime) -> str:
    """ "22 Nov 2026, 08:14 UTC". `at` knows its zone."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"


def told_day(at: datetime) -> str:
    """ "22 Nov 2026", the day in UTC. `at` knows its zone."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def machine_time(at: datetime) -> str:
    """ "2026-11-22T08:14:05Z", for programs. `at` knows its zone."""
    return exact_time(at.replace(microsecond=0))


def exact_time(at: datetime) -> str:
    """The same with fractions of a second where there are some, to be given back as it is."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
