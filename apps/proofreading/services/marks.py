"""Keep where people think that a synapse was missed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.campaigns.models import Lease, Page
from apps.campaigns.services.holding import StaleLeaseError, hold_for_update
from apps.core.errors import ConflictError, InvalidInputError
from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.proofreading.models import MissedMark
from apps.proofreading.selectors.marks import last_said
from apps.proofreading.selectors.mine import why_fixed
from apps.voxels.geometry import Point

MOST_AT_ONCE = 500
LONGEST_NOTE = 2000
_LATE = (
    "This page was submitted, taken back or given to someone else since you opened it. Your marks "
    "are kept, as late ones."
)


@dataclass(frozen=True)
class Mark:
    """A mark as a client sends it: its key, a voxel of the table, and whether it was removed."""

    key: uuid.UUID
    position: Point
    note: str = ""
    removed: bool = False


def record_marks(lease: Lease, marks: Sequence[Mark], now: datetime) -> list[uuid.UUID]:
    """Append marks of a page that is held, which is then held further, or that was submitted and
    can still be changed; the keys that are stored now.

    What is sent again under its key stands instead of what was there; the same again changes
    nothing. Raises InvalidInputError, and stores nothing, for a mark that cannot be used.
    Raises StaleLeaseError where the page is somebody else's by now: the marks are kept as late.
    """
    if lease.page.kind == Page.Kind.TRAINING:
        raise ConflictError("A page of the training is not for marks of missed synapses.")
    _check(lease, marks)
    if lease.ending == Lease.Ending.SUBMITTED and why_fixed(lease) is None:
        return _append(lease, marks, late=False)
    try:
        with transaction.atomic():
            hold_for_update(lease, now)
            return _append(lease, marks, late=False)
    except StaleLeaseError as error:
        _append(lease, marks, late=True)
        raise StaleLeaseError(_LATE) from error


def _check(lease: Lease, marks: Sequence[Mark]) -> None:
    keys = [mark.key for mark in marks]
    if len(set(keys)) < len(keys):
        raise InvalidInputError("marks: two have the same key.", field="marks")
    used = MissedMark.objects.filter(key__in=keys).exclude(lease=lease).first()
    if used is not None:
        raise InvalidInputError(
            f"marks: the key {used.key} was used on another page.", field="marks"
        )
    table = lease.page.campaign.table
    image = volumes_of(table.dataset_id)[Volume.Kind.IMAGE].grid
    for mark in marks:
        at = convert_point(mark.position, table.resolution, image.resolution)
        if not mark.removed and not image.bounds.contains(at):
            x, y, z = mark.position
            raise InvalidInputError(
                f"marks: ({x}, {y}, {z}) lies outside the image.", field="marks"
            )


@transaction.atomic
def _append(lease: Lease, marks: Sequence[Mark], *, late: bool) -> list[uuid.UUID]:
    """Of two requests one waits, by the lock of the lease."""
    Lease.objects.select_for_update(no_key=True).get(pk=lease.pk)
    known = last_said(lease, late=late)
    MissedMark.objects.bulk_create(
        MissedMark(
            key=mark.key,
            lease=lease,
            user_id=lease.user_id,
            x=mark.position.x,
            y=mark.position.y,
            z=mark.position.z,
            note=mark.note,
            removed=mark.removed,
            late=late,
        )
        for mark in marks
        if mark.key not in known or _said_by(known[mark.key]) != mark
    )
    return [mark.key for mark in marks]


def _said_by(row: MissedMark) -> Mark:
    return Mark(row.key, Point(row.x, row.y, row.z), row.note, row.removed)
