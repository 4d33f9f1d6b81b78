"""The frames that tell a browser about its page, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from apps.campaigns.domain import WhyNone
from apps.campaigns.models import Campaign, Item, Lease
from apps.campaigns.selectors import progress_of
from apps.campaigns.services.granting import Handout
from apps.campaigns.services.holding import lease_duration
from apps.proofreading.domain import DEFAULT_LABEL
from apps.proofreading.selectors import categories_of, said_under
from apps.proofreading.selectors.gold import gold_policy_of, may_have_gold
from apps.proofreading.selectors.leases import Said, retired_among
from apps.proofreading.selectors.mine import locks_on
from apps.proofreading.selectors.neurons import section_of_page
from apps.proofreading.services.handing import Handed
from apps.voxels.frames import encode_frame

_LEASE_URLS = (
    *("page", "verdicts", "stacks", "tiles", "renew", "submit", "skip", "revise", "marks"),
    *("neuroglancer", "details"),
)
_FOR_NOW = (WhyNone.HELD_BY_OTHERS, WhyNone.ALL_VISITED, WhyNone.SECTION_NOT_FREE)


@dataclass(frozen=True)
class Shown:
    """How a page is shown: `state` is "held", or "submitted" where the person looks back at it.
    `locked` are items whose label stays, with the reason; `has_gold` says whether the campaign
    mixes gold in now."""

    state: str
    why: str
    sentence: str
    locked: Mapping[int, str] = field(default_factory=dict)
    has_gold: bool = False


def as_held(handed: Handed) -> Shown:
    """A page to work on, with why it is this one."""
    return Shown("held", handed.why.value, handed.sentence, has_gold=handed.has_gold)


def as_submitted(lease: Lease, items: Sequence[Item]) -> Shown:
    """A page of one's own to look back at, and to change where that is still possible."""
    has_gold = gold_policy_of(lease.page.campaign_id).is_used
    locks = locks_on([lease])[lease.pk]
    locked = locks.among(item.pk for item in items)
    if locks.fixed is not None:
        return Shown("submitted", "fixed", locks.fixed, locked, has_gold)
    sentence = "Submitted; what you change now counts."
    return Shown("submitted", "submitted", sentence, locked, has_gold)


def page_frame(
    campaign: Campaign, lease: Lease, items: Sequence[Item], keys: Sequence[str], shown: Shown
) -> bytes:
    """The page, its lease and its tiles; `keys` are the cutouts of `items`, in the order in which
    they are shown. Nothing in it says which of them are gold, or what anybody else said: where a
    campaign has gold, source ids are left out, for in the order of the table gold is out of it."""
    progress = progress_of(campaign)
    has_gold = may_have_gold(shown.has_gold, items)
    said = said_under(lease)
    header: dict[str, Any] = {
        "part": "page",
        "why": shown.why,
        "why_sentence": shown.sentence,
        "state": shown.state,
        "page": {
            "id": lease.page_id,
            "number": lease.page.number,
            "kind": lease.page.kind,
            "section": section_of_page(lease.page, campaign),
            "pages_total": progress.pages_total,
            "pages_done": progress.pages_done,
        },
        "lease": {
            "token": str(lease.token),
            "expires_at": lease.page.held_until.isoformat() if lease.page.held_until else None,
            "held_s": int(lease_duration(campaign).total_seconds()),
            **addresses_of(lease),
        },
        "tiles": [
            tile_of(item, place, key, said.get(item.pk), shown.locked.get(item.pk), has_gold)
            for place, (item, key) in enumerate(zip(items, keys, strict=True))
        ],
        "categories": categories_told(campaign, said.values()),
    }
    return encode_frame(header)


def addresses_of(lease: Lease) -> dict[str, str]:
    """Where what belongs to a lease is asked for and sent."""
    return {f"{name}_url": reverse(f"lease-{name}", args=[lease.token]) for name in _LEASE_URLS}


def tile_of(
    item: Item, place: int, key: str, said: Said | None, locked: str | None, has_gold: bool
) -> dict[str, Any]:
    """An item on a page: `key` is its cutout, `said` what its person said of it, `locked` why
    that stays."""
    return {
        "item": item.pk,
        "position": place,
        "cutout": key,
        "label": DEFAULT_LABEL.value if said is None else said.label.value,
        "categories": [] if said is None else list(said.categories),
        "note": "" if said is None else said.note,
        "judged": said is not None,
        "verdict": None if said is None else str(said.key),
        "locked": locked,
        "source_id": None if has_gold else str(item.instance.source_id),
    }


def categories_told(campaign: Campaign, said: Iterable[Said]) -> list[dict[str, Any]]:
    """The kinds of error that are offered, then those that are not and still stand with a label."""
    offered = categories_of(campaign)
    named = {key for one in said for key in one.categories}
    retired = retired_among(campaign, named - {one.key for one in offered})
    return [
        {"key": one.key, "title": one.title, "is_offered": one.retired_at is None}
        for one in (*offered, *retired)
    ]


def no_page_frame(campaign: Campaign, handed: Handout) -> bytes:
    """Why there is no page now: `why` in one word of `WhyNone`; `reason` what a browser does."""
    reason, sentence = "closed", handed.sentence
    if campaign.status == Campaign.Status.FAILED:
        sentence = f"The campaign could not be prepared: {campaign.failure}"
    elif campaign.status == Campaign.Status.PREPARING:
        reason, sentence = "preparing", "The campaign is still being prepared."
    elif handed.why in (WhyNone.ALL_DONE, WhyNone.LEFT_TO_EXPERTS):
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
