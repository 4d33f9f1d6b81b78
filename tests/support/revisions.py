"""Instances that come to be mended, and people who are handed them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.proofreading.domain import Label, State
from apps.proofreading.models import Settlement
from apps.revision.models import RevisionLease
from apps.revision.services.granting import lease_revision


def settle_as(item: Item, label: Label, **changes: Any) -> Settlement:
    """As if votes had settled it so."""
    values: dict[str, Any] = {
        "state": State.SETTLED,
        "label": label,
        "p_correct": {Label.CORRECT: 0.9, Label.INCORRECT: 0.1, Label.UNSURE: 0.5}[label],
        "votes": 1,
        "settled_at": timezone.now(),
    }
    settled, _ = Settlement.objects.update_or_create(item=item, defaults=values | changes)
    return settled


def take_revision(
    campaign: Campaign, user: User, wanted: int | None = None, now: datetime | None = None
) -> RevisionLease:
    """What this person is handed to mend; there has to be something."""
    handout = lease_revision(campaign, user, now or timezone.now(), wanted)
    assert handout.lease is not None, handout.sentence
    return handout.lease
