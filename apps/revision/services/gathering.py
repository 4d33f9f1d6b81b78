"""Have what came to be incorrect or unsure mended, and what is so no longer left alone.

A revision is made from what is stored of the settled items and of what is discarded; gathering
again changes nothing. So whoever comes late, twice or not at all does no harm: the next one finds
what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.proofreading.domain import Label, State
from apps.proofreading.models import Recount
from apps.proofreading.selectors import discarded_item_ids
from apps.proofreading.selectors.discards import discarded_since
from apps.revision.models import RevisionSettings, SecondLook
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
# What is to be looked at again, or was, is left until it is judged or discarded anew.
_WAS_DECIDED_SINCE = """
(settlement.state = ANY (%(states)s) AND settlement.settled_at > look.asked_at)
OR item.id = ANY (%(discarded_since)s::bigint[])
"""
_GO = f"""
WITH part AS (
    SELECT revision.id
    FROM revision_revision revision
    JOIN campaigns_item item ON item.id = revision.item_id
    LEFT JOIN proofreading_settlement settlement ON settlement.item_id = item.id
    WHERE revision.campaign_id = %(campaign)s AND revision.wanted AND revision.id > %(after)s
      AND (settlement.item_id IS NULL OR NOT ({_IS_TO_BE_MENDED}))
      AND NOT EXISTS (
          SELECT 1 FROM revision_secondlook look
          WHERE look.revision_id = revision.id AND ({_WAS_DECIDED_SINCE}) IS NOT TRUE
      )
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
# The same of what is being looked at again: what it was until then stands no more.
_STANDS_NO_MORE = f"""
UPDATE revision_secondlook look SET ended_at = %(now)s
FROM revision_revision revision
JOIN campaigns_item item ON item.id = revision.item_id
JOIN proofreading_settlement settlement ON settlement.item_id = item.id
WHERE revision.campaign_id = %(campaign)s AND look.revision_id = revision.id
  AND look.ended_at IS NULL
  AND coalesce(look.finished_at, look.asked_at) < settlement.settled_at
  AND settlement.by_expert AND {_IS_TO_BE_MENDED}
"""  # noqa: S608 - put together from our own words
# Where nothing was counted or discarded since and the same people decide, nothing has come or gone.
_DUE = """
SELECT * FROM (
    SELECT campaign.id, coalesce(settings.gathered, '') AS gathered,
        CASE WHEN campaign.status <> 'closed' AND EXISTS (
            SELECT 1 FROM campaigns_membership member JOIN accounts_user person
            ON person.id = member.user_id AND person.is_active
            WHERE member.campaign_id = campaign.id AND member.role = 'expert'
        ) THEN 'experts' ELSE 'votes' END AS decide,
        ARRAY (SELECT id FROM proofreading_recount WHERE campaign_id = campaign.id) AS recounts
    FROM campaigns_campaign campaign
    LEFT JOIN revision_revisionsettings settings ON settings.campaign_id = campaign.id
    WHERE campaign.status = ANY (%(statuses)s)
      AND (%(campaign)s::bigint IS NULL OR campaign.id = %(campaign)s)
) campaign
WHERE gathered <> decide OR cardinality(recounts) > 0
ORDER BY id
"""


@dataclass(frozen=True)
class Gathered:
    """How many instances are to be mended that were not before, and how many no longer."""

    come: int = 0
    gone: int = 0


@dataclass(frozen=True)
class _Due:
    """A campaign in which something may have come or gone: who decides there what is disputed,
    `experts` or `votes`, and the recounts of which nobody has gathered what follows."""

    campaign_id: int
    decide: str
    recounts: list[int]


def gather_all() -> Gathered:
    """Gather in every campaign where something was counted or discarded since the last time."""
    parts = [_gather(due) for due in _due()]
    return Gathered(sum(part.come for part in parts), sum(part.gone for part in parts))


def gather(campaign: Campaign) -> Gathered:
    """The same in one campaign. Not within a transaction that others wait for: a large campaign
    takes seconds the first time."""
    for due in _due(campaign.pk):
        return _gather(due)
    return Gathered()


def _due(campaign_id: int | None = None) -> list[_Due]:
    statuses = [status.value for status in CAN_BE_REVISED]
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"statuses": statuses, "campaign": campaign_id})
        return [_Due(pk, decide, recounts) for pk, _, decide, recounts in cursor.fetchall()]


def _gather(due: _Due) -> Gathered:
    campaign = Campaign.objects.get(pk=due.campaign_id)
    settings, _ = RevisionSettings.objects.get_or_create(campaign=campaign)
    now, discarded = timezone.now(), discarded_item_ids(campaign)
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "states": _FINAL if due.decide == _EXPERTS else [*_FINAL, State.DISPUTED.value],
        "labels": _TO_MEND,
        "discarded": sorted(discarded),
        "discarded_since": _discarded_since(campaign, discarded),
        "limit": _A_PART,
        "now": now,
    }
    come, gone = _in_parts(_COME, values), _in_parts(_GO, values)
    come += reopen_overruled(campaign, _overruled(values), now)
    with connection.cursor() as cursor:
        cursor.execute(_STANDS_NO_MORE, values)
    # Only now: if it ends before, it is gathered again. What was counted meanwhile is left.
    if settings.gathered != due.decide:
        RevisionSettings.objects.filter(campaign=campaign).update(gathered=due.decide)
    Recount.objects.filter(pk__in=due.recounts).delete()
    return Gathered(come, gone)


def _discarded_since(campaign: Campaign, discarded: set[int]) -> list[int]:
    """Those of the discarded items that were discarded after somebody was asked to look again."""
    looks = SecondLook.objects.filter(revision__campaign=campaign, revision__item__isnull=False)
    asked = dict(looks.values_list("revision__item").annotate(at=Max("asked_at")))
    since = discarded_since(asked.keys() & discarded)
    return sorted(pk for pk, at in since.items() if at > asked[pk])


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
