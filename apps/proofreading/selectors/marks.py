"""Marks of missed synapses as they stand: the latest row of each key."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from apps.campaigns.models import Campaign, Lease
from apps.proofreading.models import MissedMark


def latest_marks() -> QuerySet[MissedMark]:
    """What holds of each mark, removed ones among them."""
    newer = MissedMark.objects.filter(key=OuterRef("key"), pk__gt=OuterRef("pk"))
    return MissedMark.objects.filter(~Exists(newer))


def marks_of(lease: Lease) -> list[MissedMark]:
    """The marks that somebody set on a page, in the order in which they last changed."""
    return list(latest_marks().filter(lease=lease).order_by("pk"))


def missed_in(campaign: Campaign) -> QuerySet[MissedMark]:
    """All marks of a campaign that were not removed, the latest first."""
    standing = latest_marks().filter(lease__page__campaign=campaign, removed=False)
    related = standing.select_related("user", "lease__page__section__neuron")
    return related.order_by("-pk")
