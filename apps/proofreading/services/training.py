"""Let somebody at real pages once they have passed the training."""

from __future__ import annotations

from datetime import datetime

from apps.campaigns.models import Lease, Membership
from apps.proofreading.selectors.gold import training_score


def qualify(lease: Lease, now: datetime) -> None:
    """Note that this person is qualified, where the page just submitted ends a round that is
    passed. Call it in the transaction that submits."""
    score = training_score(lease)
    if score is not None and score.is_passed:
        Membership.objects.filter(
            campaign=lease.page.campaign_id, user=lease.user_id, qualified_at__isnull=True
        ).update(qualified_at=now)
