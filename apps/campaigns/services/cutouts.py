"""The frames of items for somebody who waits: from Redis, rendered now where they are missing."""

from __future__ import annotations

from collections.abc import Sequence

from apps.campaigns.models import Campaign, Item
from apps.campaigns.selectors import requests_of
from apps.core.jobs import Job, enqueue
from apps.datasets.domain import CutoutRequest
from apps.datasets.gateways.cutout_store import Part
from apps.datasets.services.cutouts import await_frames, cutout_store

PATIENCE_S = 4.0
_ITEMS_A_JOB = 6


def frames_of(
    part: Part, campaign: Campaign, items: Sequence[Item], patience_s: float = PATIENCE_S
) -> list[bytes]:
    """One frame an item, in the same order; what does not come in time is marked as pending.

    Must be called outside a transaction: the jobs are sent at once.
    """
    requests = requests_of(campaign, items)
    request_missing(items, requests)
    return await_frames(part, [request.key for request in requests], patience_s)


def request_missing(items: Sequence[Item], requests: Sequence[CutoutRequest]) -> None:
    """Send jobs for the items whose cutouts are not in Redis, a few items a job.

    Small jobs spread over the worker processes; each still reads neighbours together.
    """
    missing = set(cutout_store().missing([request.key for request in requests]))
    wanted = [
        item.pk for item, request in zip(items, requests, strict=True) if request.key in missing
    ]
    for start in range(0, len(wanted), _ITEMS_A_JOB):
        enqueue(Job.RENDER_ITEMS, item_ids=wanted[start : start + _ITEMS_A_JOB])
