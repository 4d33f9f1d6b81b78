"""Render the cutouts of pages. Celery workers call this; the web process never imports it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import timezone

from apps.campaigns.models import Campaign, Item
from apps.campaigns.selectors import (
    goes_along_neurons,
    gold_to_come,
    items_of_pages,
    pages_to_come,
    requests_of,
)
from apps.campaigns.services.campaigns import (
    StuckError,
    begin_part,
    begin_preparation,
    fail_campaign,
    first_pages,
    let_people_in,
    note_progress,
)
from apps.campaigns.services.cancelling import take_part_away
from apps.campaigns.services.cutouts import (
    ITEMS_A_JOB,
    pages_to_come_of,
    request_pages_to_come,
)
from apps.campaigns.services.paging import NothingSelectedError, place_part, plan_pages
from apps.campaigns.services.walking import (
    check_any_walked,
    give_out_synapses,
    place_walk_part,
    walk_next,
)
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.datasets.domain import CutoutRequest
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.rendering import (
    UndrawableError,
    in_reading_order,
    render_cutouts,
)

MOST_GOLD_AHEAD = 240


def prepare_campaign(campaign_id: int, *, for_s: float = math.inf) -> None:
    """Make the pages, render the first of them, open the campaign. Safe to repeat.

    After `for_s` another job is asked for that goes on. Where the preparation goes on elsewhere
    this one leaves it alone.
    """
    with _alone(campaign_id) as is_alone:
        must_go_on = is_alone and _prepare(campaign_id, time.monotonic() + for_s)
    if must_go_on:  # only now: it would find this one at work
        enqueue(Job.PREPARE_CAMPAIGN, campaign_id=campaign_id)


def _alone(campaign_id: int) -> AbstractContextManager[bool]:
    """Whether no other process prepares this campaign while the block runs."""
    return alone(f"prepare campaign {campaign_id}", pauses_s=(0.0, 0.1, 0.4))


def _prepare(campaign_id: int, ends_at: float) -> bool:
    """Prepare until it is done or the time is over; whether anything is left to do."""
    try:
        while _make_some_pages(campaign_id):
            if time.monotonic() >= ends_at:
                return True
        return _render_first_pages(campaign_id, ends_at)
    except (NothingSelectedError, StuckError, UndrawableError) as error:
        fail_campaign(campaign_id, error.sentence)
        return False


def _make_some_pages(campaign_id: int) -> bool:
    """Make a part of the pages, or where that was cancelled take one away; whether there was
    anything to do."""
    campaign = Campaign.objects.get(pk=campaign_id)
    if campaign.status != Campaign.Status.PREPARING:
        return False
    if campaign.cancelled_at is not None:
        return take_part_away(campaign_id)
    if goes_along_neurons(campaign):
        return _walk_on(campaign)
    is_planned = campaign.to_place is not None or campaign.pages.exists()
    if is_planned and not campaign.unplaced_parts.exists():
        return False
    begin_part(campaign_id)
    if not is_planned:
        plan_pages(campaign_id)
    return place_part(campaign_id)


def _walk_on(campaign: Campaign) -> bool:
    """The same for a campaign along neurons: give out their synapses, walk one neuron, or make a
    part of the pages."""
    is_planned = campaign.to_place is not None
    is_walked = not campaign.neurons.filter(walked_at__isnull=True).exists()
    if is_walked and not campaign.walk_parts.exists():
        return False
    begin_part(campaign.pk)
    if not is_planned:
        give_out_synapses(campaign.pk)
        return True
    if not is_walked:
        return walk_next(campaign.pk)
    check_any_walked(campaign.pk)
    return place_walk_part(campaign.pk)


def _render_first_pages(campaign_id: int, ends_at: float) -> bool:
    """Render what people are handed first, and let them in; whether anything is left to do."""
    campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
    if campaign.status != Campaign.Status.PREPARING:
        return False
    pages = items_of_pages(first_pages(campaign))
    items = [item for page in pages.values() for item in page]
    requests = in_reading_order(requests_of(campaign, items))
    done = begin_preparation(campaign_id, len(requests))
    for batch in _batches(requests[done:]):
        render_cutouts(batch)
        done += len(batch)
        note_progress(campaign_id, done)
        if time.monotonic() >= ends_at and done < len(requests):
            return True
    let_people_in(campaign_id)
    return Campaign.objects.filter(pk=campaign_id, status=Campaign.Status.PREPARING).exists()


def render_pages_to_come(campaign_id: int, *, for_s: float = math.inf) -> int:
    """Render the next of the pages that people will be handed; how many cutouts were rendered.

    One page at a time, and no more of it than `for_s` allows: where more are missing another job
    is asked for, so that those for whom somebody waits come in between.
    """
    ends_at = time.monotonic() + for_s
    cutout_store().begin(pages_to_come_of(campaign_id))
    campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
    pages = _unrendered_pages(campaign)
    for position, requests in enumerate(pages, start=1):
        rendered, is_whole = render_until(requests, ends_at)
        if rendered:  # else other processes are at all of them
            if position < len(pages) or not is_whole:
                request_pages_to_come(campaign)
            return rendered
        if time.monotonic() >= ends_at:
            break
    return 0


def render_until(requests: Sequence[CutoutRequest], ends_at: float) -> tuple[int, bool]:
    """Render cutouts until `ends_at` (of `time.monotonic`); how many were rendered, and whether all
    were tried."""
    rendered = 0
    batches = _batches(in_reading_order(requests))
    for position, batch in enumerate(batches, start=1):
        rendered += render_cutouts(batch)
        if time.monotonic() >= ends_at:
            return rendered, position == len(batches)
    return rendered, True


def _batches(requests: Sequence[CutoutRequest]) -> list[Sequence[CutoutRequest]]:
    """As much at a time as in a job for which somebody waits."""
    return [requests[start : start + ITEMS_A_JOB] for start in range(0, len(requests), ITEMS_A_JOB)]


def _unrendered_pages(campaign: Campaign) -> list[list[CutoutRequest]]:
    """The cutouts of pages to come that are not in Redis, a list a page, the first page first.
    Nobody knows which gold a page will have; all that it may be is the last list."""
    ahead = settings.ENVIRONMENT.prefetch_pages
    now = timezone.now()
    pages = items_of_pages(pages_to_come(campaign.pk, now, ahead))
    requests = [requests_of(campaign, items) for items in pages.values()]
    requests.append(requests_of(campaign, gold_to_come(campaign.pk, now, MOST_GOLD_AHEAD)))
    missing = set(cutout_store().missing([one.key for page in requests for one in page]))
    unrendered = [[one for one in page if one.key in missing] for page in requests]
    return [page for page in unrendered if page]


def render_items(item_ids: Sequence[int]) -> int:
    """Render items of one campaign that somebody waits for; how many were rendered."""
    items = list(Item.objects.select_related("instance", "campaign__table").filter(pk__in=item_ids))
    if not items:
        return 0
    return render_cutouts(requests_of(items[0].campaign, items))
