"""Who holds which revision, and what waits for somebody."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.permissions import ALLOWED, Action, is_allowed
from apps.campaigns.selectors import may
from apps.core.errors import NotFoundError
from apps.revision.models import Revision, RevisionLease, RevisionSettings

Status = Campaign.Status
# In a closed campaign nobody judges any more, and what came to be wrong is still mended.
CAN_BE_REVISED = (Status.OPEN, Status.PAUSED, Status.CLOSED)
_COUNTS = """
SELECT
    count(*) FILTER (
        WHERE finished_at IS NULL AND wanted AND (held_until IS NULL OR held_until <= %(now)s)
    ),
    count(*) FILTER (WHERE finished_at IS NULL AND held_until > %(now)s),
    count(*) FILTER (WHERE finished_at IS NOT NULL AND wanted)
FROM revision_revision WHERE campaign_id = %(campaign)s
"""


def revision_lease_for(user: User, token: uuid.UUID | str) -> RevisionLease:
    """A lease of this person, with its revision, the campaign with its table and dataset, and the
    instance.

    It is told for as long as its person may revise in the campaign, also when it has ended, the
    campaign is archived or revision rests. Whether they can still write is what
    `services.leasing.hold_for_write` says, whether they see what is drawn `lease_to_read`. Raises
    NotFoundError also for a token of somebody else, and once its person is no member or may revise
    no longer.
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


@dataclass(frozen=True)
class Counts:
    """How many revisions of a campaign wait for somebody, are held, and are done."""

    waiting: int
    held: int
    done: int


def counts_of(campaign: Campaign, now: datetime) -> Counts:
    """Counted by the database. What is held counts as such though it be wanted no more."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"campaign": campaign.pk, "now": now})
        return Counts(*cursor.fetchone())


@dataclass(frozen=True)
class Left:
    """What is left to mend: whether some wait; and how many, None for who is not told."""

    some_wait: bool
    counts: Counts | None


def left_for(user: User, campaign: Campaign, now: datetime) -> Left:
    """What this member is told. Gold never waits: how many do, before and after somebody says of an
    instance that it is incorrect, would tell whether it is gold. So managers alone are told."""
    waiting = Revision.objects.filter(
        Q(held_until__isnull=True) | Q(held_until__lte=now),
        campaign=campaign,
        finished_at__isnull=True,
        wanted=True,
    )
    found = campaign.memberships.filter(user=user).annotate(some=Exists(waiting))
    role, some_wait = found.values_list("role", "some").get()
    is_told = is_allowed(Action.MANAGE, Membership.Role(role), is_administrator=user.is_superuser)
    return Left(some_wait, counts_of(campaign, now) if is_told else None)


def count_to_revise() -> Coalesce:
    """How many of a campaign can be mended now: an expression of a query of campaigns."""
    to_do = Revision.objects.filter(wanted=True, finished_at__isnull=True)
    rows = to_do.filter(campaign=OuterRef("pk"), campaign__status__in=CAN_BE_REVISED).order_by()
    counted = rows.annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def was_handed_some(user: User) -> Exists:
    """Whether this person was handed any of a campaign: an expression of a query of campaigns."""
    return Exists(RevisionLease.objects.filter(revision__campaign=OuterRef("pk"), user=user))


def may_ask_for(user: User, campaign: Campaign, revision_id: int) -> bool:
    """Whether somebody may ask for this very one: a manager for any, others for what was added and
    what they were handed before, for to try the ids would tell how many there are."""
    if may(user, campaign, Action.MANAGE):
        return True
    known = Q(added__isnull=False) | Q(leases__user=user)
    return Revision.objects.filter(known, pk=revision_id, campaign=campaign).exists()
