"""Hand pages to people: what they hold, else the next one for them; take pages back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone, WhyPage
from apps.campaigns.models import Campaign, Lease, Membership, NeuronSection, Page
from apps.campaigns.services.granting import Handout, next_page, page_of_section
from apps.campaigns.services.holding import hold_aside, lease_duration, take_up
from apps.campaigns.services.life import expire_pages
from apps.campaigns.services.refusing import why_not
from apps.campaigns.services.taking_part import enter, held_leases
from apps.core.errors import ConflictError, NotFoundError


@transaction.atomic
def lease_page(
    campaign: Campaign,
    user: User,
    now: datetime,
    *,
    another: bool = False,
    section: int | None = None,
) -> Handout:
    """The page that this person is at work on, else the next one for them.

    `another` asks for one more beside those they work on, up to the campaign's cap. `section` is
    the id of the one that the page is to be of; what they hold elsewhere stays with them. What
    they have put aside counts for nothing there: it comes again with its section, or when the walk
    comes to it. Raises
    NotFoundError for somebody who does not take part, and for a section that is not there.
    """
    entered = enter(campaign, user)
    membership = entered.membership
    campaign = membership.campaign  # as it is now: it may have been paused a moment ago
    refusal = why_not(campaign, membership, now)
    if refusal is not None:
        return Handout(None, refusal)
    held = held_leases(campaign, user)
    at_work = [lease for lease in held if lease.put_aside_at is None]
    if len(at_work) < len(held):
        hold_aside(campaign, user.pk, now)
    if section is None:
        again = at_work
    else:
        check_section(campaign, section)
        again = [lease for lease in held if lease.page.section_id == section]
    if again and not another:
        why = WhyPage.HELD if again[0].put_aside_at is None else WhyPage.PUT_ASIDE
        take_up(again[0], now)
        return Handout(again[0], why)
    if len(at_work) >= campaign.open_pages_cap:
        return Handout(None, WhyNone.TOO_MANY_OPEN)
    if section is None:
        return next_page(campaign, entered, held, now)
    return page_of_section(campaign, membership, held, section, now)


def check_section(campaign: Campaign, section: int) -> None:
    """Raises NotFoundError for a section that is none of the campaign's."""
    if not NeuronSection.objects.filter(pk=section, campaign=campaign).exists():
        raise NotFoundError(f"section: the campaign has no section {section}.", field="section")


@transaction.atomic
def put_back(
    campaign: Campaign, user: User, choose: Callable[[], Collection[int]], now: datetime
) -> None:
    """Let go of pages that somebody holds, by their leases, as if their time had run out. They
    may be handed them again. `choose` is asked which when they are locked: nothing is said
    meanwhile."""
    members = Membership.objects.select_for_update(no_key=True)
    list(members.filter(campaign=campaign, user=user).values_list("pk"))
    pages = Page.objects.select_for_update(of=("self",)).filter(campaign=campaign)
    held = pages.filter(lease__user=user, lease__ended_at__isnull=True, submitted_at__isnull=True)
    locked = list(held.order_by("pk"))
    leases = set(choose())
    expire_pages([page for page in locked if page.lease_id in leases], now)


def put_aside(leases: Collection[int], now: datetime) -> None:
    """Somebody goes elsewhere with these pages begun. They stay theirs, and are handed to them
    again. Call it in the transaction of `put_back`."""
    at_work = Lease.objects.filter(pk__in=leases, put_aside_at__isnull=True)
    at_work.update(put_aside_at=now, was_put_aside=True)


@transaction.atomic
def lease_given_page(page: Page, user: User, now: datetime) -> Lease:
    """Hand this very page to a person, whatever its order, as when old work is restored.

    Raises ConflictError where somebody holds it or has submitted it.
    """
    page = Page.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=page.pk)
    is_held = page.held_until is not None and page.held_until > now
    if is_held or page.submitted_at is not None:
        raise ConflictError(f"Page {page.number} is held or submitted already.")
    lease = Lease.objects.create(
        page=page, user=user, token=uuid.uuid4(), leased_at=now, version=page.campaign.version
    )
    page.lease = lease
    page.held_until = now + lease_duration(page.campaign)
    page.save(update_fields=["lease", "held_until"])
    return lease
