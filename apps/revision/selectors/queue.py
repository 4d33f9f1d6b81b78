"""Who holds which revision, and what waits for somebody."""

from __future__ import annotations

import uuid

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import ALLOWED, Action
from apps.core.errors import NotFoundError
from apps.revision.models import RevisionLease, RevisionSettings

Status = Campaign.Status
# In a closed campaign nobody judges any more, and what came to be wrong is still mended.
CAN_BE_REVISED = (Status.OPEN, Status.PAUSED, Status.CLOSED)


def revision_lease_for(user: User, token: uuid.UUID | str) -> RevisionLease:
    """A lease of this person, with its revision, the campaign with its table and dataset, and the
    instance.

    It is told for as long as its person may revise in the campaign, also when it has ended, the
    campaign is archived or revision rests: they see what they drew. Whether they can still write
    is what `services.leasing.hold_for_write` says. Raises NotFoundError also for a token of
    somebody else, and once its person is no member or may revise no longer.
    """
    leases = RevisionLease.objects.select_related(
        "user",
        "revision__campaign__table__dataset",
        "revision__item__instance",
        "revision__added__instance",
    )
    lease = leases.filter(
        token=token,
        user=user,
        revision__campaign__memberships__user=user,
        revision__campaign__memberships__role__in=ALLOWED[Action.REVISE],
    ).first()
    if lease is None:
        raise NotFoundError("There is no such lease of yours.")
    return lease


def settings_of(campaign: Campaign) -> RevisionSettings:
    """How a campaign's instances are mended; not stored where nobody has chosen anything."""
    stored = RevisionSettings.objects.filter(campaign=campaign).first()
    return stored or RevisionSettings(campaign=campaign)
