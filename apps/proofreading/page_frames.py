"""The frames that tell a browser about its page, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from apps.campaigns.domain import WhyNone
from apps.campaigns.models import Campaign, Item, Lease
from apps.campaigns.selectors import progress_of
from apps.campaigns.services.leasing import Handout
from apps.proofreading.domain import DEFAULT_LABEL
from apps.proofreading.selectors import categories_of, said_under
from apps.voxels.frames import encode_frame

_LEASE_URLS = ("verdicts", "stacks", "tiles", "renew", "submit", "skip")
_FOR_NOW = (WhyNone.HELD_BY_OTHERS, WhyNone.ALL_VISITED)


def page_frame(
    campaign: Campaign, handed: Handout, lease: Lease, items: Sequence[Item], keys: Sequence[str]
) -> bytes:
    """The page, its lease and its tiles; `keys` are the cutouts of `items`, in the order in which
    they are shown. Nothing in it says which of them are gold, or what anybody else said."""
    progress = progress_of(campaign)
    said = said_under(lease)
    urls = {f"{name}_url": reverse(f"lease-{name}", args=[lease.token]) for name in _LEASE_URLS}
    header: dict[str, Any] = {
        "part": "page",
        "why": handed.why.value,
        "why_sentence": handed.sentence,
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
                "position": place,
                "cutout": key,
                "label": said[item.pk].label.value if item.pk in said else DEFAULT_LABEL.value,
                "judged": item.pk in said,
                "source_id": str(item.instance.source_id),
            }
            for place, (item, key) in enumerate(zip(items, keys, strict=True))
        ],
        "categories": [{"key": c.key, "title": c.title} for c in categories_of(campaign)],
    }
    return encode_frame(header)


def no_page_frame(campaign: Campaign, handed: Handout) -> bytes:
    """Why there is no page now: `why` in one word of `WhyNone`; `reason` what a browser does."""
    reason, sentence = "closed", handed.sentence
    if campaign.status == Campaign.Status.FAILED:
        sentence = f"The campaign could not be prepared: {campaign.failure}"
    elif campaign.status == Campaign.Status.PREPARING:
        reason, sentence = "preparing", "The campaign is still being prepared."
    elif handed.why == WhyNone.ALL_DONE:
        reason = "finished"
    elif handed.why in _FOR_NOW:
        reason = "waiting"
    return encode_frame(
        {
            "part": "none",
            "reason": reason,
            "why": handed.why.value,
            "sentence": sentence,
            "finished_url": reverse("campaign-finished", args=[campaign.pk]),
        }
    )
