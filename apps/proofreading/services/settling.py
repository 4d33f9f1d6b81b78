"""Count the verdicts of submitted pages.

Pages say themselves whether they have been counted, so a job that is lost loses nothing: the next
one takes up what is left. Counting anew gives the same result.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.campaigns.models import Campaign, Item, Page
from apps.campaigns.services.webhooks import tell_campaigns_done, tell_pages_done
from apps.proofreading.domain import Label, Policy, Quality, Settlement, State, Vote, settle
from apps.proofreading.models import Recount
from apps.proofreading.models import Settlement as SettlementRow
from apps.proofreading.selectors.quality import policy_of, quality_of
from apps.proofreading.selectors.votes import counting_verdicts, latest_of_each
from apps.proofreading.services.asking import request_more_votes
from apps.proofreading.services.ranking import rank_by_dispute

_PAGES_A_ROUND = 100
_ITEMS_A_PART = 2_000
_WHAT = ("state", "label", "p_correct", "votes", "by_expert")
_AS_WHAT = ("state", "label", "by_expert")


@dataclass
class _Counted:
    """The votes on an item: those in time, the late ones of others, and the latest of an expert
    who adjudicated."""

    votes: list[Vote]
    late: list[Vote]
    expert: Label | None = None


def count_submitted(now: datetime) -> int:
    """Settle the items of pages that were submitted or changed since they were last counted.

    Returns how many pages were counted.
    """
    began, counted = time.monotonic(), 0
    for campaign_id in _campaigns_to_count():
        is_more_left = True
        while is_more_left:
            at = now + timedelta(seconds=time.monotonic() - began)
            pages = _count_some(campaign_id, at)
            counted += pages
            is_more_left = pages == _PAGES_A_ROUND
        rank_by_dispute(Campaign.objects.get(pk=campaign_id))
    tell_done(now)
    return counted


def tell_done(now: datetime) -> int:
    """Have it told which campaigns are done; of how many it is told now."""
    return tell_campaigns_done(_count_unsettled, now)


def _count_unsettled(campaign_id: int) -> int:
    rows = SettlementRow.objects.filter(item__campaign=campaign_id, item__sheet__isnull=False)
    return rows.exclude(state=State.SETTLED).count()


def _campaigns_to_count() -> list[int]:
    pages = Page.objects.filter(submitted_at__isnull=False, counted_at__isnull=True)
    return list(pages.order_by().values_list("campaign_id", flat=True).distinct())


@transaction.atomic
def _count_some(campaign_id: int, now: datetime) -> int:
    """Count some pages; how many. With the last of them more votes are asked for, so that there is
    no moment in which all is done and something still missing.

    Nobody who submits or is handed a page waits for these locks: they leave keys alone.
    """
    pages = Page.objects.filter(
        campaign_id=campaign_id, submitted_at__isnull=False, counted_at__isnull=True
    )
    locked = pages.select_for_update(skip_locked=True, no_key=True)
    some = list(locked.order_by("pk")[:_PAGES_A_ROUND])
    Page.objects.filter(pk__in=[page.pk for page in some]).update(counted_at=now)
    tell_pages_done(campaign_id, some, now)
    items = Item.objects.filter(pages__in=some, sheet__isnull=False)
    _settle_part(campaign_id, sorted(set(items.values_list("pk", flat=True))), now)
    if len(some) < _PAGES_A_ROUND:
        request_more_votes(campaign_id)
    return len(some)


def settle_items(campaign_id: int, item_ids: Collection[int], now: datetime) -> None:
    """Settle some items of a campaign from all their verdicts that count; many in parts, so that
    nobody who reopens or counts a page waits for all of them."""
    ordered = sorted(item_ids)
    for start in range(0, len(ordered), _ITEMS_A_PART):
        _settle_part(campaign_id, ordered[start : start + _ITEMS_A_PART], now)


@transaction.atomic
def _settle_part(campaign_id: int, item_ids: Collection[int], now: datetime) -> None:
    policy_row = policy_of(campaign_id)
    policy, quality = policy_row.policy, quality_of(policy_row)
    # Two counters of one item would each miss the other's verdicts; in order, so none deadlock.
    items = Item.objects.select_for_update(no_key=True).filter(pk__in=item_ids)
    list(items.order_by("pk").values_list("pk"))
    rows = [
        _row(item_id, _settled(counted, policy, quality), counted.expert is not None, now)
        for item_id, counted in _votes_on(item_ids).items()
    ]
    SettlementRow.objects.bulk_create(
        _changed(rows),
        update_conflicts=True,
        unique_fields=["item"],
        update_fields=[*_WHAT, "settled_at"],
    )
    # Also where no settlement changes: what is said again can be discarded no longer.
    Recount.objects.create(campaign_id=campaign_id)


def _changed(rows: Iterable[SettlementRow]) -> list[SettlementRow]:
    """Those that say something else than what is stored, or of which nothing is stored. Where more
    people say the same, it is settled since when it was."""
    fresh = {row.item_id: row for row in rows}
    stored = SettlementRow.objects.in_bulk(fresh)
    for item_id, before in stored.items():
        if _is_same(fresh[item_id], before, _AS_WHAT):
            fresh[item_id].settled_at = before.settled_at
    return [row for item_id, row in fresh.items() if not _is_same(row, stored.get(item_id))]


def _is_same(
    row: SettlementRow, stored: SettlementRow | None, names: Sequence[str] = _WHAT
) -> bool:
    return stored is not None and all(getattr(row, name) == getattr(stored, name) for name in names)


def _settled(counted: _Counted, policy: Policy, quality: Quality) -> Settlement:
    settled = settle(counted.votes, policy, quality, counted.late)
    if counted.expert is None:
        return settled
    return Settlement(State.SETTLED, counted.expert, settled.posterior, settled.votes)


def _row(item_id: int, settled: Settlement, by_expert: bool, now: datetime) -> SettlementRow:
    return SettlementRow(
        item_id=item_id,
        state=settled.state,
        label=settled.label or Label.UNSURE,
        p_correct=settled.posterior[Label.CORRECT],
        votes=settled.votes,
        by_expert=by_expert,
        settled_at=now,
    )


def _votes_on(item_ids: Collection[int]) -> dict[int, _Counted]:
    """The latest vote of each person on each item that has any.

    What was said under a lease counts once its page is submitted.
    """
    latest = latest_of_each(counting_verdicts().filter(item_id__in=item_ids))
    rows = latest.values_list("item_id", "user_id", "late", "label", "lease__page__kind")
    found: dict[int, _Counted] = {}
    for item_id, user_id, is_late, label, kind in rows:
        counted = found.setdefault(item_id, _Counted([], []))
        vote = Vote(user_id, Label(label))
        if kind == Page.Kind.ADJUDICATION:
            counted.expert = vote.label
        else:
            (counted.late if is_late else counted.votes).append(vote)
    return found
