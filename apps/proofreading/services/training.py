"""Let somebody at real pages once they have passed the training."""

from __future__ import annotations

from datetime import datetime

from apps.campaigns.models import Lease, Membership, Page
from apps.campaigns.services.audit import record
from apps.proofreading.selectors.gold import training_score


def lock_trainee(lease: Lease) -> None:
    """Of two pages of a training that are submitted at once, let the later one see the other.
    Call it before the page is locked: who is handed a page locks in this order, too."""
    if lease.page.kind == Page.Kind.TRAINING:
        members = Membership.objects.select_for_update(no_key=True)
        members.filter(campaign=lease.page.campaign_id, user=lease.user_id).first()


def qualify(lease: Lease, now: datetime) -> None:
    """Note that this person is qualified, where the page just submitted ends a round that is
    passed. Call it in the transaction that submits."""
    score = training_score(lease)
    if score is not None and score.is_passed:
        trainees = Membership.objects.filter(
            campaign=lease.page.campaign_id, user=lease.user_id, qualified_at__isnull=True
        )
        if trainees.update(qualified_at=now):
            details = {"person": lease.user.username}
            record(lease.page.campaign, None, "training_passed", details, now)
