"""The frame that tells a browser about its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from apps.campaigns.models import Campaign, Item, Lease
from apps.campaigns.selectors import progress_of
from apps.proofreading.domain import DEFAULT_LABEL
from apps.proofreading.selectors import categories_of, labels_of_lease
from apps.voxels.frames import encode_frame

_LEASE_URLS = ("verdicts", "stacks", "tiles", "renew", "submit")


def page_frame(
    campaign: Campaign, lease: Lease, items: Sequence[Item], keys: Sequence[str]
) -> bytes:
    """The page, its lease and its tiles; `keys` are the cutouts of `items`."""
    progress = progress_of(campaign)
    labels = labels_of_lease(lease)
    urls = {f"{name}_url": reverse(f"lease-{name}", args=[lease.token]) for name in _LEASE_URLS}
    header: dict[str, Any] = {
        "part": "page",
        "page": {
            "id": lease.page_id,
            "number": lease.page.number,
            "pages_total": progress.pages_total,
            "pages_done": progress.pages_done,
        },
        "lease": {
            "token": str(lease.token),
            "expires_at": lease.page.held_until.isoformat() if lease.page.held_until else None,
            **urls,
        },
        "tiles": [
            {
                "item": item.pk,
                "position": item.position,
                "cutout": key,
                "label": labels.get(item.pk, DEFAULT_LABEL).value,
                "judged": item.pk in labels,
                "source_id": str(item.instance.source_id),
            }
            for item, key in zip(items, keys, strict=True)
        ],
        "categories": [{"key": c.key, "title": c.title} for c in categories_of(campaign)],
    }
    return encode_frame(header)


def no_page_frame(campaign: Campaign) -> bytes:
    """Why there is no page now."""
    progress = progress_of(campaign)
    if campaign.status == Campaign.Status.FAILED:
        reason, sentence = "closed", f"The campaign could not be prepared: {campaign.failure}"
    elif campaign.status == Campaign.Status.PREPARING:
        reason, sentence = "preparing", "The campaign is still being prepared."
    elif progress.finished:
        reason, sentence = "finished", "Every page of this campaign is done."
    else:
        reason, sentence = "waiting", "Other people hold the last pages."
    finished_url = reverse("campaign-finished", args=[campaign.pk])
    return encode_frame(
        {"part": "none", "reason": reason, "sentence": sentence, "finished_url": finished_url}
    )
