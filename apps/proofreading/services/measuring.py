"""Measure how people judge. For workers: it needs numpy, which the web application does without."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from apps.campaigns.models import Campaign, Page
from apps.proofreading.domain import Label, Quality, Rule, State
from apps.proofreading.domain.quality import measure_quality
from apps.proofreading.models import AnnotatorRates, Settlement, SettlingPolicy
from apps.proofreading.selectors.gold import gold_answers, knows_answers
from apps.proofreading.selectors.quality import policy_of
from apps.proofreading.selectors.votes import counting_verdicts, latest_of_each
from apps.proofreading.services.asking import request_more_votes
from apps.proofreading.services.settling import settle_items

# Pages are seen as counted only some moments after the time that says when they were.
_COUNTED_WITHIN = timedelta(seconds=10)


def measure_people(now: datetime) -> int:
    """Measure the people of every open campaign that was counted since it was last measured."""
    policies = SettlingPolicy.objects.exclude(rule=Rule.MAJORITY).filter(
        campaign__status=Campaign.Status.OPEN
    )
    changed = policies.filter(
        Q(measured_at__isnull=True, campaign__pages__counted_at__isnull=False)
        | Q(campaign__pages__counted_at__gt=F("measured_at") - _COUNTED_WITHIN)
    )
    ids = list(changed.distinct().values_list("pk", flat=True))
    for campaign_id in ids:
        measure_campaign(campaign_id, now, gold_answers(campaign_id))
        request_more_votes(campaign_id)
    return len(ids)


def measure_campaign(
    campaign_id: int, now: datetime, known: Mapping[Hashable, Label] | None = None
) -> None:
    """Measure the quality of everybody who voted, and settle anew what is not settled.

    `known` are the answers of gold items; what managers said of those, who can look them up, says
    nothing of them. Campaigns by majority need none of it.
    """
    policy = policy_of(campaign_id)
    if policy.rule == Rule.MAJORITY or policy.pk is None:
        return
    verdicts = counting_verdicts().filter(item__campaign_id=campaign_id)
    looked_up = Q(item__sheet__isnull=True, user__in=knows_answers(campaign_id))
    verdicts = verdicts.exclude(looked_up).exclude(lease__page__kind=Page.Kind.ADJUDICATION)
    latest = latest_of_each(verdicts)
    votes = [
        (item_id, user_id, Label(label))
        for item_id, user_id, label in latest.values_list("item_id", "user_id", "label")
    ]
    quality = measure_quality(votes, known)
    _store(policy, quality, {user_id for _, user_id, _ in votes}, now)
    open_items = Settlement.objects.filter(item__campaign_id=campaign_id).exclude(
        state=State.SETTLED
    )
    settle_items(campaign_id, set(open_items.values_list("item_id", flat=True)), now)


@transaction.atomic
def _store(
    policy: SettlingPolicy, quality: Quality, people: Collection[int], now: datetime
) -> None:
    SettlingPolicy.objects.filter(pk=policy.pk).update(
        prior_correct=quality.prior[Label.CORRECT], measured_at=now
    )
    AnnotatorRates.objects.bulk_create(
        [
            AnnotatorRates(
                campaign_id=policy.campaign_id, user_id=user_id, rates=quality.rates[user_id]
            )
            for user_id in sorted(people)
        ],
        update_conflicts=True,
        unique_fields=["campaign", "user"],
        update_fields=["rates"],
    )
