"""How somebody takes part in a campaign, which pages they hold, and which may be handed to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services import lease_statements as sql
from apps.core.errors import NotFoundError
from apps.core.rows import RowReader


@dataclass(frozen=True)
class Entered:
    """How somebody takes part, locked, with the campaign; whether a page is kept for them, whether
    the campaign goes along neurons, and the last page that they have done along one."""

    membership: Membership
    has_reserved: bool
    is_walk: bool
    last: int | None


def enter(campaign: Campaign, user: User) -> Entered:
    with connection.cursor() as cursor:
        cursor.execute(sql.ENTER, [campaign.pk, user.pk])
        found = cursor.fetchone()
    if found is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    row = RowReader(found)
    membership = row.take(Membership)
    membership.campaign = row.take(Campaign)
    return Entered(
        membership, bool(row.take_value()), bool(row.take_value()), last=row.take_value()
    )


def held_leases(campaign: Campaign, user: User) -> list[Lease]:
    """The leases, expired or not, of pages that this person has and nobody else was given."""
    with connection.cursor() as cursor:
        cursor.execute(sql.HELD, [user.pk, campaign.pk])
        rows = [RowReader(found) for found in cursor.fetchall()]
    return [joined(campaign, row.take(Page), row.take(Lease)) for row in rows]


def joined(campaign: Campaign, page: Page, lease: Lease) -> Lease:
    page.campaign, page.lease, lease.page = campaign, lease, page
    return lease


def for_whom(
    campaign: Campaign, membership: Membership, held: Sequence[Page], now: datetime
) -> dict[str, Any]:
    """The values of `FREE` for somebody who holds these pages."""
    return {
        "campaign": campaign.pk,
        "user": membership.user_id,
        "kinds": [kind.value for kind in kinds_for(campaign, membership)],
        "held": [page.pk for page in held],
        "held_sheets": [sheet for page in held for sheet in page.sheets],
        "voted_sheets": [
            sheet for page in held if page.kind != Page.Kind.ADJUDICATION for sheet in page.sheets
        ],
        "now": now,
    }


def kinds_for(campaign: Campaign, membership: Membership) -> list[Page.Kind]:
    """The kinds of pages that a person may be handed."""
    if campaign.needs_training and membership.qualified_at is None:
        return [Page.Kind.TRAINING]
    kinds = [Page.Kind.TRAINING, Page.Kind.ORDINARY, Page.Kind.SEARCH, Page.Kind.FOLLOW_UP]
    if membership.role == Membership.Role.EXPERT:
        kinds.append(Page.Kind.ADJUDICATION)
    return kinds
