"""The page of the dashboard."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.evaluation.domain.panels import Panel


@require_safe
@never_cache
@login_required
def dashboard(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """How the campaign goes; for its managers and viewers."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_RESULTS)
    urls = {
        panel.value: reverse("evaluation-panel", args=[campaign.pk, panel.value]) for panel in Panel
    }
    manages = may(request.user, campaign, Action.MANAGE)
    context = {
        "campaign": campaign,
        "urls": urls,
        "campaign_url": f"/api/campaigns/{campaign.pk}/" if manages else "",
    }
    return render(request, "evaluation/dashboard.html", context)
