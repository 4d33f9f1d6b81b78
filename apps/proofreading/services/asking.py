"""Ask for more votes, or for an expert, where those there are do not settle an instance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, Max, OuterRef, Q
from django.db.models.expressions import RawSQL

from apps.campaigns.models import Campaign, Item, Membership, Page, Visit
from apps.campaigns.services.paging import add_pages
from apps.campaigns.visits import has_seen
from apps.proofreading.domain import State
from apps.proofreading.domain.asking import put_together
from apps.proofreading.models import Settlement

LARGEST_RANK = 2**62
_GOING_ON = (Campaign.Status.OPEN, Campaign.Status.PAUSED)
_EXPERTS = (Membership.Role.EXPERT,)
_JUDGES = (*_EXPERTS, Membership.Role.ANNOTATOR, Membership.Role.MANAGER)
_ROLES = {Page.Kind.FOLLOW_UP: _JUDGES, Page.Kind.ADJUDICATION: _EXPERTS}

# Somebody of the campaign with one of these roles may take the page.
_HAS_TAKER = f"""
EXISTS (
    SELECT 1 FROM campaigns_membership member
    JOIN accounts_user person ON person.id = member.user_id AND person.is_active
    WHERE member.campaign_id = page.campaign_id AND member.role = ANY (%(roles)s)
      AND NOT {has_seen("member.user_id")}
)
"""  # noqa: S608 - put together from our own words
# Somebody has the page, be it over its time. Whose account is closed comes back for none.
_HAS_HOLDER = """
EXISTS (
    SELECT 1 FROM campaigns_lease lease
    JOIN accounts_user person ON person.id = lease.user_id AND person.is_active
    WHERE lease.id = page.lease_id
)
"""
_WORK_IS_LEFT = f"""
SELECT EXISTS (
    SELECT 1 FROM campaigns_page page
    WHERE page.campaign_id = %(campaign)s AND page.submitted_at IS NULL
      AND page.kind = ANY (%(kinds)s) AND ({_HAS_HOLDER} OR {_HAS_TAKER})
)
"""  # noqa: S608 - put together from our own words
# OFFSET has it looked up for one item at a time: joined to all pages it takes minutes where the
# tables have grown since Postgres counted them.
_HAS_PAGE_TO_COME = """
EXISTS (
    SELECT 1 FROM campaigns_pageitem placed JOIN campaigns_page page ON page.id = placed.page_id
    WHERE placed.item_id = campaigns_item.id AND page.submitted_at IS NULL
    OFFSET 0
)
"""
_STUCK = f"""
SELECT page.id FROM campaigns_page page
WHERE page.campaign_id = %(campaign)s AND page.submitted_at IS NULL AND page.kind = %(kind)s
  AND page.lease_id IS NULL AND NOT {_HAS_TAKER}
ORDER BY page.id FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 - put together from our own words


def ask_where_needed() -> int:
    """Look through all campaigns that go on for instances that need another vote or an expert and
    have no page to come that somebody may take; how many pages were made.

    Whoever counts votes asks as well. What that cannot know is that somebody has become an
    expert, has joined, or has visited the last sheet that kept a page possible for them.
    """
    open_ones = Settlement.objects.filter(item__campaign=OuterRef("pk"))
    unsettled = open_ones.filter(state__in=[State.WAITING, State.DISPUTED])
    campaigns = Campaign.objects.filter(Exists(unsettled), status__in=_GOING_ON)
    made = 0
    for campaign_id in list(campaigns.values_list("pk", flat=True)):
        with transaction.atomic():
            _free_what_is_stuck(campaign_id)
            made += request_more_votes(campaign_id)
    return made


@transaction.atomic
def request_more_votes(campaign_id: int) -> int:
    """Make pages for items that need another vote or an expert, and have no page to come.

    A page is made when it is full, or when nothing else is left to do; none where nobody may take
    it, or where the campaign is over. Returns how many.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.status not in _GOING_ON:
        return 0
    waiting = _without_a_page(campaign, State.WAITING)
    made = _make_pages(campaign, Page.Kind.FOLLOW_UP, waiting)
    if _people(campaign, Page.Kind.ADJUDICATION):
        disputed = _without_a_page(campaign, State.DISPUTED)
        made += _make_pages(campaign, Page.Kind.ADJUDICATION, disputed)
    return made


def _without_a_page(campaign: Campaign, state: State) -> list[Item]:
    """Items of this state that have the votes of their passes, and no page to come."""
    has_page = RawSQL(_HAS_PAGE_TO_COME, [], output_field=BooleanField())  # noqa: S611 - our own words
    items = Item.objects.filter(
        ~Q(has_page),
        campaign=campaign,
        settlement__state=state,
        settlement__votes__gte=campaign.passes,
    )
    return list(items.order_by("position"))


def _people(campaign: Campaign, kind: Page.Kind) -> list[int]:
    """Who is handed such pages."""
    members = campaign.memberships.filter(role__in=_ROLES[kind], user__is_active=True)
    return list(members.values_list("user_id", flat=True))


def _make_pages(campaign: Campaign, kind: Page.Kind, items: Sequence[Item]) -> int:
    parts = _put_together(campaign, kind, items)
    full = [part for part in parts if len(part) == campaign.page_size]
    if len(full) < len(parts) and not _work_is_left(campaign):
        full = parts
    if full:
        add_pages(campaign, kind, full, ranks=_ranks(campaign, kind, len(full)))
    return len(full)


def _put_together(campaign: Campaign, kind: Page.Kind, items: Sequence[Item]) -> list[list[Item]]:
    if not items:
        return []
    items = [item for item in items if item.sheet is not None]
    sheets = {item.sheet or 0 for item in items}
    visits: dict[int, list[Visit]] = {}
    for visit in Visit.objects.filter(campaign=campaign, sheet__in=sheets):
        visits.setdefault(visit.sheet, []).append(visit)
    visitors = [
        {
            visit.user_id
            for visit in visits.get(item.sheet or 0, ())
            if visit.items is None or item.pk in visit.items
        }
        for item in items
    ]
    return put_together(items, visitors, _people(campaign, kind), campaign.page_size)


def _work_is_left(campaign: Campaign) -> bool:
    """Whether somebody has or may take a page from which more such items may come."""
    kinds = [Page.Kind.ORDINARY.value, Page.Kind.FOLLOW_UP.value]
    values: dict[str, Any] = {"campaign": campaign.pk, "kinds": kinds, "roles": list(_JUDGES)}
    with connection.cursor() as cursor:
        cursor.execute(_WORK_IS_LEFT, values)
        return bool(cursor.fetchone()[0])


def _ranks(campaign: Campaign, kind: Page.Kind, count: int) -> list[int]:
    """Behind all pages, but before them for experts."""
    if kind == Page.Kind.ADJUDICATION:
        return [-LARGEST_RANK] * count
    highest = campaign.pages.aggregate(highest=Max("rank"))["highest"] or 0
    return list(range(highest + 1, highest + 1 + count))


def _free_what_is_stuck(campaign_id: int) -> None:
    """Where a page mixes instances of which everybody has seen one, leave on it what somebody may
    take by itself; the rest has no page then and gets another."""
    campaign = Campaign.objects.get(pk=campaign_id)
    for kind in _ROLES:
        for page in Page.objects.filter(pk__in=_stuck_pages(campaign, kind)):
            items = page.items.order_by("position")
            parts = _put_together(campaign, kind, list(items))
            if parts:
                page.page_items.exclude(item__in=parts[0]).delete()
                page.sheets = sorted({item.sheet for item in parts[0] if item.sheet is not None})
                page.save(update_fields=["sheets"])


def _stuck_pages(campaign: Campaign, kind: Page.Kind) -> Collection[int]:
    """The ids of pages that lie there and that nobody may take, locked."""
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "kind": kind.value,
        "roles": list(_ROLES[kind]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, values)
        return [page_id for (page_id,) in cursor.fetchall()]
