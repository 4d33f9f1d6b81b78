"""The pages of proofreading."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.selectors import (
    Progress,
    campaign_for,
    may_go_on,
    membership_of,
    my_page_count,
    progress_of,
)
from apps.proofreading.selectors import label_counts


@require_safe
@never_cache
@login_required
@ensure_csrf_cookie
def work(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The grid; its page is leased by the script."""
    campaign = campaign_for(request.user, campaign_id)
    context = {
        "campaign": campaign,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "lease_url": reverse("campaign-lease", args=[campaign.pk]),
        "finished_url": reverse("campaign-finished", args=[campaign.pk]),
    }
    return render(request, "proofreading/grid.html", context)


@require_safe
@never_cache
@login_required
def finished(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What this person did, and how far the campaign is."""
    campaign = campaign_for(request.user, campaign_id)
    progress = progress_of(campaign)
    is_manager = membership_of(request.user, campaign).role == Membership.Role.MANAGER
    context = {
        "campaign": campaign,
        "my_pages": my_page_count(request.user, campaign),
        "my_labels": label_counts(campaign, request.user),
        "pages_done": progress.pages_done,
        "pages_total": progress.pages_total,
        "state": _state(request.user, campaign, progress),
        "work_url": reverse("campaign-work", args=[campaign.pk]),
        "export_url": reverse("campaign-export", args=[campaign.pk]) if is_manager else "",
    }
    return render(request, "proofreading/finished.html", context)


def _state(user: User, campaign: Campaign, progress: Progress) -> str:
    """Why this person is here and not at work: the template has a sentence for each."""
    if campaign.status != Campaign.Status.OPEN:
        return campaign.status
    if progress.finished:
        return "finished"
    return "to do" if may_go_on(user, campaign, timezone.now()) else "held"
