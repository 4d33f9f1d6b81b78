"""Have what came to be incorrect or unsure mended, and what is so no longer left alone.

A revision is made from what is stored of the settled items and of what is discarded; gathering
again changes nothing. So whoever comes late, twice or not at all does no harm: the next one finds
what is left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.proofreading.domain import Label, State
from apps.proofreading.selectors import discarded_item_ids
from apps.revision.models import RevisionSettings
from apps.revision.selectors.queue import CAN_BE_REVISED
from apps.revision.services.finishing import reopen_overruled

_A_PART = 5_000
_FINAL = [State.SETTLED.value]
_EXPERTS = "experts"
_TO_MEND = [Label.INCORRECT.value, Label.UNSURE.value]
# Gold is on no sheet. What waits for more votes may still come to be correct, and so may what is
# disputed where experts are to decide it; else it comes as what it is, most often unsure.
_IS_TO_BE_MENDED = """
item.sheet IS NOT NULL AND settlement.state = ANY (%(states)s)
AND settlement.label = ANY (%(labels)s)
AND item.id <> ALL (%(discarded)s::bigint[])
"""
_COME = f"""
WITH part AS (
    SELECT item.id, item.position
    FROM campaigns_item item
    JOIN proofreading_settlement settlement ON settlement.item_id = item.id
    LEFT JOIN revision_revision revision ON revision.item_id = item.id
    WHERE item.campaign_id = %(campaign)s AND item.position > %(after)s
      AND (revision.id IS NULL OR NOT revision.wanted) AND {_IS_TO_BE_MENDED}
    ORDER BY item.position LIMIT %(limit)s
), made AS (
    INSERT INTO revision_revision (campaign_id, item_id, rank, wanted, decision, note)
    SELECT %(campaign)s, id, position, true, '', '' FROM part ORDER BY position
    ON CONFLICT (item_id) DO UPDATE SET wanted = true
)
SELECT count(*), max(position) FROM part
"""  # noqa: S608 - put together from our own words
_GO = f"""
WITH part AS (
    SELECT revision.id
    FROM revision_revision revision
    JOIN campaigns_item item ON item.id = revision.item_id
    LEFT JOIN proofreading_settlement settlement ON settlement.item_id = item.id
    WHERE revision.campaign_id = %(campaign)s AND revision.wanted AND revision.id > %(after)s
      AND (settlement.item_id IS NULL OR NOT ({_IS_TO_BE_MENDED}))
    ORDER BY revision.id LIMIT %(limit)s
    FOR NO KEY UPDATE OF revision
), gone AS (
    UPDATE revision_revision SET wanted = false FROM part WHERE revision_revision.id = part.id
)
SELECT count(*), max(id) FROM part
"""  # noqa: S608 - put together from our own words
# An expert has said since that it is to be mended, whatever the reviser said.
_OVERRULED = f"""
SELECT revision.id
FROM revision_revision revision
JOIN campaigns_item item ON item.id = revision.item_id
JOIN proofreading_settlement settlement ON settlement.item_id = item.id
WHERE revision.campaign_id = %(campaign)s AND revision.finished_at < settlement.settled_at
  AND settlement.by_expert AND {_IS_TO_BE_MENDED}
"""  # noqa: S608 - put together from our own words
# A settlement gets another time or number of votes whenever it changes, and what is discarded is
# appended: where both are as before, and so is who decides, nothing has come or gone.
_MARKS = """
SELECT campaign.id, concat_ws(
    ' ', settled.n, settled.times, settled.votes, (
        SELECT count(*) FROM proofreading_discard discard
        JOIN proofreading_verdict verdict ON verdict.id = discard.verdict_id
        JOIN campaigns_item item ON item.id = verdict.item_id
        WHERE item.campaign_id = campaign.id
    ),
    CASE WHEN campaign.status <> 'closed' AND EXISTS (
        SELECT 1 FROM campaigns_membership member JOIN accounts_user person
        ON person.id = member.user_id AND person.is_active
        WHERE member.campaign_id = campaign.id AND member.role = 'expert'
    ) THEN 'experts' END
)
FROM campaigns_campaign campaign JOIN (
    SELECT item.campaign_id, count(*) AS n, sum(extract(epoch FROM settled_at)) AS times,
           sum(votes) AS votes
    FROM proofreading_settlement settlement JOIN campaigns_item item ON item.id = item_id
    WHERE item.campaign_id = ANY (%(campaigns)s)
    GROUP BY item.campaign_id
) settled ON settled.campaign_id = campaign.id
WHERE campaign.id = ANY (%(campaigns)s)
"""


@dataclass(frozen=True)
class Gathered:
    """How many instances are to be mended that were not before, and how many no longer."""

    come: int = 0
    gone: int = 0


def gather_all() -> Gathered:
    """Gather in every campaign where something was settled or discarded since the last time."""
    campaigns = Campaign.objects.filter(status__in=CAN_BE_REVISED)
    marks = _marks(list(campaigns.order_by("pk").values_list("pk", flat=True)))
    known = dict(RevisionSettings.objects.values_list("campaign", "gathered"))
    parts = [_gather(pk, mark) for pk, mark in marks.items() if known.get(pk, "") != mark]
    return Gathered(sum(part.come for part in parts), sum(part.gone for part in parts))


def gather(campaign: Campaign) -> Gathered:
    """The same in one campaign. Not within a transaction that others wait for: a large campaign
    takes seconds the first time."""
    if campaign.status not in CAN_BE_REVISED:
        return Gathered()
    mark = _marks([campaign.pk])[campaign.pk]
    known = RevisionSettings.objects.filter(campaign=campaign).values_list("gathered", flat=True)
    if mark == (known.first() or ""):
        return Gathered()
    return _gather(campaign.pk, mark)


def _gather(campaign_id: int, mark: str) -> Gathered:
    campaign = Campaign.objects.get(pk=campaign_id)
    RevisionSettings.objects.get_or_create(campaign=campaign)
    values: dict[str, Any] = {
        "campaign": campaign_id,
        "states": _FINAL if mark.endswith(_EXPERTS) else [*_FINAL, State.DISPUTED.value],
        "labels": _TO_MEND,
        "discarded": sorted(discarded_item_ids(campaign)),
        "limit": _A_PART,
    }
    come, gone = _in_parts(_COME, values), _in_parts(_GO, values)
    come += reopen_overruled(campaign, _overruled(values), timezone.now())
    # What was settled meanwhile has another mark, and is gathered next time.
    RevisionSettings.objects.filter(campaign_id=campaign_id).update(gathered=mark)
    return Gathered(come, gone)


def _overruled(values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_OVERRULED, values)
        return [int(pk) for (pk,) in cursor.fetchall()]


def _in_parts(statement: str, values: dict[str, Any]) -> int:
    """Run it until a part is not full, each part in a transaction; how many rows there were."""
    total, after, found = 0, -1, _A_PART
    while found == _A_PART:
        found, last = _one_part(statement, values | {"after": after})
        total, after = total + found, last
    return total


@transaction.atomic
def _one_part(statement: str, values: dict[str, Any]) -> tuple[int, int]:
    """Of two who gather in a campaign one waits, so that neither waits for a row of the other."""
    settings = RevisionSettings.objects.select_for_update(no_key=True)
    settings.get(campaign_id=values["campaign"])
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found, last = cursor.fetchone()
    return int(found), -1 if last is None else int(last)


def _marks(campaigns: Collection[int]) -> dict[int, str]:
    """What tells whether something was settled or discarded, for each campaign; empty where
    nothing is settled."""
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, {"campaigns": [*campaigns]})
        found = dict(cursor.fetchall())
    return {campaign: found.get(campaign, "") for campaign in campaigns}
