"""Hand revisions to people one by one, and hold them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.revision.models import Revision, RevisionLease
from apps.revision.selectors.queue import CAN_BE_REVISED, revision_lease_for

Ending = RevisionLease.Ending
_ARCHIVED = "The campaign is archived; nothing is mended in it any more."
_NOT_YOURS = "somebody else has it now"
_WHY_ENDED = {
    Ending.FINISHED: "you have finished with it",
    Ending.RELEASED: "you have put it back",
    Ending.WITHDRAWN: "a manager has taken it back",
}


class StaleRevisionError(ConflictError):
    """The lease no longer holds its revision."""

    code = "stale_lease"


@dataclass(frozen=True)
class Held:
    """A revision as it is now, locked. `expires_at` is until when the lease holds it; None where
    it does not, and `why` says why, as a sentence."""

    revision: Revision
    expires_at: datetime | None
    why: str = ""

    @property
    def holds(self) -> bool:
        return self.expires_at is not None


def lease_to_read(user: User, token: uuid.UUID | str) -> RevisionLease:
    """A lease of this person with which they see what is drawn: that which they have, or had last
    and nobody came after them. Of what others draw or decide since they are shown nothing.

    Raises NotFoundError as `revision_lease_for`, and StaleRevisionError with why it ended.
    """
    lease = revision_lease_for(user, token)
    if lease.revision.lease_id != lease.pk:
        raise StaleRevisionError(_why_ended(lease))
    return lease


def lease_duration() -> timedelta:
    """How long a revision is held since the last sign of its person."""
    return timedelta(minutes=settings.ENVIRONMENT.lease_minutes)


def hold_for_write(lease: RevisionLease, now: datetime) -> Held:
    """Lock the revision of a lease and hold it further if it is still this lease's. Call it within
    a transaction, before anything of the revision is read that a write depends on.

    A lease whose time ran out is still good while nobody else was given the revision. What is no
    longer wanted, as when its label has changed, can be drawn on by who holds it, and so can what
    is held while revision rests. Where `holds` is False the caller keeps what came as late.
    """
    return _hold(lease, lock_revision(lease), now)


def _hold(lease: RevisionLease, revision: Revision, now: datetime) -> Held:
    reason = _why_stale(lease, revision)
    if reason:
        return Held(revision, None, reason)
    revision.held_until = now + lease_duration()
    revision.save(update_fields=["held_until"])
    return Held(revision, revision.held_until)


def hold_or_refuse(lease: RevisionLease, now: datetime) -> Revision:
    """The same for what is worth nothing late. Raises StaleRevisionError."""
    held = _hold(lease, lock_revision(lease), now)
    if not held.holds:
        raise StaleRevisionError(held.why)
    return held.revision


def refuse_stale(lease: RevisionLease, locked: Revision) -> None:
    """The same for who lets go of it: nothing is held further. Raises StaleRevisionError."""
    reason = _why_stale(lease, locked)
    if reason:
        raise StaleRevisionError(reason)


def _why_stale(lease: RevisionLease, revision: Revision) -> str:
    """Why a lease holds its revision, locked, no longer; "" where it does."""
    if revision.lease_id != lease.pk or revision.finished_at is not None:
        return _why_ended(lease)
    return "" if revision.campaign.status in CAN_BE_REVISED else _ARCHIVED


def lock_revision(lease: RevisionLease) -> Revision:
    """The revision of a lease, as it is now; who else would write to it waits. Rows that refer to
    it can be added meanwhile, as its key is left alone."""
    rows = Revision.objects.select_for_update(of=("self",), no_key=True)
    revision = rows.select_related("campaign").get(pk=lease.revision_id)
    revision.campaign.table = lease.revision.campaign.table
    return revision


def _why_ended(lease: RevisionLease) -> str:
    """As it is now: it may have ended since it was read."""
    ending = RevisionLease.objects.values_list("ending", flat=True).get(pk=lease.pk)
    reason = _WHY_ENDED.get(Ending(ending), _NOT_YOURS) if ending else _NOT_YOURS
    return f"You hold this instance no longer: {reason}."
