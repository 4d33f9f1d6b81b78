"""Votes: the verdicts that count, and which of them is a person's."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from apps.campaigns.models import Lease, Page
from apps.proofreading.models import Verdict

_GIVEN_UP = (Lease.Ending.WITHDRAWN, Lease.Ending.SKIPPED)


def counting_verdicts() -> QuerySet[Verdict]:
    """The verdicts that are votes: of submitted pages, and late ones. Experts decide in time or
    not at all."""
    in_time = Q(late=False, lease__ending=Lease.Ending.SUBMITTED)
    return Verdict.objects.filter(
        in_time | Q(late=True) & ~Q(lease__page__kind=Page.Kind.ADJUDICATION)
    )


def standing_verdicts() -> QuerySet[Verdict]:
    """The verdicts in time that are votes or may still become some; not what was said of a page
    that was skipped, taken back or opened again."""
    return Verdict.objects.filter(late=False).exclude(lease__ending__in=_GIVEN_UP)


def latest_of_each(verdicts: QuerySet[Verdict]) -> QuerySet[Verdict]:
    """The one verdict of each person on each item: the latest in time, else the latest of those
    that came late. So what comes late replaces nothing that was said in time."""
    ordered = verdicts.order_by("item_id", "user_id", "late", "-pk")
    return ordered.distinct("item_id", "user_id")
