"""What becomes of a revision that somebody holds: it is finished, or put back for others; and what
managers do with the revisions of others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.core.errors import ConflictError, NotFoundError
from apps.revision.domain import Decision
from apps.revision.models import Revision, RevisionLease, SecondLook
from apps.revision.services.leasing import Ending, lock_revision, refuse_stale

LONGEST_REASON = 200


@transaction.atomic
def finish(lease: RevisionLease, decision: Decision, note: str, now: datetime) -> None:
    """This instance is done, as its person says. Saying the same again is harmless.

    Raises StaleRevisionError where it is no longer theirs, and ConflictError where they have
    finished with it as something else.
    """
    revision = lock_revision(lease)
    if revision.lease_id == lease.pk and revision.finished_at is not None:
        if (revision.decision, revision.note) != (decision.value, note):
            raise ConflictError(
                f"decision: you have finished with this instance as {revision.decision!r} already.",
                field="decision",
            )
        return
    refuse_stale(lease, revision)
    revision.decision, revision.note = decision.value, note
    revision.finished_at, revision.held_until = now, None
    revision.save(update_fields=["decision", "note", "finished_at", "held_until"])
    _end(lease, Ending.FINISHED, now)
    # If it was to be looked at again: what stood until now does so no more.
    SecondLook.objects.filter(revision=revision, ended_at__isnull=True).update(ended_at=now)
    details = named(lease.revision) | {"decision": decision.value}
    record(revision.campaign, lease.user, "revision_finished", details, now)


@transaction.atomic
def release(lease: RevisionLease, reason: str, now: datetime) -> None:
    """Put it back for others; what was drawn stays for them. Again is harmless.

    Raises StaleRevisionError where it is no longer theirs.
    """
    revision = lock_revision(lease)
    lease.refresh_from_db(fields=["ended_at", "ending"])
    if lease.ending == Ending.RELEASED:
        return
    refuse_stale(lease, revision)
    _let_go(revision)
    _end(lease, Ending.RELEASED, now, reason[:LONGEST_REASON])


@transaction.atomic
def withdraw(campaign: Campaign, revision_id: int, by: User, now: datetime) -> Revision:
    """Take a revision from who holds it, so that others are handed it. What they drew stays, what
    they draw from now on is kept as late. Raises NotFoundError, and ConflictError where nobody
    holds it or the campaign is archived."""
    check_not_archived(campaign, "revision")
    revision = lock_of(campaign, revision_id)
    lease = revision.lease
    if lease is None or lease.ended_at is not None or revision.finished_at is not None:
        raise ConflictError("Nobody holds this instance.")
    _let_go(revision)
    _end(lease, Ending.WITHDRAWN, now)
    details = named(revision) | {"person": lease.user.username}
    record(campaign, by, "revision_withdrawn", details, now)
    return revision


@transaction.atomic
def reopen(campaign: Campaign, revision_id: int, by: User, now: datetime) -> Revision:
    """Have a finished revision mended again, by whoever is handed it. The decision that was given
    is in the audit log. Raises NotFoundError, and ConflictError where it is not finished, is not
    to be mended any more, or the campaign is archived."""
    check_not_archived(campaign, "revision")
    revision = lock_of(campaign, revision_id)
    if revision.finished_at is None:
        raise ConflictError("This instance is not finished; there is nothing to open again.")
    check_wanted(revision)
    open_again(campaign, revision, by, now)
    return revision


def check_wanted(revision: Revision) -> None:
    """Raises ConflictError for what nobody would be handed."""
    if not revision.wanted:
        raise ConflictError(
            "This instance need not be mended any more: nobody would be handed it. Its label has "
            "changed, or it is discarded or withdrawn."
        )


@transaction.atomic
def reopen_overruled(campaign: Campaign, revision_ids: Iterable[int], now: datetime) -> int:
    """Have those of these mended again that are finished: an expert has said otherwise since. How
    many there were."""
    rows = to_lock().filter(pk__in=revision_ids, campaign=campaign, finished_at__isnull=False)
    found = list(rows.order_by("pk"))
    prefetch_related_objects(found, "lease__user")
    for revision in found:
        open_again(campaign, revision, None, now)
    return len(found)


def open_again(campaign: Campaign, revision: Revision, by: User | None, now: datetime) -> None:
    """Take the decision of a finished revision, locked, back; it is kept in the audit log. `by` is
    None where the server does it."""
    details = named(revision) | {
        "decision": revision.decision,
        "note": revision.note,
        "person": revision.lease.user.username if revision.lease else None,
        "finished_at": revision.finished_at.isoformat() if revision.finished_at else None,
    }
    revision.decision, revision.note, revision.finished_at = "", "", None
    revision.save(update_fields=["decision", "note", "finished_at"])
    _let_go(revision)
    record(campaign, by, "revision_reopened", details, now)


def lock_of(campaign: Campaign, revision_id: int) -> Revision:
    """A revision as it is now, with its instance; who else would write to it waits. Its lease is
    read once it is locked. Raises NotFoundError."""
    revision = to_lock().filter(pk=revision_id, campaign=campaign).first()
    if revision is None:
        raise NotFoundError(f"The campaign has no revision {revision_id}.")
    return revision


def to_lock() -> QuerySet[Revision]:
    """Revisions to be locked, with their instances. Without the lease: a row that is joined is as
    it was before somebody else was waited for, and another lease may hold by then."""
    rows = Revision.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("item__instance", "added__instance")


def named(revision: Revision) -> dict[str, object]:
    """How the audit log names it: for programs, and for people as pages name the synapse."""
    if revision.item is None:
        return {"revision": revision.pk, "added_synapse": revision.instance.source_id + 1}
    named = {"synapse": revision.item.position + 1, "id": str(revision.instance.source_id)}
    return {"revision": revision.pk} | named


def _let_go(revision: Revision) -> None:
    """Nobody has it: whoever held it can neither hold it further nor finish it."""
    revision.lease, revision.held_until = None, None
    revision.save(update_fields=["lease", "held_until"])


def _end(lease: RevisionLease, ending: Ending, now: datetime, reason: str = "") -> None:
    lease.ended_at, lease.ending, lease.reason = now, ending, reason
    lease.save(update_fields=["ended_at", "ending", "reason"])
