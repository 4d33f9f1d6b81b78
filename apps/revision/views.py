"""The pages of revision."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.services.preferences import preferences_of
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.revision.models import Revision
from apps.revision.selectors.easels import extents_of
from apps.revision.selectors.listing import WORDINGS, RevisionState
from apps.revision.selectors.looking import leases_of_revision, revision_in
from apps.revision.selectors.mine import described, leases_of, my_revision
from apps.revision.selectors.queue import CAN_BE_REVISED

_ROWS = 50
_LOOKED_AT = ("easel", "picture", "versions")


@require_safe
@never_cache
@login_required
def revise(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What is to be mended is drawn on here; the script asks for it."""
    campaign = campaign_for(request.user, campaign_id, Action.REVISE)
    context = {
        "campaign": campaign,
        "campaign_url": reverse("campaign-work", args=[campaign.pk]),
        "missed_url": reverse("missed-synapses", args=[campaign.pk]),
        "preferences": preferences_of(request.user),
    }
    return render(request, "revision/revise.html", context)


@require_safe
@never_cache
@login_required
def missed(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What the table missed is looked for and added here; the script asks for it."""
    campaign = campaign_for(request.user, campaign_id, Action.REVISE)
    context = {
        "campaign": campaign,
        "campaign_url": reverse("campaign-work", args=[campaign.pk]),
        "voxel_nm": ",".join(str(size) for size in campaign.table.resolution),
        "extents": extents_of(campaign),
        "preferences": preferences_of(request.user),
    }
    return render(request, "revision/missed.html", context)


@require_safe
@never_cache
@login_required
def my_revisions(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What this person was handed to mend, and what became of it."""
    campaign = campaign_for(request.user, campaign_id, Action.REVISE)
    part = Paginator(leases_of(campaign, request.user), _ROWS).get_page(
        request.GET.get("part", "1")
    )
    context = {
        "campaign": campaign,
        "part": part,
        "rows": described(part),
        "can_be_revised": campaign.status in CAN_BE_REVISED,
        "may_manage": may(request.user, campaign, Action.MANAGE),
    }
    return render(request, "revision/mine.html", context)


@require_safe
@never_cache
@login_required
def look_at_mine(request: PersonRequest, campaign_id: int, revision_id: int) -> HttpResponse:
    """What this person drew, to look at."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE)
    mine = my_revision(campaign, request.user, revision_id)
    urls = {
        name: reverse(f"revision-{name}", kwargs={"revision_token": mine.lease.token})
        for name in _LOOKED_AT
    }
    more = {
        "one": mine,
        "can_be_revised": campaign.status in CAN_BE_REVISED,
    }
    return _look(request, campaign, mine.revision, urls, more)


@require_safe
@never_cache
@login_required
def look(request: PersonRequest, campaign_id: int, revision_id: int) -> HttpResponse:
    """What was drawn on an instance, by whom, and who was handed it."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_RESULTS)
    revision = revision_in(campaign, revision_id)
    where = {"campaign_id": campaign.pk, "revision_id": revision.pk}
    urls = {name: reverse(f"look-{name}", kwargs=where) for name in _LOOKED_AT}
    state = RevisionState.of(revision, timezone.now())
    more = {
        "wording": WORDINGS[state],
        "state": state,
        "leases": leases_of_revision(revision),
        "may_manage": may(request.user, campaign, Action.MANAGE),
    }
    return _look(request, campaign, revision, urls, more)


def _look(
    request: PersonRequest,
    campaign: Campaign,
    revision: Revision,
    urls: dict[str, str],
    more: dict[str, Any],
) -> HttpResponse:
    """The page that shows it; the script asks the addresses for pictures and masks."""
    number = None if revision.item is None else revision.item.position + 1
    name = f"Synapse {number}" if number else f"Added synapse {revision.instance.source_id}"
    context = {"campaign": campaign, "revision": revision, "name": name, "urls": urls, **more}
    return render(request, "revision/look.html", context)
