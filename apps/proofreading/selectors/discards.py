"""What is discarded: the verdicts of a `Discard` that was not taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.proofreading.selectors.mine import IS_LATEST, MY_LEASES

# Whether a deed holds: it was not taken back. Without an order: the database would rather walk
# through all that was ever discarded than sort the few of a verdict.
_HOLDS = """
NOT deed.taken_back AND NOT EXISTS (
    SELECT 1 FROM proofreading_discard back
    WHERE back.verdict_id = deed.verdict_id AND back.batch = deed.batch AND back.taken_back
)
"""
# The verdicts of a person that are discarded now.
DISCARDED_BY = f"""
SELECT deed.verdict_id FROM proofreading_discard deed
WHERE deed.made_by_id = %(user)s AND {_HOLDS}
"""  # noqa: S608 - put together from our own words
# What was said of the instance since has put the others back, and so has opening a page again.
_STANDING = f"""
SELECT deed.* FROM proofreading_discard deed
JOIN proofreading_verdict verdict ON verdict.id = deed.verdict_id
JOIN ({MY_LEASES}) mine ON mine.id = verdict.lease_id
WHERE deed.made_by_id = %(user)s AND {_HOLDS} AND {IS_LATEST}
"""  # noqa: S608 - put together from our own words
_LAST_BATCH = f"""
SELECT batch, count(*), max(made_at) FROM ({_STANDING}) standing
GROUP BY batch ORDER BY max(id) DESC LIMIT 1
"""  # noqa: S608 - put together from our own words
_HOLDING_IN = f"""
SELECT verdict_id FROM ({_STANDING}) standing WHERE batch = %(batch)s ORDER BY verdict_id
"""  # noqa: S608 - put together from our own words
_IN_CAMPAIGN = f"""
SELECT deed.verdict_id FROM proofreading_discard deed
JOIN proofreading_verdict verdict ON verdict.id = deed.verdict_id
JOIN campaigns_item item ON item.id = verdict.item_id
WHERE item.campaign_id = %s AND {_HOLDS}
"""  # noqa: S608 - put together from our own words
_AMONG = f"""
SELECT deed.verdict_id FROM proofreading_discard deed
WHERE deed.verdict_id = ANY (%(verdicts)s) AND {_HOLDS}
"""  # noqa: S608 - put together from our own words
_SINCE = f"""
SELECT verdict.item_id, max(deed.made_at) FROM proofreading_discard deed
JOIN proofreading_verdict verdict ON verdict.id = deed.verdict_id
WHERE verdict.item_id = ANY (%(items)s) AND {_HOLDS} AND {IS_LATEST}
GROUP BY verdict.item_id
"""  # noqa: S608 - put together from our own words


@dataclass(frozen=True)
class DiscardedBatch:
    """What somebody discarded together and has not taken back since."""

    key: UUID
    count: int
    made_at: datetime


def last_batch(campaign: Campaign, user: User) -> DiscardedBatch | None:
    """What this person discarded last; what an undo takes back."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_BATCH, _values(campaign, user))
        found = cursor.fetchone()
    return None if found is None else DiscardedBatch(*found)


def holding_in(campaign: Campaign, user: User, batch: UUID) -> list[int]:
    """The verdicts of this person that are discarded by this batch now."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDING_IN, _values(campaign, user) | {"batch": batch})
        return [verdict_id for (verdict_id,) in cursor.fetchall()]


def discarded_among(verdicts: Collection[int]) -> set[int]:
    """Those of some verdicts, by their ids, that are discarded now."""
    with connection.cursor() as cursor:
        cursor.execute(_AMONG, {"verdicts": [*verdicts]})
        return {verdict_id for (verdict_id,) in cursor.fetchall()}


def discarded_since(items: Collection[int]) -> dict[int, datetime]:
    """By the ids of items, when somebody last discarded them and has not taken that back since, nor
    said anything else. Nothing is asked where there are none."""
    if not items:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"items": [*items]})
        return dict(cursor.fetchall())


def discarded_in(campaign: Campaign) -> RawSQL:
    """The ids of the verdicts of a campaign that are discarded now, as part of a query."""
    return RawSQL(_IN_CAMPAIGN, [campaign.pk])  # noqa: S611 - put together from our own words


def _values(campaign: Campaign, user: User) -> dict[str, Any]:
    return {"user": user.pk, "campaign": campaign.pk, "lease": None}
