"""Ask for proposals, and say of their slices what becomes of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery

from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.revision.domain import Method
from apps.revision.models import MaskSlice, Proposal, ProposedSlice, RevisionLease
from apps.revision.selectors.easels import Easel
from apps.revision.selectors.masks import SliceState, labels_of, states_of
from apps.revision.selectors.proposals import labels_in, proposal_of, why_not
from apps.revision.services.leasing import StaleRevisionError, hold_for_write, hold_or_refuse
from apps.revision.services.masks import (
    NewSlice,
    Origin,
    Recorded,
    append_slices,
    check_slices,
    refuse_changed,
)

# Which job makes a proposal by which method.
JOBS = {Method.CLASSICAL: Job.FILL_DEPTH, Method.UNET: Job.FILL_DEPTH_UNET}
Status = Proposal.Status
Fate = ProposedSlice.Fate
_DECIDING = ["fate", "decided_by", "decided_at", "accepted_as"]


class NothingDrawnError(ConflictError):
    """There is nothing to fill from, or nothing left to fill."""

    code = "nothing_to_fill"


class DecidedError(ConflictError):
    """A slice was decided before, otherwise."""

    code = "already_decided"


@dataclass(frozen=True)
class Choice:
    """What becomes of a proposed slice. `base` is the number of the version that was seen below
    it; `key` is that of the version that it becomes."""

    z: int
    accept: bool
    base: int
    key: uuid.UUID


@dataclass(frozen=True)
class TakenBack:
    """A proposed slice that is to be open again. `base` is the number of the version that was seen;
    `key` is that of the version without it, where it was accepted."""

    z: int
    base: int
    key: uuid.UUID


def ask_for_proposal(
    lease: RevisionLease,
    easel: Easel,
    key: uuid.UUID,
    method: Method,
    reach: int | None,
    now: datetime,
) -> Proposal:
    """Have the slices filled that nobody drew, from those that somebody did; one asked for before
    that is not ready is given up. What is sent again under its key changes nothing.

    Raises InvalidInputError for a method that is not there, StaleRevisionError, and
    NothingDrawnError where nothing was drawn or everything was.
    """
    known = _asked_before(lease, key)
    if known is not None:
        return known
    sentence = why_not(method)
    if sentence is not None or method not in JOBS:
        raise InvalidInputError(f"method: {sentence or 'this server lacks it.'}", field="method")
    with transaction.atomic():
        revision = hold_or_refuse(lease, now)
        known = _asked_before(lease, key)  # the same request, which came at the same time
        if known is not None:
            return known
        seeds = _seeds(easel, states_of(revision, easel.slices))
        unfinished = revision.proposals.filter(status__in=[Status.WAITING, Status.RUNNING])
        unfinished.update(status=Status.CANCELLED, finished_at=now)
        proposal = Proposal.objects.create(
            key=key,
            revision=revision,
            lease=lease,
            method=method.value,
            seeds=seeds,
            reach=reach,
            asked_at=now,
        )
        enqueue(JOBS[method], proposal_id=proposal.pk)
    return proposal_of(lease.revision, proposal.pk)


def _asked_before(lease: RevisionLease, key: uuid.UUID) -> Proposal | None:
    """Raises InvalidInputError where it was for another instance."""
    known = Proposal.objects.filter(key=key).first()
    if known is None:
        return None
    if known.revision_id != lease.revision_id:
        raise InvalidInputError(f"key: {key} was used for another instance.", field="key")
    return proposal_of(lease.revision, known.pk)


def _seeds(easel: Easel, states: Mapping[int, SliceState]) -> dict[str, int]:
    """The versions that somebody drew, by their slices."""
    drawn = [one.holds for one in states.values() if one.holds.labels is not None]
    if not any(one.voxels for one in drawn):
        raise NothingDrawnError(
            "Draw the mask in at least one slice first, or copy it there: the others are filled "
            "from what people drew."
        )
    if len(drawn) == len(easel.slices):
        raise NothingDrawnError("Every slice was drawn: there is none to fill.")
    return {str(one.z): one.number for one in drawn}


def cancel_proposal(lease: RevisionLease, proposal: Proposal, now: datetime) -> Proposal:
    """Give up a proposal that is not ready; of others nothing changes.

    Raises StaleRevisionError.
    """
    with transaction.atomic():
        hold_or_refuse(lease, now)
        unfinished = Proposal.objects.filter(
            pk=proposal.pk, status__in=[Status.WAITING, Status.RUNNING]
        )
        unfinished.update(status=Status.CANCELLED, finished_at=now)
    return proposal_of(lease.revision, proposal.pk)


def decide(
    lease: RevisionLease,
    easel: Easel,
    proposal: Proposal,
    choices: Sequence[Choice],
    now: datetime,
) -> Proposal:
    """Accept slices, which become versions, and refuse others. What is sent again changes nothing.

    Raises InvalidInputError, DecidedError and StaleRevisionError, and changes nothing, for what
    cannot be. Raises SliceChangedError where somebody drew a slice since it was seen: it stays
    undecided, the others are decided.
    """
    with transaction.atomic():
        held = hold_for_write(lease, now)
        if not held.holds:
            raise StaleRevisionError(held.why)
        rows = _undecided(proposal, choices)
        new = [_as_slice(choice, rows[choice.z], now) for choice in choices if choice.z in rows]
        accepted = [one for one in new if one is not None]
        check_slices(easel, accepted)
        _check_new(accepted)
        states = states_of(held.revision, [one.z for one in accepted])
        fits = [one for one in accepted if one.base == states[one.z].holds.number]
        changed = [one.z for one in accepted if one.base != states[one.z].holds.number]
        recorded = append_slices(lease, easel, fits, held)
        _note_fates(lease, rows, choices, recorded, now)
    refuse_changed(easel, changed, recorded)
    return proposal_of(lease.revision, proposal.pk)


def take_back(
    lease: RevisionLease,
    easel: Easel,
    proposal: Proposal,
    slices: Sequence[TakenBack],
    now: datetime,
) -> Proposal:
    """Have slices open again, to be decided anew. One that was accepted goes back to the version
    before it, as a new version; what is open already, or sent again, changes nothing.

    Raises InvalidInputError and StaleRevisionError, and changes nothing, for what cannot be. Raises
    SliceChangedError where a slice has another version than the one that was seen: it stays
    accepted, the others are open.
    """
    with transaction.atomic():
        held = hold_for_write(lease, now)
        if not held.holds:
            raise StaleRevisionError(held.why)
        rows = _named(proposal, [one.z for one in slices])
        accepted = [one for one in slices if rows[one.z].fate == Fate.ACCEPTED]
        check_slices(easel, [_without(one, None, now) for one in accepted])
        again = _overtaken(lease, rows, accepted)
        accepted = [one for one in accepted if one.key not in again]
        states = states_of(held.revision, [one.z for one in accepted])
        fits = [one for one in accepted if one.base == states[one.z].holds.number]
        changed = [one.z for one in accepted if one.base != states[one.z].holds.number]
        before = _versions_before([rows[one.z] for one in fits])
        new = [_without(one, before.get(one.z), now) for one in fits]
        recorded = append_slices(lease, easel, new, held)
        refused = [one.z for one in slices if rows[one.z].fate == Fate.REFUSED]
        _open([rows[z] for z in [*refused, *(one.z for one in fits)]])
    refuse_changed(easel, changed, recorded)
    return proposal_of(lease.revision, proposal.pk)


def _overtaken(
    lease: RevisionLease, rows: Mapping[int, ProposedSlice], accepted: Sequence[TakenBack]
) -> set[uuid.UUID]:
    """The keys under which these were taken back before, to be accepted anew since. Raises
    InvalidInputError for the key of any other version."""
    known = MaskSlice.objects.filter(key__in=[one.key for one in accepted])
    for version in known.only("key", "z", "number", "origin", "lease_id"):
        holds = rows[version.z].accepted_as
        is_taken_back = (version.origin, version.lease_id) == (Origin.RESTORED, lease.pk)
        if not is_taken_back or holds is None or version.number > holds.number:
            raise _used_before(version.key)
    return {version.key for version in known}


def _versions_before(rows: Sequence[ProposedSlice]) -> dict[int, MaskSlice]:
    """What held in these slices, by z, before they were accepted; left out where it was as in the
    volume. One statement."""
    earlier = MaskSlice.objects.filter(
        revision=OuterRef("revision"), z=OuterRef("z"), number__lt=OuterRef("number"), late=False
    )
    accepted = MaskSlice.objects.filter(pk__in=[row.accepted_as_id for row in rows])
    last = Subquery(earlier.order_by("-number").values("pk")[:1])
    before = accepted.annotate(before=last).values("before")
    return {version.z: version for version in MaskSlice.objects.filter(pk__in=before)}


def _without(one: TakenBack, before: MaskSlice | None, now: datetime) -> NewSlice:
    labels = None if before is None else labels_of(before)
    return NewSlice(one.z, one.base, one.key, labels, Origin.RESTORED, now, before)


def _open(rows: Sequence[ProposedSlice]) -> None:
    for row in rows:
        row.fate, row.decided_by, row.decided_at, row.accepted_as = "", None, None, None
    ProposedSlice.objects.bulk_update(rows, _DECIDING)


def _undecided(proposal: Proposal, choices: Sequence[Choice]) -> dict[int, ProposedSlice]:
    """The slices about which something new is said, by z."""
    rows = _named(proposal, [choice.z for choice in choices])
    for choice in choices:
        row = rows[choice.z]
        if row.fate and not _is_the_same(choice, row):
            raise DecidedError(f"Slice {choice.z} of this proposal was {row.fate} before.")
    return {z: row for z, row in rows.items() if not row.fate}


def _named(proposal: Proposal, slices: Sequence[int]) -> dict[int, ProposedSlice]:
    """The rows of these slices. Raises InvalidInputError for one that is not there, or twice."""
    if len({*slices}) < len(slices):
        raise InvalidInputError("slices: a slice is there twice.", field="slices")
    there = {row.z: row for row in proposal.slices.select_related("accepted_as")}
    for z in slices:
        if z not in there:
            raise InvalidInputError(f"z: this proposal has nothing for slice {z}.", field="z")
    return {z: there[z] for z in slices}


def _check_new(accepted: Sequence[NewSlice]) -> None:
    """What is undecided has become no version yet. Raises InvalidInputError for the key of one."""
    keys = MaskSlice.objects.filter(key__in=[one.key for one in accepted])
    used = keys.values_list("key", flat=True).first()
    if used is not None:
        raise _used_before(used)


def _used_before(key: uuid.UUID) -> InvalidInputError:
    return InvalidInputError(f"key: {key} was used for another version of this slice.", field="key")


def _is_the_same(choice: Choice, row: ProposedSlice) -> bool:
    if row.accepted_as is not None:
        return choice.accept and row.accepted_as.key == choice.key
    return not choice.accept


def _as_slice(choice: Choice, row: ProposedSlice, now: datetime) -> NewSlice | None:
    if not choice.accept:
        return None
    proposed = MaskSlice.Origin.PROPOSED
    return NewSlice(choice.z, choice.base, choice.key, labels_in(row), proposed, now)


def _note_fates(
    lease: RevisionLease,
    rows: Mapping[int, ProposedSlice],
    choices: Sequence[Choice],
    recorded: Recorded,
    now: datetime,
) -> None:
    versions = {version.z: version for version in recorded.kept}
    decided = []
    for choice in choices:
        row = rows.get(choice.z)
        if row is None or (choice.accept and choice.z not in versions):
            continue
        row.fate = Fate.ACCEPTED if choice.accept else Fate.REFUSED
        row.decided_by, row.decided_at = lease.user, now
        row.accepted_as = versions.get(choice.z) if choice.accept else None
        decided.append(row)
    ProposedSlice.objects.bulk_update(decided, _DECIDING)
