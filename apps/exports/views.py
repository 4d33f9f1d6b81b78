"""Downloads of results, and the page on which they are asked for."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.exports.http import export_file, synanno_file
from apps.exports.selectors import export_of
from apps.exports.services.asking import NOTHING_YET
from apps.exports.services.downloading import LINK_HOURS, check_link
from apps.proofreading.managing_views import sections_of
from apps.revision.selectors.outcome_parts import touched_in

MOST_COUNTED = 10_000


@require_safe
@login_required
def synanno_json(request: PersonRequest, campaign_id: int) -> StreamingHttpResponse:
    """The campaign as SynAnno's JSON; for its managers."""
    return synanno_file(campaign_for(request.user, campaign_id, Action.EXPORT), request.GET)


@require_safe
@never_cache
@login_required
def exports(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What of the results is wanted, how far it is, and the files. The script asks for them."""
    campaign = campaign_for(request.user, campaign_id, Action.EXPORT)
    manages = may(request.user, campaign, Action.MANAGE)
    context = {
        "campaign": campaign,
        "sections": sections_of(campaign).items() if manages else (),
        "section": "exports",
        "has_begun": _has_begun(campaign),
        "given": {
            "url": reverse("api-exports", args=[campaign.pk]),
            "days": settings.ENVIRONMENT.export_days,
            "link_hours": LINK_HOURS,
            **_so_far(campaign),
        },
    }
    return render(request, "exports/exports.html", context)


def _so_far(campaign: Campaign) -> dict[str, int]:
    """What formats that keep nothing else would hold."""
    touched = touched_in(campaign.pk, MOST_COUNTED + 1)
    return {
        "drawn": touched.drawn,
        "with_points": touched.with_points,
        "most_counted": MOST_COUNTED,
    }


def _has_begun(campaign: Campaign) -> bool:
    return campaign.status not in NOTHING_YET


@require_safe
@never_cache
@login_required
def export_download(
    request: PersonRequest, campaign_id: int, export_key: uuid.UUID, file_name: str
) -> HttpResponseBase:
    """A file of an export, by a link that leads there for some hours, and for one person."""
    campaign = campaign_for(request.user, campaign_id, Action.EXPORT)
    export = export_of(campaign, export_key)
    link = request.GET.get("link", "")
    check_link(link, export, file_name, request.user, timezone.now())
    return export_file(request, export, file_name, request.user)
