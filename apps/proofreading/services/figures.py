"""What a person has done in a campaign, and why they are not at work: for the page after the last
page, and for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.campaigns.domain import SENTENCES, WhyNone
from apps.campaigns.models import Campaign
from apps.campaigns.selectors import Progress, my_page_count, progress_of
from apps.proofreading.selectors import label_counts
from apps.proofreading.services.handing import why_no_page

STATES = ("preparing", "failed", "finished", "to_do", "none")


def figures_of(campaign: Campaign, user: User, now: datetime) -> dict[str, Any]:
    """Nothing is handed out. `state` is one of STATES, `why` a word of `WhyNone` or empty where
    there is a page for them. Raises NotFoundError for somebody who does not take part."""
    progress = progress_of(campaign)
    why = why_no_page(campaign, user, now)
    return {
        "my_pages": my_page_count(user, campaign),
        "my_labels": label_counts(campaign, user),
        "pages_done": progress.pages_done,
        "pages_total": progress.pages_total,
        "state": _state(campaign, progress, why),
        "why": "" if why is None else why.value,
        "why_sentence": "" if why is None else SENTENCES[why],
    }


def _state(campaign: Campaign, progress: Progress, why: WhyNone | None) -> str:
    """Why this person is here and not at work: the template has a sentence for each."""
    if campaign.status in (Campaign.Status.PREPARING, Campaign.Status.FAILED):
        return campaign.status
    if progress.finished:
        return "finished"
    return "to_do" if why is None else "none"
