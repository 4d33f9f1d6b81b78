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
    make_pages,
    note_progress,
    open_campaign,
)
from apps.campaigns.services.cutouts import pages_to_come_of
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
    open_campaign(campaign_id)


def render_pages_to_come(campaign_id: int) -> int:
    """Render the pages that people will be handed next; how many cutouts were rendered."""
    cutout_store().begin(pages_to_come_of(campaign_id))
    campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
    ahead = settings.ENVIRONMENT.prefetch_pages
    items = items_of_pages(pages_to_come(campaign_id, timezone.now(), ahead))
    requests = requests_of(campaign, items)
    missing = set(cutout_store().missing([request.key for request in requests]))
    wanted = [request for request in requests if request.key in missing]
    together = campaign.page_size  # so that the first page is done before the next is begun
    return sum(
        render_cutouts(wanted[start : start + together])
        for start in range(0, len(wanted), together)
    )


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
