"""Marks of missed synapses as they stand: the latest row in time of each key."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from apps.campaigns.models import Campaign, Lease
from apps.proofreading.models import MissedMark


def latest_marks() -> QuerySet[MissedMark]:
    """What holds of each mark, removed ones among them: the latest row that came in time, with
    `changed_late` where one came late after it; the latest late one where none came in time.
    `first` is the id of the first row of its key."""
    of_key = MissedMark.objects.filter(key=OuterRef("key"))
    newer = of_key.filter(pk__gt=OuterRef("pk"))
    in_time = of_key.filter(late=False)
    standing = MissedMark.objects.filter(~Exists(newer.filter(late=OuterRef("late"))))
    return standing.filter(Q(late=False) | ~Exists(in_time)).annotate(
        changed_late=Exists(newer.filter(late=True)),
        first=Subquery(of_key.order_by("pk").values("pk")[:1]),
    )


def last_said(lease: Lease, *, late: bool) -> dict[UUID, MissedMark]:
    """By key, the row of a page that the next one would stand instead of or beside: of what came
    in time, or with `late` of all."""
    rows = MissedMark.objects.filter(lease=lease).order_by("pk")
    if not late:
        rows = rows.filter(late=False)
    return {row.key: row for row in rows}


def marks_of(lease: Lease) -> list[MissedMark]:
    """The marks that somebody set on a page, in the order in which they were set."""
    return list(latest_marks().filter(lease=lease).order_by(F("first").asc()))


def missed_in(campaign: Campaign) -> QuerySet[MissedMark]:
    """All marks of a campaign that were not removed in time, those set last first."""
    standing = latest_marks().filter(lease__page__campaign=campaign, removed=False)
    related = standing.select_related("user", "lease__page__section__neuron")
    return related.order_by(F("first").desc())
