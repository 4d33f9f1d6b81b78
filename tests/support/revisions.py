"""Instances that come to be mended, and people who are handed them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership
from apps.proofreading.domain import Label, State
from apps.proofreading.models import Recount, Settlement
from apps.revision.models import RevisionLease
from apps.revision.services.gathering import gather_all
from apps.revision.services.granting import Handout, lease_revision
from tests.support.paper import paper_campaign
from tests.support.people import Team


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
    Recount.objects.create(campaign_id=item.campaign_id)
    return settled


def take_revision(
    campaign: Campaign, user: User, wanted: int | None = None, now: datetime | None = None
) -> RevisionLease:
    """What this person is handed to mend; there has to be something."""
    handout = lease_revision(campaign, user, now or timezone.now(), wanted)
    assert handout.lease is not None, handout.sentence
    return handout.lease


def roles_of(team: Team) -> dict[User, Membership.Role]:
    return {
        team.manager: Membership.Role.MANAGER,
        team.anna: Membership.Role.ANNOTATOR,
        team.ben: Membership.Role.ANNOTATOR,
    }


def to_mend(tmp_path: Path, team: Team, count: int = 2, name: str = "On paper") -> Campaign:
    """A campaign of which the first so many items came to be incorrect."""
    paper = paper_campaign(tmp_path, roles_of(team), instances=6, name=name)
    for item in paper.items.filter(position__lt=count):
        settle_as(item, Label.INCORRECT)
    gather_all()
    return paper


def ask_revision(campaign: Campaign, user: User, wanted: int | None = None) -> Handout:
    return lease_revision(campaign, user, timezone.now(), wanted)
