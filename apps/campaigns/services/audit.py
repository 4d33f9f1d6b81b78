"""Keep record of who did what in a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign


def record(
    campaign: Campaign,
    actor: User | None,
    action: str,
    details: Mapping[str, object],
    now: datetime,
) -> AuditEntry:
    """Note what was done. Call it in the transaction that does it, so that both happen or none.

    `actor` is None where the server did it. `action` is one word for programs such as
    `page_reserved`; `details` are what JSON can say of it.
    """
    return AuditEntry.objects.create(
        campaign=campaign, actor=actor, action=action, details=dict(details), at=now
    )


def record_all(
    campaign: Campaign,
    actor: User | None,
    action: str,
    details: Iterable[Mapping[str, object]],
    now: datetime,
) -> None:
    """The same of many things that are done at once: an entry each, in a few statements."""
    entries = [
        AuditEntry(campaign=campaign, actor=actor, action=action, details=dict(one), at=now)
        for one in details
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=1000)
