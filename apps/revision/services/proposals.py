"""Ask for proposals, and say of their slices what becomes of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.revision.domain import Method
from apps.revision.models import MaskSlice, Proposal, ProposedSlice, RevisionLease
from apps.revision.selectors.easels import Easel
from apps.revision.selectors.masks import SliceState, states_of
from apps.revision.selectors.proposals import labels_in, proposal_of, why_not
from apps.revision.services.leasing import StaleRevisionError, hold_for_write, hold_or_refuse
from apps.revision.services.masks import (
    NewSlice,
    Recorded,
    append_slices,
    check_slices,
    refuse_changed,
)

# Which job makes a proposal by which method.
JOBS = {Method.CLASSICAL: Job.FILL_DEPTH, Method.UNET: Job.FILL_DEPTH_UNET}
Status = Proposal.Status
Fate = ProposedSlice.Fate


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


def _undecided(proposal: Proposal, choices: Sequence[Choice]) -> dict[int, ProposedSlice]:
    """The slices about which something new is said, by z."""
    if len({choice.z for choice in choices}) < len(choices):
        raise InvalidInputError("slices: a slice is there twice.", field="slices")
    there = {row.z: row for row in proposal.slices.select_related("accepted_as")}
    rows = {}
    for choice in choices:
        row = there.get(choice.z)
        if row is None:
            raise InvalidInputError(
                f"z: this proposal has nothing for slice {choice.z}.", field="z"
            )
        if not row.fate:
            rows[choice.z] = row
        elif not _is_the_same(choice, row):
            raise DecidedError(f"Slice {choice.z} of this proposal was {row.fate} before.")
    return rows


def _check_new(accepted: Sequence[NewSlice]) -> None:
    """What is undecided has become no version yet. Raises InvalidInputError for the key of one."""
    keys = MaskSlice.objects.filter(key__in=[one.key for one in accepted])
    used = keys.values_list("key", flat=True).first()
    if used is not None:
        raise InvalidInputError(
            f"key: {used} was used for another version of this slice.", field="key"
        )


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
    fields = ["fate", "decided_by", "decided_at", "accepted_as"]
    ProposedSlice.objects.bulk_update(decided, fields)
