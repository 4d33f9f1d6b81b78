"""Render the cutouts of pages. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from apps.campaigns.models import Campaign, Item, Page
from apps.campaigns.selectors import (
    items_of_page,
    items_of_pages,
    pages_to_come,
    requests_of,
)
from apps.campaigns.services.campaigns import (
    first_pages,
    let_people_in,
    make_pages,
    note_progress,
)
from apps.campaigns.services.cutouts import pages_to_come_of, request_pages_to_come
from apps.datasets.domain import CutoutRequest
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.rendering import render_cutouts


def prepare_campaign(campaign_id: int) -> None:
    """Make the pages, render the first of them, open the campaign. Safe to repeat."""
    make_pages(campaign_id)
    campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
    if campaign.status != Campaign.Status.PREPARING:
        return
    pages = first_pages(campaign)
    total = Item.objects.filter(page_id__in=pages).count()
    note_progress(campaign_id, total=total)
    for page_id in pages:
        done = _render_page(campaign, page_id)
        note_progress(campaign_id, done=done)
    let_people_in(campaign_id)


def render_pages_to_come(campaign_id: int) -> int:
    """Render the next of the pages that people will be handed; how many cutouts were rendered.

    One page at a time: where more are missing another job is asked for, so that those for whom
    somebody waits come in between.
    """
    cutout_store().begin(pages_to_come_of(campaign_id))
    campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
    pages = _unrendered_pages(campaign)
    for position, requests in enumerate(pages, start=1):
        rendered = render_cutouts(requests)
        if rendered:  # else other processes are at all of them
            if position < len(pages):
                request_pages_to_come(campaign)
            return rendered
    return 0


def _unrendered_pages(campaign: Campaign) -> list[list[CutoutRequest]]:
    """The cutouts of pages to come that are not in Redis, a list a page, the first page first."""
    ahead = settings.ENVIRONMENT.prefetch_pages
    items = items_of_pages(pages_to_come(campaign.pk, timezone.now(), ahead))
    requests = requests_of(campaign, items)
    missing = set(cutout_store().missing([request.key for request in requests]))
    pages: dict[int, list[CutoutRequest]] = {}
    for item, request in zip(items, requests, strict=True):
        if request.key in missing:
            pages.setdefault(item.page_id, []).append(request)
    return list(pages.values())


def render_items(item_ids: Sequence[int]) -> int:
    """Render items of one campaign that somebody waits for; how many were rendered."""
    items = list(Item.objects.select_related("instance", "campaign__table").filter(pk__in=item_ids))
    if not items:
        return 0
    return render_cutouts(requests_of(items[0].campaign, items))


def _render_page(campaign: Campaign, page_id: int) -> int:
    items = items_of_page(Page(pk=page_id))
    render_cutouts(requests_of(campaign, items))
    return len(items)
