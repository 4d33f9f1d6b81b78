"""The pages of proofreading."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.domain import SENTENCES, WhyNone
from apps.campaigns.models import Campaign, Page
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import (
    Progress,
    campaign_for,
    may,
    my_page_count,
    progress_of,
)
from apps.proofreading.campaign_serializers import describe_pictures
from apps.proofreading.selectors import label_counts
from apps.proofreading.selectors.mine import LAST_PAGES, my_pages
from apps.proofreading.services.handing import why_no_page


@require_safe
@never_cache
@login_required
def work(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The grid; its page is leased by the script."""
    campaign = campaign_for(request.user, campaign_id, Action.JUDGE)
    context = {
        "campaign": campaign,
        "page_url": _asked_page(request.GET.get("page", "")),
        "another": "yes" if request.GET.get("another") == "yes" else "",
        "lease_url": reverse("campaign-lease", args=[campaign.pk]),
        "mine_url": reverse("my-pages", args=[campaign.pk]),
        "finished_url": reverse("campaign-finished", args=[campaign.pk]),
        "pictures": describe_pictures(campaign),
    }
    return render(request, "proofreading/grid.html", context)


def _asked_page(token: str) -> str:
    """Where the page of a lease is read; empty without one."""
    try:
        return reverse("lease-page", args=[UUID(token)])
    except ValueError:
        return ""


@require_safe
@never_cache
@login_required
def finished(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What this person did, and how far the campaign is."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_OWN_FIGURES)
    progress = progress_of(campaign)
    why = why_no_page(campaign, request.user, timezone.now())
    may_export = may(request.user, campaign, Action.EXPORT)
    context = {
        "campaign": campaign,
        "my_pages": my_page_count(request.user, campaign),
        "my_labels": label_counts(campaign, request.user),
        "pages_done": progress.pages_done,
        "pages_total": progress.pages_total,
        "state": _state(campaign, progress, why),
        "why": "" if why is None else why.value,
        "why_sentence": "" if why is None else SENTENCES[why],
        "mine_url": reverse("my-pages", args=[campaign.pk]),
        "work_url": reverse("campaign-work", args=[campaign.pk]),
        "export_url": reverse("campaign-export", args=[campaign.pk]) if may_export else "",
    }
    return render(request, "proofreading/finished.html", context)


@require_safe
@never_cache
@login_required
def mine(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The last pages that this person has submitted."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_OWN_FIGURES)
    work_url = reverse("campaign-work", args=[campaign.pk])
    pages = [
        {
            "number": one.lease.page.number,
            "kind": Page.Kind(one.lease.page.kind),
            "submitted_at": one.submitted_at,
            "labels": {label.value: count for label, count in one.labels.items()},
            "fixed": one.fixed,
            "url": f"{work_url}?page={one.lease.token}",
        }
        for one in my_pages(campaign, request.user)
    ]
    context = {"campaign": campaign, "pages": pages, "work_url": work_url, "most": LAST_PAGES}
    return render(request, "proofreading/mine.html", context)


def _state(campaign: Campaign, progress: Progress, why: WhyNone | None) -> str:
    """Why this person is here and not at work: the template has a sentence for each."""
    if campaign.status in (Campaign.Status.PREPARING, Campaign.Status.FAILED):
        return campaign.status
    if progress.finished:
        return "finished"
    return "to do" if why is None else "none"
