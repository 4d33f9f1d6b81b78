"""Render pages ahead with the gold that they may have. Workers only."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction

from apps.campaigns.models import Item, Membership, Page
from apps.campaigns.selectors import GOLD_POOL, items_of_page, requests_of
from apps.campaigns.services.granting import first_of_section
from apps.campaigns.services.refusing import why_not
from apps.campaigns.services.rendering import render_until
from apps.campaigns.services.taking_part import held_leases
from apps.datasets.services.cutouts import cutout_store
from apps.proofreading.selectors.gold import gold_on_the_way, unseen_gold

_FOR_S = 4.0  # a page of 24 behind a slow store; what is left then is rendered for whoever comes


def render_section(campaign_id: int, user_id: int, section_id: int, now: datetime) -> int:
    """Render the page of a section that this person would be handed now; how many cutouts were.

    All gold that they may be shown on it is rendered as well: what came later than the rest would
    stand out. A page for which there is nothing to draw is left alone.
    """
    members = Membership.objects.select_related("campaign__table", "user")
    member = members.filter(campaign=campaign_id, user=user_id).first()
    if member is None or why_not(member.campaign, member, now) is not None:
        return 0
    with transaction.atomic():  # what they hold is locked for the moment
        held = held_leases(member.campaign, member.user)
        page = first_of_section(member.campaign, member, held, section_id, now)
    if page is None:
        return 0
    requests = requests_of(member.campaign, _items_on(page, member))
    missing = set(cutout_store().missing([one.key for one in requests]))
    wanted = [one for one in requests if one.key in missing]
    return render_until(wanted, time.monotonic() + _FOR_S)[0]


def _items_on(page: Page, member: Membership) -> list[Item]:
    gold = gold_on_the_way(page, unseen_gold(member.campaign, member.user_id))[:GOLD_POOL]
    return [*items_of_page(page), *(one.item for one in gold)]
