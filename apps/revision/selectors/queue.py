"""Who holds which revision, and what waits for somebody."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.campaigns.permissions import ALLOWED, Action
from apps.core.errors import NotFoundError
from apps.proofreading.domain import Label
from apps.proofreading.models import ErrorCategory
from apps.proofreading.selectors import settled_items_among
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
class Came:
    """Why an instance came to be mended: what it was settled as, of which kinds of error, and what
    those wrote who judged it so. An added one has but a note."""

    label: Label | None
    categories: tuple[ErrorCategory, ...]
    note: str


def why_it_came(campaign: Campaign, revision: Revision) -> Came:
    """As it is settled now."""
    if revision.added is not None:
        return Came(None, (), revision.added.note)
    items = Item.objects.filter(revision=revision)
    settled = next(iter(settled_items_among(items)))
    named = ErrorCategory.objects.filter(campaign=campaign, key__in=settled.categories)
    return Came(settled.label, tuple(named.order_by("position")), settled.note)
