"""The page on which who sees results sees who mends what. What managers do there goes through the
API."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.proofreading.managing_views import sections_of
from apps.revision.models import Revision
from apps.revision.selectors.listing import (
    WORDINGS,
    RevisionState,
    Wording,
    revisions_of,
    with_put_backs,
)
from apps.revision.selectors.queue import CAN_BE_REVISED, counts_of, settings_of
from apps.revision.services.settings import DEEPEST, FARTHEST_NM

_ROWS = 50


@require_safe
@never_cache
@login_required
def mending(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """How many instances wait, are held and done, who has which, and how they are mended."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_RESULTS)
    manages = may(request.user, campaign, Action.MANAGE)
    now = timezone.now()
    wanted = _filter(request)
    rows = Paginator(with_put_backs(revisions_of(campaign, wanted, now)), _ROWS)
    part = rows.get_page(request.GET.get("part", "1"))
    context = {
        "campaign": campaign,
        "sections": sections_of(campaign).items(),
        "section": "revision",
        "counts": counts_of(campaign, now),
        "settings": settings_of(campaign),
        "deepest": DEEPEST,
        "farthest_nm": int(FARTHEST_NM),
        "wanted": wanted,
        "part": part,
        "part_query": urlencode(wanted) + "&",
        "rows": [(revision, *_stands(revision, now)) for revision in part],
        "states": [(state.value, told.word) for state, told in WORDINGS.items()],
        "wordings": WORDINGS.values(),
        "people": _people(campaign),
        "can_be_revised": campaign.status in CAN_BE_REVISED,
        "may_revise": may(request.user, campaign, Action.REVISE),
        "may_manage": manages,
        "only_shown": not manages,
        "is_archived": campaign.status == Campaign.Status.ARCHIVED,
    }
    return render(request, "revision/mending.html", context)


def _stands(revision: Revision, now: datetime) -> tuple[str, Wording, datetime | None]:
    """Its state, how that is told, and since when."""
    state = RevisionState.of(revision, now)
    leased_at = None if revision.lease is None else revision.lease.leased_at
    return state.value, WORDINGS[state], revision.finished_at or leased_at


def _filter(request: PersonRequest) -> dict[str, str]:
    """The filters of the address; what is none is left out."""
    wanted = {name: request.GET.get(name, "") for name in ("state", "person")}
    if wanted["state"] not in list(RevisionState):
        wanted["state"] = ""
    return {name: value for name, value in wanted.items() if value}


def _people(campaign: Campaign) -> list[str]:
    revising = campaign.memberships.exclude(role=Membership.Role.VIEWER)
    return list(revising.order_by("user__username").values_list("user__username", flat=True))
