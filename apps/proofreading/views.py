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
from apps.accounts.services.preferences import preferences_of
from apps.campaigns.models import Page
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.proofreading.campaign_serializers import describe_pictures
from apps.proofreading.selectors.mine import my_pages
from apps.proofreading.services.figures import figures_of


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
        "preferences": preferences_of(request.user),
    }
    return render(request, "proofreading/grid.html", context)


def _asked_page(token: str) -> str:
    """Where the page of a lease is read; empty without one."""
    known = _token(token)
    return reverse("lease-page", args=[known]) if known else ""


def _token(text: str) -> str:
    """The token of a lease; empty where this is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


@require_safe
@never_cache
@login_required
def errors(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The cards of what this person called incorrect or unsure, which the script asks for: of all
    their pages, or of the one whose lease is named."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_OWN_FIGURES)
    token = _token(request.GET.get("page", ""))
    work_url = reverse("campaign-work", args=[campaign.pk])
    context = {
        "campaign": campaign,
        "page": token,
        "cards_url": reverse("api-my-errors", args=[campaign.pk]),
        "discard_url": reverse("api-discard", args=[campaign.pk]),
        "undo_url": reverse("api-discard-undo", args=[campaign.pk]),
        "all_url": reverse("campaign-errors", args=[campaign.pk]),
        "work_url": f"{work_url}?page={token}" if token else work_url,
        "mine_url": reverse("my-pages", args=[campaign.pk]),
        "preferences": preferences_of(request.user),
    }
    return render(request, "proofreading/cards.html", context)


@require_safe
@never_cache
@login_required
def finished(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What this person did, and how far the campaign is."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_OWN_FIGURES)
    may_export = may(request.user, campaign, Action.EXPORT)
    context = {
        "campaign": campaign,
        **figures_of(campaign, request.user, timezone.now()),
        "mine_url": reverse("my-pages", args=[campaign.pk]),
        "work_url": reverse("campaign-work", args=[campaign.pk]),
        "export_url": reverse("campaign-export", args=[campaign.pk]) if may_export else "",
    }
    return render(request, "proofreading/finished.html", context)


@require_safe
@never_cache
@login_required
def mine(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The last pages that this person has submitted; with `?before=` or `?after=` those next to
    the page of a lease."""
    campaign = campaign_for(request.user, campaign_id, Action.SEE_OWN_FIGURES)
    work_url = reverse("campaign-work", args=[campaign.pk])
    errors_url = reverse("campaign-errors", args=[campaign.pk])
    before, after = (_token(request.GET.get(name, "")) for name in ("before", "after"))
    part = my_pages(
        *(campaign, request.user),
        before=UUID(before) if before else None,
        after=UUID(after) if after else None,
    )
    pages = [
        {
            "number": one.lease.page.number,
            "kind": Page.Kind(one.lease.page.kind),
            "submitted_at": one.submitted_at,
            "labels": {label.value: count for label, count in one.labels.items()},
            "fixed": one.fixed,
            "url": f"{work_url}?page={one.lease.token}",
            "errors_url": f"{errors_url}?page={one.lease.token}",
        }
        for one in part.pages
    ]
    context = {
        "campaign": campaign,
        "pages": pages,
        "oldest": part.pages[-1].lease.token if part.pages and part.has_earlier else "",
        "newest": part.pages[0].lease.token if part.pages and part.has_later else "",
        "is_part": bool(before or after),
        "mine_url": reverse("my-pages", args=[campaign.pk]),
        "work_url": work_url,
        "errors_url": errors_url,
    }
    return render(request, "proofreading/mine.html", context)
