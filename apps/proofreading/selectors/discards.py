"""What is discarded: the verdicts whose latest `Discard` was not taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.proofreading.models import Discard

# The verdicts of a person that are discarded now. Without an order: the database would rather walk
# through all that was ever discarded than sort the few of a verdict.
DISCARDED_BY = """
SELECT deed.verdict_id FROM proofreading_discard deed
WHERE deed.made_by_id = %(user)s AND NOT deed.taken_back AND NOT EXISTS (
    SELECT 1 FROM proofreading_discard back
    WHERE back.verdict_id = deed.verdict_id AND back.batch = deed.batch AND back.taken_back
)
"""
_LATEST = """
SELECT DISTINCT ON (deed.verdict_id) deed.*
FROM proofreading_discard deed
JOIN proofreading_verdict verdict ON verdict.id = deed.verdict_id
JOIN campaigns_item item ON item.id = verdict.item_id
WHERE deed.made_by_id = %(user)s AND item.campaign_id = %(campaign)s
ORDER BY deed.verdict_id, deed.id DESC
"""
# What was said of the instance since has put the others back.
_LAST_BATCH = f"""
SELECT latest.batch, count(*), max(latest.made_at) FROM ({_LATEST}) latest
JOIN proofreading_verdict verdict ON verdict.id = latest.verdict_id
WHERE NOT latest.taken_back AND NOT EXISTS (
    SELECT 1 FROM proofreading_verdict later
    WHERE later.item_id = verdict.item_id AND later.lease_id = verdict.lease_id
      AND NOT later.late AND later.id > verdict.id
)
GROUP BY latest.batch ORDER BY max(latest.id) DESC LIMIT 1
"""  # noqa: S608 - put together from our own words
_HOLDING_IN = f"""
SELECT latest.verdict_id FROM ({_LATEST}) latest
WHERE latest.batch = %(batch)s AND NOT latest.taken_back
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
        cursor.execute(_LAST_BATCH, {"user": user.pk, "campaign": campaign.pk})
        found = cursor.fetchone()
    return None if found is None else DiscardedBatch(*found)


def holding_in(campaign: Campaign, user: User, batch: UUID) -> list[int]:
    """The verdicts of this person that are discarded by this batch now."""
    values: dict[str, Any] = {"user": user.pk, "campaign": campaign.pk, "batch": batch}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDING_IN, values)
        return [verdict_id for (verdict_id,) in cursor.fetchall()]


def discarded_among(verdicts: Collection[int]) -> set[int]:
    """Those of some verdicts, by their ids, that are discarded now."""
    deeds = Discard.objects.filter(verdict__in=verdicts).order_by("verdict_id", "-pk")
    latest = deeds.distinct("verdict_id").values_list("verdict_id", "taken_back")
    return {verdict_id for verdict_id, taken_back in latest if not taken_back}
