"""Count the verdicts of submitted pages, and ask for more where they are not enough.

Pages say themselves whether they have been counted, so a job that is lost loses nothing: the next
one takes up what is left. Counting anew gives the same result.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from apps.campaigns.models import Campaign, Item, Lease, Membership, Page, PageItem
from apps.campaigns.services.paging import add_page
from apps.campaigns.services.webhooks import tell_pages_done
from apps.proofreading.domain import (
    UNMEASURED,
    Label,
    Policy,
    Quality,
    Settlement,
    State,
    Vote,
    settle,
)
from apps.proofreading.models import (
    AnnotatorRates,
    SettlingPolicy,
    Verdict,
)
from apps.proofreading.models import Settlement as SettlementRow
from apps.proofreading.services.ranking import rank_by_dispute

_PAGES_A_ROUND = 200
LARGEST_RANK = 2**62
_FIELDS = ["state", "label", "p_correct", "votes", "by_expert", "settled_at"]


@dataclass
class _Counted:
    """The votes on an item: those in time, the late ones of others, and the latest of an expert
    who adjudicated."""

    votes: dict[int, Vote]
    late: dict[int, Vote]
    expert: Label | None = None


def count_submitted(now: datetime) -> int:
    """Settle the items of pages that were submitted or changed since they were last counted.

    Returns how many pages were counted.
    """
    counted = 0
    for campaign_id in _campaigns_to_count():
        while pages := _count_some(campaign_id, now):
            counted += pages
        request_more_votes(campaign_id)
        rank_by_dispute(Campaign.objects.get(pk=campaign_id))
    return counted


def _campaigns_to_count() -> list[int]:
    pages = Page.objects.filter(submitted_at__isnull=False, counted_at__isnull=True)
    return list(pages.order_by().values_list("campaign_id", flat=True).distinct())


@transaction.atomic
def _count_some(campaign_id: int, now: datetime) -> int:
    pages = Page.objects.filter(
        campaign_id=campaign_id, submitted_at__isnull=False, counted_at__isnull=True
    )
    some = list(pages.select_for_update(skip_locked=True).order_by("pk")[:_PAGES_A_ROUND])
    Page.objects.filter(pk__in=[page.pk for page in some]).update(counted_at=now)
    tell_pages_done(campaign_id, some, now)
    items = Item.objects.filter(pages__in=some, sheet__isnull=False)
    settle_items(campaign_id, set(items.values_list("pk", flat=True)), now)
    return len(some)


@transaction.atomic
def settle_items(campaign_id: int, item_ids: Collection[int], now: datetime) -> None:
    """Settle some items of a campaign from all their verdicts that count."""
    policy_row = policy_of(campaign_id)
    policy, quality = policy_row.policy, quality_of(policy_row)
    # Two counters of one item would each miss the other's verdicts; in order, so none deadlock.
    list(Item.objects.select_for_update().filter(pk__in=item_ids).order_by("pk"))
    rows = [
        _row(item_id, _settled(counted, policy, quality), counted.expert is not None, now)
        for item_id, counted in _votes_on(item_ids).items()
    ]
    SettlementRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["item"], update_fields=_FIELDS
    )


def _settled(counted: _Counted, policy: Policy, quality: Quality) -> Settlement:
    late = [vote for who, vote in counted.late.items() if who not in counted.votes]
    settled = settle(list(counted.votes.values()), policy, quality, late)
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
    """The latest votes of each person on each item that has any, in time and late.

    What was said under a lease counts once its page is submitted.
    """
    latest = (
        counting_verdicts()
        .filter(item_id__in=item_ids)
        .order_by("item_id", "user_id", "late", "-pk")
        .distinct("item_id", "user_id", "late")
        .values_list("item_id", "user_id", "late", "label", "lease__page__kind")
    )
    found: dict[int, _Counted] = {}
    for item_id, user_id, is_late, label, kind in latest:
        counted = found.setdefault(item_id, _Counted({}, {}))
        vote = Vote(user_id, Label(label))
        if kind != Page.Kind.ADJUDICATION:
            (counted.late if is_late else counted.votes)[user_id] = vote
        elif not is_late:
            counted.expert = vote.label
    return found


def counting_verdicts() -> QuerySet[Verdict]:
    """The verdicts that are votes: of submitted pages, and late ones."""
    return Verdict.objects.filter(Q(lease__ending=Lease.Ending.SUBMITTED) | Q(late=True))


def policy_of(campaign_id: int) -> SettlingPolicy:
    """The policy of a campaign; one vote by majority where none was chosen."""
    found = SettlingPolicy.objects.select_related("campaign").filter(campaign_id=campaign_id)
    return found.first() or SettlingPolicy(
        campaign=Campaign.objects.get(pk=campaign_id),
        most_votes=Campaign.objects.values_list("passes", flat=True).get(pk=campaign_id),
    )


def quality_of(policy: SettlingPolicy) -> Quality:
    """What is known of the people of a campaign."""
    if policy.measured_at is None:
        return UNMEASURED
    measured = AnnotatorRates.objects.filter(campaign_id=policy.campaign_id)
    return Quality(
        prior={Label.CORRECT: policy.prior_correct, Label.INCORRECT: 1 - policy.prior_correct},
        usual=UNMEASURED.usual,
        rates={row.user_id: _typed(row.rates) for row in measured},
    )


def _typed(rates: Mapping[str, Mapping[str, float]]) -> dict[Label, dict[Label, float]]:
    return {
        Label(truth): {Label(answer): rate for answer, rate in answers.items()}
        for truth, answers in rates.items()
    }


@transaction.atomic
def request_more_votes(campaign_id: int) -> int:
    """Make pages for items that need another vote or an expert, and have no page to come.

    A page is made when it is full, or when nothing else is left to do. Returns how many.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    waiting = _without_a_page(campaign, State.WAITING)
    made = _make_pages(campaign, Page.Kind.FOLLOW_UP, waiting)
    if campaign.memberships.filter(role=Membership.Role.EXPERT).exists():
        disputed = _without_a_page(campaign, State.DISPUTED)
        made += _make_pages(campaign, Page.Kind.ADJUDICATION, disputed)
    return made


def _without_a_page(campaign: Campaign, state: State) -> list[Item]:
    """Items of this state that have the votes of their passes, and no page to come."""
    open_pages = PageItem.objects.filter(item=OuterRef("pk"), page__submitted_at__isnull=True)
    items = Item.objects.filter(
        ~Exists(open_pages),
        campaign=campaign,
        settlement__state=state,
        settlement__votes__gte=campaign.passes,
    )
    return list(items.order_by("position"))


def _make_pages(campaign: Campaign, kind: Page.Kind, items: Sequence[Item]) -> int:
    size = campaign.page_size
    full = len(items) // size
    parts = [items[start * size : (start + 1) * size] for start in range(full)]
    rest = items[full * size :]
    if rest and not _work_is_left(campaign, kind):
        parts.append(rest)
    for part in parts:
        add_page(campaign, kind, part, rank=_rank(campaign, kind))
    return len(parts)


def _work_is_left(campaign: Campaign, kind: Page.Kind) -> bool:
    """Whether pages are open from which more such items may come."""
    kinds = [Page.Kind.ORDINARY, Page.Kind.FOLLOW_UP]
    return campaign.pages.filter(submitted_at__isnull=True, kind__in=kinds).exists()


def _rank(campaign: Campaign, kind: Page.Kind) -> int:
    """Behind all pages, but before them for experts."""
    ranks = campaign.pages.aggregate(highest=Max("rank"))
    if kind == Page.Kind.ADJUDICATION:
        return -LARGEST_RANK
    return int(ranks["highest"] or 0) + 1
