"""What a manager looks through: the revisions of a campaign, and who has which."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.selectors import NUL
from apps.campaigns.models import Campaign
from apps.revision.models import Revision


class RevisionState(StrEnum):
    """Where a revision stands."""

    WAITING = "waiting"
    HELD = "held"
    LAPSED = "lapsed"  # its time is over, and nobody else was handed it
    DONE = "done"
    UNWANTED = "unwanted"  # its label has changed, or it is discarded or withdrawn

    @classmethod
    def of(cls, revision: Revision, now: datetime) -> RevisionState:
        if revision.finished_at is not None:
            return cls.DONE
        if revision.held_until is not None and revision.held_until > now:
            return cls.HELD
        if not revision.wanted:
            return cls.UNWANTED
        return cls.LAPSED if revision.lease_id is not None else cls.WAITING


def revisions_of(
    campaign: Campaign, wanted: Mapping[str, Any], now: datetime
) -> QuerySet[Revision]:
    """The revisions in a `state` and of a `person` (a username, who has or finished them), as far
    as each is given; with whose they are, the instance, and the settlement. The newest first."""
    revisions = campaign.revisions.select_related(
        "lease__user", "item__instance", "item__settlement", "added__instance", "added__added_by"
    )
    if "state" in wanted:
        revisions = revisions.filter(_in_state(RevisionState(wanted["state"]), now))
    if "person" in wanted:
        name = wanted["person"]
        if NUL in name:
            return revisions.none()
        revisions = revisions.filter(lease__user__username=name)
    return revisions.order_by("-pk")


def _in_state(state: RevisionState, now: datetime) -> Q:
    is_open, is_held = Q(finished_at__isnull=True), Q(held_until__gt=now)
    return {
        RevisionState.DONE: ~is_open,
        RevisionState.HELD: is_open & is_held,
        RevisionState.UNWANTED: is_open & Q(wanted=False) & ~is_held,
        RevisionState.LAPSED: is_open & Q(wanted=True, lease__isnull=False) & ~is_held,
        RevisionState.WAITING: is_open & Q(wanted=True, lease__isnull=True),
    }[state]
