"""Have reports made when somebody looks at them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from apps.campaigns.models import Campaign
from apps.core.jobs import Job, enqueue
from apps.evaluation.models import Evaluation

FEWEST_S = 4.0  # between two makings while somebody looks
SHARE = 4.0  # a making that takes a minute is not repeated before four
GIVEN_UP_S = 900.0  # a making that has not ended by then never will


def ask_for_reports(campaign: Campaign, now: datetime) -> bool:
    """Send a job that makes the reports of a campaign, unless one was sent a moment ago.

    Whoever looks asks: a campaign at which nobody looks costs nothing, and a job that is lost is
    sent again. Returns whether it was sent.
    """
    if not _may_ask(campaign.pk, now):
        return False
    enqueue(Job.MAKE_REPORTS, campaign_id=campaign.pk)
    return True


def _may_ask(campaign_id: int, now: datetime) -> bool:
    """One conditional statement, so that of many who look one asks."""
    known = Evaluation.objects.filter(campaign_id=campaign_id)
    took = known.values_list("took_s", flat=True).first()
    if took is None:
        Evaluation.objects.bulk_create([Evaluation(campaign_id=campaign_id)], ignore_conflicts=True)
    before = now - timedelta(seconds=max(FEWEST_S, SHARE * (took or 0.0)))
    is_due = Q(asked_at=None) | Q(asked_at__lte=before)
    is_idle = Q(begun_at=None) | Q(begun_at__lte=now - timedelta(seconds=GIVEN_UP_S))
    return bool(known.filter(is_due, is_idle).update(asked_at=now))


def begin_making(campaign_id: int, now: datetime) -> bool:
    """Claim the making of a campaign's reports; False where another process is at it."""
    Evaluation.objects.bulk_create([Evaluation(campaign_id=campaign_id)], ignore_conflicts=True)
    idle = Q(begun_at=None) | Q(begun_at__lte=now - timedelta(seconds=GIVEN_UP_S))
    return bool(Evaluation.objects.filter(idle, campaign_id=campaign_id).update(begun_at=now))
