"""The pages of revision."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.services.preferences import preferences_of
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for


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
        "preferences": preferences_of(request.user),
    }
    return render(request, "revision/missed.html", context)
