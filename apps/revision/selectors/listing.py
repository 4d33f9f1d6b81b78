"""What a manager looks through: the revisions of a campaign, and who has which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from apps.accounts.selectors import NUL
from apps.campaigns.models import Campaign
from apps.revision.models import Revision, RevisionLease, SecondLook


class RevisionState(StrEnum):
    """Where a revision stands."""

    WAITING = "waiting"
    HELD = "held"
    LAPSED = "lapsed"  # its time is over, and nobody else was handed it
    DONE = "done"
    UNWANTED = "unwanted"  # its label has changed, or it is discarded; finished or not
    WITHDRAWN = "withdrawn"  # an added one that was taken out of the results

    @classmethod
    def of(cls, revision: Revision, now: datetime) -> RevisionState:
        if revision.held_until is not None and revision.held_until > now:
            return cls.HELD
        if revision.added is not None and revision.added.withdrawn_at is not None:
            return cls.WITHDRAWN
        if not revision.wanted:
            return cls.UNWANTED
        if revision.finished_at is not None:
            return cls.DONE
        return cls.LAPSED if revision.lease_id is not None else cls.WAITING


@dataclass(frozen=True)
class Wording:
    """How people are told of a state: in a word or two, and what it means."""

    word: str
    meaning: str


WORDINGS = {
    RevisionState.WAITING: Wording("waits", "whoever asks next is handed it"),
    RevisionState.HELD: Wording("being mended", "its person has it open, or had a moment ago"),
    RevisionState.LAPSED: Wording(
        "left open",
        "its person was away for too long; whoever asks next is handed it, and until then they can "
        "go on",
    ),
    RevisionState.DONE: Wording("done", "somebody has finished with it"),
    RevisionState.UNWANTED: Wording(
        "not needed",
        "it has come to be correct, or was discarded as a false positive; nobody is handed it, and "
        "what was drawn is kept",
    ),
    RevisionState.WITHDRAWN: Wording(
        "withdrawn",
        "a synapse that was added and taken out again: it is in no result, and what was drawn is "
        "kept",
    ),
}


def revisions_of(
    campaign: Campaign, wanted: Mapping[str, Any], now: datetime
) -> QuerySet[Revision]:
    """The revisions in a `state` and of a `person` (a username, who has or finished them), as far
    as each is given; with whose they are, the instance, and the settlement, and with `again`: why
    they are to be looked at again, None of others. The newest first."""
    revisions = campaign.revisions.select_related(
        "lease__user", "item__instance", "item__settlement", "added__instance", "added__added_by"
    ).annotate(again=why_again("pk"))
    if "state" in wanted:
        revisions = revisions.filter(_in_state(RevisionState(wanted["state"]), now))
    if "person" in wanted:
        name = wanted["person"]
        if NUL in name:
            return revisions.none()
        revisions = revisions.filter(lease__user__username=name)
    return revisions.order_by("-pk")


def why_again(revision: str) -> Subquery:
    """Why a revision is to be looked at again though it was decided on, else None: an expression of
    a query that has its id as this field."""
    looks = SecondLook.objects.filter(
        revision=OuterRef(revision), revision__wanted=True, ended_at__isnull=True
    )
    return Subquery(looks.values("because")[:1])


def with_put_backs(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Each with `put_backs`: the leases with which it was put back, the latest first."""
    ended = RevisionLease.objects.filter(ending=RevisionLease.Ending.RELEASED)
    latest = ended.select_related("user").order_by("-ended_at")
    return revisions.prefetch_related(Prefetch("leases", latest, to_attr="put_backs"))


def _in_state(state: RevisionState, now: datetime) -> Q:
    is_held = Q(held_until__isnull=False, held_until__gt=now)
    is_withdrawn = Q(added__isnull=False, added__withdrawn_at__isnull=False)
    is_open = Q(finished_at__isnull=True)
    return {
        RevisionState.HELD: is_held,
        RevisionState.WITHDRAWN: ~is_held & is_withdrawn,
        RevisionState.UNWANTED: ~is_held & ~is_withdrawn & Q(wanted=False),
        RevisionState.DONE: Q(wanted=True) & ~is_open,
        RevisionState.LAPSED: Q(wanted=True, lease__isnull=False) & is_open & ~is_held,
        RevisionState.WAITING: Q(wanted=True, lease__isnull=True) & is_open,
    }[state]
