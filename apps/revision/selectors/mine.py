"""What somebody was handed to mend, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, Max, OuterRef, QuerySet

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import ALLOWED, Action
from apps.core.errors import NotFoundError
from apps.revision.models import Revision, RevisionLease, SecondLook
from apps.revision.selectors.listing import Wording

Ending = RevisionLease.Ending


class MyState(StrEnum):
    """Where an instance stands for somebody who was handed it."""

    HELD = "held"
    FINISHED = "finished"
    REOPENED = "reopened"
    PUT_BACK = "put_back"
    TAKEN_BACK = "taken_back"
    LAPSED = "lapsed"


MY_WORDINGS = {
    MyState.HELD: Wording("yours", "you can go on with it"),
    MyState.FINISHED: Wording("finished", "you have said what it is"),
    MyState.REOPENED: Wording(
        "opened again",
        "what you decided counts no more, and what you drew is kept; it waits for whoever asks "
        "next, or somebody has it",
    ),
    MyState.PUT_BACK: Wording("put back", "you left it to others"),
    MyState.TAKEN_BACK: Wording("taken back", "a manager has taken it back, for others"),
    MyState.LAPSED: Wording(
        "handed on", "you were away for too long, and somebody else was handed it"
    ),
}
_IN_OTHERS_HANDS = Wording(
    "opened again",
    "what you decided counts no more, and what you drew is kept; it is in the hands of others",
)
_LOOKED_AT_AGAIN = Wording(
    "to be looked at again",
    "something about it has changed since; what you decided counts until somebody decides anew",
)
_ENDED = {
    Ending.FINISHED: MyState.REOPENED,
    Ending.RELEASED: MyState.PUT_BACK,
    Ending.WITHDRAWN: MyState.TAKEN_BACK,
    Ending.EXPIRED: MyState.LAPSED,
}


@dataclass(frozen=True)
class MyRevision:
    """A revision and the last lease of it that somebody had. Nothing in it says what others
    decided since."""

    revision: Revision
    lease: RevisionLease

    @property
    def is_own(self) -> bool:
        """Whether nobody else was handed it since: what is drawn on it is for them to see."""
        return self.revision.lease_id == self.lease.pk

    @property
    def state(self) -> MyState:
        if self.is_own:
            is_open = self.revision.finished_at is None
            return MyState.HELD if is_open else MyState.FINISHED
        return _ENDED[Ending(self.lease.ending)]

    @property
    def can_be_asked_for(self) -> bool:
        """Whether they left it and it is still to be mended; somebody else may have it."""
        is_left = self.state in (MyState.PUT_BACK, MyState.REOPENED)
        return is_left and self.revision.wanted and self.revision.finished_at is None

    @property
    def wording(self) -> Wording:
        if self.state is MyState.REOPENED and getattr(self.lease, "still_stands", False):
            return _LOOKED_AT_AGAIN
        if self.state is MyState.REOPENED and not self.can_be_asked_for:
            return _IN_OTHERS_HANDS
        return MY_WORDINGS[self.state]

    @property
    def decision(self) -> str:
        return self.revision.decision if self.is_own else ""

    @property
    def note(self) -> str:
        return self.revision.note if self.is_own else ""

    @property
    def number(self) -> int | None:
        """Its place in the campaign, from 1; None of one that was added."""
        return None if self.revision.item is None else self.revision.item.position + 1

    @property
    def at(self) -> datetime:
        """When they finished or left it; while they have it, when they were handed it."""
        return self.lease.ended_at or self.lease.leased_at


def leases_of(campaign: Campaign, user: User) -> QuerySet[RevisionLease]:
    """The last lease that this person had of each revision, the latest first; with the revision and
    its instance. None for who may revise no longer."""
    mine = RevisionLease.objects.filter(
        revision__campaign=campaign,
        user=user,
        revision__campaign__memberships__user=user,
        revision__campaign__memberships__role__in=ALLOWED[Action.REVISE],
    )
    last = mine.order_by().values("revision").annotate(last=Max("pk")).values("last")
    leases = RevisionLease.objects.filter(pk__in=last).select_related(
        "revision__item__instance", "revision__added__instance"
    )
    return leases.annotate(still_stands=_still_stands()).order_by("-pk")


def _still_stands() -> Exists:
    """Whether what was decided with a lease counts until somebody has looked again: an expression
    of a query of leases."""
    looks = SecondLook.objects.filter(
        lease=OuterRef("pk"), revision__wanted=True, ended_at__isnull=True
    )
    return Exists(looks)


def described(leases: Iterable[RevisionLease]) -> list[MyRevision]:
    return [MyRevision(lease.revision, lease) for lease in leases]


def my_revision(campaign: Campaign, user: User, revision_id: int) -> MyRevision:
    """The one of this id, as long as nobody else was handed it since. Raises NotFoundError."""
    lease = leases_of(campaign, user).filter(revision=revision_id).first()
    if lease is not None and lease.revision.lease_id == lease.pk:
        return MyRevision(lease.revision, lease)
    raise NotFoundError(f"You have no revision {revision_id} in this campaign.")
