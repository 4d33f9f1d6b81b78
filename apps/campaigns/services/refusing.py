"""Why somebody is handed no page."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Q

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services import lease_statements as sql
from apps.campaigns.services.taking_part import for_whom, kinds_for
from apps.core.errors import NotFoundError

_WHY_CLOSED = {
    Campaign.Status.PAUSED: WhyNone.CAMPAIGN_PAUSED,
    Campaign.Status.CLOSED: WhyNone.CAMPAIGN_CLOSED,
    Campaign.Status.ARCHIVED: WhyNone.CAMPAIGN_CLOSED,
}


def why_none(campaign: Campaign, user: User, now: datetime) -> WhyNone | None:
    """Why this person would be handed no page now; None where there is one, or they hold one.
    Nothing is handed out. Raises NotFoundError for somebody who does not take part."""
    membership = Membership.objects.filter(campaign=campaign, user=user).first()
    if membership is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    refusal = why_not(campaign, membership, now)
    if refusal is not None:
        return refusal
    to_do = Page.objects.filter(campaign=campaign, submitted_at__isnull=True)
    if to_do.filter(lease__user=user, lease__ended_at__isnull=True).exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql.IS_FREE, for_whom(campaign, membership, [], now))
        if cursor.fetchone()[0]:
            return None
    return no_page_left(campaign, membership, now)


def why_not(campaign: Campaign, membership: Membership, now: datetime) -> WhyNone | None:
    """Why this person gets no page at all, before any is looked for."""
    if campaign.status != Campaign.Status.OPEN:
        status = Campaign.Status(campaign.status)
        return _WHY_CLOSED.get(status, WhyNone.CAMPAIGN_NOT_OPEN)
    if campaign.deadline is not None and now > campaign.deadline:
        return WhyNone.DEADLINE_PASSED
    if membership.role == Membership.Role.VIEWER:
        return WhyNone.VIEWER
    return WhyNone.PERSON_PAUSED if membership.paused_at is not None else None


def no_page_left(campaign: Campaign, membership: Membership, now: datetime) -> WhyNone:
    campaign.refresh_from_db(fields=["status"])  # it may have been closed a moment ago
    refusal = why_not(campaign, membership, now)
    if refusal is not None:
        return refusal
    kinds = kinds_for(campaign, membership)
    if kinds == [Page.Kind.TRAINING]:
        return WhyNone.NOT_QUALIFIED
    to_do = Page.objects.filter(campaign=campaign, submitted_at__isnull=True)
    to_do = to_do.exclude(kind=Page.Kind.TRAINING)  # each is for one person, whom it is kept for
    left = to_do.filter(kind__in=kinds)
    if not left.exists():
        return WhyNone.LEFT_TO_EXPERTS if to_do.exists() else WhyNone.ALL_DONE
    user = membership.user_id
    held_by_others = Q(held_until__gt=now) & ~Q(lease__user=user)
    kept_for_others = Q(reserved_for__is_active=True) & ~Q(reserved_for=user)
    if left.exclude(held_by_others | kept_for_others).exists():
        return WhyNone.ALL_VISITED
    return WhyNone.HELD_BY_OTHERS
