"""The frames of items for somebody who waits: from Redis, rendered now where they are missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from apps.campaigns.models import Campaign, Item
from apps.core.jobs import Job, enqueue
from apps.datasets.domain import CutoutRequest
from apps.datasets.gateways.cutout_store import Part
from apps.datasets.services.cutouts import await_frames, cutout_store

PATIENCE_S = 4.0
ITEMS_A_JOB = 6


def frames_of(part: Part, items: Sequence[Item], requests: Sequence[CutoutRequest]) -> list[bytes]:
    """One frame an item, in the same order; what does not come within PATIENCE_S is marked as
    pending.

    `requests` are the cutouts of `items`. Must be called outside a transaction: the jobs for
    what is missing are sent at once.
    """

    def ask(missing: Collection[str]) -> None:
        _request(items, requests, missing)

    return await_frames(part, [request.key for request in requests], PATIENCE_S, ask)


def request_missing(items: Sequence[Item], requests: Sequence[CutoutRequest]) -> None:
    """Send jobs for the items whose cutouts are not in Redis, without waiting for them."""
    _request(items, requests, cutout_store().missing([request.key for request in requests]))


def request_pages_to_come(campaign: Campaign, *, after_s: float = 0.0) -> None:
    """Have the pages rendered that people will be handed next, `after_s` from now.

    However many people ask, one job waits at a time: it sees to the pages of all of them.
    """
    if cutout_store().announce(pages_to_come_of(campaign.pk)):
        enqueue(Job.RENDER_PAGES, after_s=after_s, campaign_id=campaign.pk)


def pages_to_come_of(campaign_id: int) -> str:
    """The name under which the rendering ahead of a campaign is announced."""
    return f"pages-to-come-{campaign_id}"


def _request(
    items: Sequence[Item], requests: Sequence[CutoutRequest], missing: Collection[str]
) -> None:
    """Send jobs for some of the items, a few items a job.

    Small jobs spread over the worker processes; each still reads neighbours together.
    """
    keys = set(missing)
    wanted = [item.pk for item, request in zip(items, requests, strict=True) if request.key in keys]
    for start in range(0, len(wanted), ITEMS_A_JOB):
        enqueue(Job.RENDER_ITEMS, item_ids=wanted[start : start + ITEMS_A_JOB])
