"""Keep what people draw: versions of slices, appended."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError
from apps.revision.domain.labels import Area, Labels
from apps.revision.models import MaskSlice, RevisionLease
from apps.revision.selectors.easels import Easel
from apps.revision.selectors.masks import SliceState, labels_of, states_of
from apps.revision.services.leasing import Held, hold_for_write

MOST_AT_ONCE = 500
Origin = MaskSlice.Origin


@dataclass(frozen=True)
class NewSlice:
    """A version as it is to be kept. `base` is the number of the version that was seen; `restored`
    the one that is taken again. Of labels that are None the slice is as in the volume."""

    z: int
    base: int
    key: uuid.UUID
    labels: Labels | None
    origin: MaskSlice.Origin
    made_at: datetime
    restored: MaskSlice | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of some versions: the rows that hold or held, and those that came late.
    `expires_at` is until when the lease holds now, None where it does not, for the reason `why`."""

    kept: list[MaskSlice]
    late: list[MaskSlice]
    expires_at: datetime | None
    why: str = ""


class SliceChangedError(ConflictError):
    """Some versions are kept, but do not hold: another one is newer, or the lease has ended."""

    code = "slice_changed"


def record_slices(
    lease: RevisionLease, easel: Easel, slices: Sequence[NewSlice], now: datetime
) -> Recorded:
    """Append versions of slices of a revision that is held, which is then held further. What is
    sent again under its key changes nothing.

    Raises InvalidInputError, and keeps nothing, for what cannot be used. Raises SliceChangedError
    where a slice has another version than the one that was drawn on, or somebody else holds the
    revision: these are kept as late, the others as they are.
    """
    check_slices(easel, slices)
    with transaction.atomic():
        recorded = append_slices(lease, easel, slices, hold_for_write(lease, now))
    refuse_late(easel, recorded)
    return recorded


def restore_slice(
    lease: RevisionLease, easel: Easel, new: NewSlice, version: int, now: datetime
) -> Recorded:
    """Append a version that is as an earlier one, late or not; 0 is as in the volume. Raises as
    `record_slices`."""
    easel.check_slices([new.z])
    if version == 0:
        return record_slices(lease, easel, [new], now)
    row = MaskSlice.objects.filter(revision=easel.revision, z=new.z, number=version).first()
    if row is None:
        raise InvalidInputError(
            f"version: slice {new.z} has no version {version}.", field="version"
        )
    again = NewSlice(new.z, new.base, new.key, labels_of(row), Origin.RESTORED, new.made_at, row)
    return record_slices(lease, easel, [again], now)


def check_slices(easel: Easel, slices: Sequence[NewSlice]) -> None:
    """Raises InvalidInputError for slices that lie outside of the easel, and for a key that is
    there twice or was used for something else."""
    easel.check_slices([one.z for one in slices])
    keys = [one.key for one in slices]
    if len(set(keys)) < len(keys):
        raise InvalidInputError("key: two slices have the same key.", field="key")
    zs = {one.key: one.z for one in slices}
    for row in MaskSlice.objects.filter(key__in=keys).only("key", "z", "revision_id"):
        if (row.revision_id, row.z) != (easel.revision.pk, zs[row.key]):
            raise InvalidInputError(
                f"key: {row.key} was used for another slice or instance.", field="key"
            )


def append_slices(
    lease: RevisionLease, easel: Easel, slices: Sequence[NewSlice], held: Held
) -> Recorded:
    """Within a transaction that holds the revision: the versions, late where they do not fit what
    is there. Of the same slice one may follow the other upon the same base."""
    known = MaskSlice.objects.in_bulk([one.key for one in slices], field_name="key")
    states = states_of(easel.revision, {one.z for one in slices})
    numbers = _Numbers(states)
    rows, new = [], []
    for one in slices:
        row = known.get(one.key)
        if row is None:
            fits = held.holds and numbers.fits(one)
            row = _row(lease, easel, one, numbers.take(one.z), late=not fits)
            new.append(row)
        numbers.note(one, row)
        rows.append(row)
    MaskSlice.objects.bulk_create(new)
    return Recorded(
        kept=[row for row in rows if not row.late],
        late=[row for row in rows if row.late],
        expires_at=held.expires_at,
        why=held.why,
    )


@dataclass
class _Numbers:
    """The numbers of versions while some are appended."""

    states: dict[int, SliceState]
    _last: dict[int, int] = field(init=False)
    _holds: dict[int, int] = field(init=False)
    _followed: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._last = {z: state.last for z, state in self.states.items()}
        self._holds = {z: state.holds.number for z, state in self.states.items()}

    def fits(self, one: NewSlice) -> bool:
        """Whether nothing holds that whoever drew this has not seen."""
        return one.base in (self._holds[one.z], self._followed.get(one.z))

    def take(self, z: int) -> int:
        self._last[z] += 1
        return self._last[z]

    def note(self, one: NewSlice, row: MaskSlice) -> None:
        """What comes behind this one in the same request may have been drawn upon it."""
        self._followed.pop(one.z, None)
        if row.late or row.number < self._holds[one.z]:
            return
        self._holds[one.z] = row.number
        self._followed[one.z] = one.base


def _row(
    lease: RevisionLease, easel: Easel, one: NewSlice, number: int, *, late: bool
) -> MaskSlice:
    area = easel.area if one.labels is None else one.labels.area
    x_nm, y_nm, z_nm = easel.resolution
    return MaskSlice(
        revision=easel.revision,
        z=one.z,
        number=number,
        **_bounds(area),
        resolution_x=x_nm,
        resolution_y=y_nm,
        resolution_z=z_nm,
        labels=None if one.labels is None else one.labels.packed,
        voxels=0 if one.labels is None else one.labels.voxels,
        origin=one.origin,
        restored=one.restored,
        key=one.key,
        late=late,
        lease=lease,
        made_at=one.made_at,
    )


def _bounds(area: Area) -> dict[str, int]:
    return {"lo_x": area.lo_x, "lo_y": area.lo_y, "hi_x": area.hi_x, "hi_y": area.hi_y}


def refuse_late(easel: Easel, recorded: Recorded) -> None:
    """Raises SliceChangedError for what came late, with what holds now."""
    is_kept = "What you drew is kept beside it and can be restored."
    if recorded.expires_at is None:
        is_kept = "What you drew is kept, as late versions."
    _refuse(easel, {row.z for row in recorded.late}, recorded, is_kept)


def refuse_changed(easel: Easel, changed: Collection[int], recorded: Recorded) -> None:
    """The same for slices that were not kept, for they are kept elsewhere."""
    _refuse(easel, changed, recorded, "Look at it before you decide.")


def _refuse(easel: Easel, slices: Collection[int], recorded: Recorded, hint: str) -> None:
    if not slices:
        return
    states = states_of(easel.revision, sorted(slices))
    raise SliceChangedError(
        f"{recorded.why or _told(states.values())} {hint}",
        details={
            "slices": [{"z": z, **state.holds.told(easel.area)} for z, state in states.items()],
            "kept": kept(recorded),
            "held": recorded.expires_at is not None,
        },
    )


def kept(recorded: Recorded) -> list[dict[str, object]]:
    """What holds or held, as clients are told."""
    return [{"z": row.z, "number": row.number, "key": row.key} for row in recorded.kept]


def _told(states: Iterable[SliceState]) -> str:
    told = [
        f"slice {one.holds.z}" + (f" by {one.holds.by}" if one.holds.by else ", as in the volume")
        for one in states
    ]
    return f"Another version is newer than the one that you saw: {', '.join(told)}."
