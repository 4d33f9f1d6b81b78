"""Learn from a campaign how long its pages take."""

from __future__ import annotations

from django.db.models import F

from apps.campaigns.domain import learned_lease_s
from apps.campaigns.models import Campaign, Lease, Page

_LATEST = 200


def learn_lease_times() -> int:
    """Hold pages as long as the latest pages of each open campaign suggest; how many changed."""
    changed = 0
    for campaign in Campaign.objects.filter(status=Campaign.Status.OPEN):
        lease_s = learned_lease_s(_page_times_s(campaign))
        if lease_s is not None and lease_s != campaign.lease_s:
            changed += Campaign.objects.filter(pk=campaign.pk).update(lease_s=lease_s)
    return changed


def _page_times_s(campaign: Campaign) -> list[float]:
    """From the lease to the submit. Pages that were restored from a file took no time at all, and
    what was put aside meanwhile says nothing of how long it took."""
    leases = Lease.objects.filter(
        page__campaign=campaign,
        ending=Lease.Ending.SUBMITTED,
        ended_at__gt=F("leased_at"),
        was_put_aside=False,
    )
    leases = leases.exclude(page__kind=Page.Kind.SEARCH)  # there one looks along, not at synapses
    latest = leases.order_by("-ended_at").values_list("leased_at", "ended_at")[:_LATEST]
    return [(ended - leased).total_seconds() for leased, ended in latest if ended is not None]
