"""The pages of campaigns."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.domain import is_finished
from apps.campaigns.models import Membership
from apps.campaigns.permissions import Action, is_allowed
from apps.campaigns.selectors import campaigns_of


@require_safe
@never_cache
@login_required
def my_campaigns(request: PersonRequest) -> HttpResponse:
    """The campaigns that this person takes part in."""
    campaigns = [_card(campaign) for campaign in campaigns_of(request.user)]
    context = {"campaigns": campaigns, "may_open": request.user.is_staff}
    return render(request, "campaigns/mine.html", context)


def _card(campaign: Any) -> dict[str, Any]:
    finished = is_finished(campaign.status, campaign.pages_done, campaign.pages_total)
    is_manager = campaign.role == Membership.Role.MANAGER
    judges = is_allowed(Action.JUDGE, campaign.role, is_administrator=False)
    sees_results = is_allowed(Action.SEE_RESULTS, campaign.role, is_administrator=False)
    may_revise = is_allowed(Action.REVISE, campaign.role, is_administrator=False)
    revises = may_revise and campaign.to_revise > 0
    has_revised = may_revise and campaign.has_revised
    return {
        "id": campaign.pk,
        "name": campaign.name,
        "dataset_name": campaign.table.dataset.name,
        "status": "finished" if finished else campaign.status,
        "failure": campaign.failure,
        "role": campaign.role,
        "pages_done": campaign.pages_done,
        "pages_total": campaign.pages_total,
        "my_pages": campaign.my_pages,
        "instances_total": campaign.instances_total or 0,
        "prepared": campaign.prepared,
        "to_prepare": campaign.to_prepare,
        "progress_url": reverse("campaign-progress", args=[campaign.pk]),
        "work_url": reverse("campaign-work", args=[campaign.pk]) if judges else "",
        "to_revise": campaign.to_revise if is_manager else None,
        "revise_url": reverse("campaign-revise", args=[campaign.pk]) if revises else "",
        "revised_url": reverse("my-revisions", args=[campaign.pk]) if has_revised else "",
        "export_url": reverse("campaign-export", args=[campaign.pk]) if is_manager else "",
        "dashboard_url": reverse("campaign-dashboard", args=[campaign.pk]) if sees_results else "",
        "manage_url": reverse("campaign-manage", args=[campaign.pk]) if is_manager else "",
    }
