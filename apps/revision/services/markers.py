"""Keep where people set the presynaptic and postsynaptic points: versions, appended."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.datasets.domain.viewer_state import Triple
from apps.datasets.models import Volume
from apps.revision.domain import Side
from apps.revision.models import Marker, MarkerCheck, RevisionLease
from apps.revision.selectors.easels import Easel
from apps.revision.selectors.markers import Markers, Spot, markers_of, spot_in_table, told
from apps.revision.services.leasing import Held, hold_for_write
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Point, Resolution

CHECKED_WITHIN = timedelta(seconds=30)  # else its job was lost
Origin = Marker.Origin


@dataclass(frozen=True)
class NewMarker:
    """A point as it is to be kept. `base` is the number of the version that was seen; of a spot
    that is None the point is taken away."""

    side: Side
    base: int
    key: uuid.UUID
    spot: Spot | None
    origin: Marker.Origin
    made_at: datetime


class MarkerChangedError(ConflictError):
    """Points are kept, but do not hold: another version is newer, or the lease has ended."""

    code = "marker_changed"


def new_marker(
    easel: Easel, side: Side, base: int, key: uuid.UUID, nm: Triple | None, made_at: datetime
) -> NewMarker:
    """A point as somebody sets it; of None it is taken away. Exactly where the table has it, it is
    as in the table again, wherever that is.

    Raises InvalidInputError where no volume reaches there.
    """
    table = spot_in_table(easel.revision, side)
    if nm == (None if table is None else table.nm):
        return NewMarker(side, base, key, table, Origin.RESET, made_at)
    spot = None if nm is None else spot_at(nm, easel)
    return NewMarker(side, base, key, spot, Origin.SET, made_at)


def spot_at(nm: Triple, easel: Easel) -> Spot:
    """The spot of a place in nm. Raises InvalidInputError where no volume reaches there."""
    shown = (Volume.Kind.IMAGE, Volume.Kind.CLEFT)
    if not any(_holds(easel.volumes[kind].grid, nm) for kind in shown):
        x, y, z = (f"{at:g}" for at in nm)
        raise InvalidInputError(
            f"nm: ({x}, {y}, {z}) nm lies outside of the image and of the cleft volume.",
            field="nm",
        )
    return Spot(_voxel(nm, easel.revision.campaign.table.resolution), nm)


def _holds(grid: Grid, nm: Triple) -> bool:
    return grid.bounds.contains([at / size for at, size in zip(nm, grid.resolution, strict=True)])


def _voxel(nm: Triple, resolution: Resolution) -> Point:
    return Point(*(math.floor(at / size) for at, size in zip(nm, resolution, strict=True)))


def set_markers(
    lease: RevisionLease, easel: Easel, markers: Sequence[NewMarker], now: datetime
) -> Markers:
    """Append points of a revision that is held, which is then held further; both as they are then.
    What is sent again under its key changes nothing, and one point of a request does not hang on
    the other.

    Raises InvalidInputError, and keeps nothing, for what cannot be used. Raises MarkerChangedError
    where a point has another version than the one that was seen, or somebody else holds the
    revision: these are kept as late, the others as they are.
    """
    _check_keys(easel, {one.key: one.side for one in markers}, len(markers))
    with transaction.atomic():
        held = hold_for_write(lease, now)
        rows = _append(lease, easel, markers, held, markers_of(easel.revision), now)
    return _answer(easel, held, rows)


def swap_markers(
    lease: RevisionLease,
    easel: Easel,
    keys: tuple[uuid.UUID, uuid.UUID],
    bases: Mapping[Side, int],
    now: datetime,
) -> Markers:
    """Each point takes the other's place, both or none. `keys` are those of pre and post. Raises
    as `set_markers`."""
    by_side = dict(zip((Side.PRE, Side.POST), keys, strict=True))
    _check_keys(easel, {key: side for side, key in by_side.items()}, len(keys))
    with transaction.atomic():
        held = hold_for_write(lease, now)
        before = markers_of(easel.revision)
        new = [
            NewMarker(side, bases[side], by_side[side], before[other].spot, Origin.SWAPPED, now)
            for side, other in ((Side.PRE, Side.POST), (Side.POST, Side.PRE))
        ]
        rows = _append(lease, easel, new, held, before, now, together=True)
    return _answer(easel, held, rows)


def reset_marker(
    lease: RevisionLease, easel: Easel, side: Side, base: int, key: uuid.UUID, now: datetime
) -> Markers:
    """The point is as the table has it. Raises as `set_markers`."""
    spot = spot_in_table(easel.revision, side)
    return set_markers(lease, easel, [NewMarker(side, base, key, spot, Origin.RESET, now)], now)


def _check_keys(easel: Easel, sides: Mapping[uuid.UUID, Side], count: int) -> None:
    """Raises InvalidInputError for a key that is there twice or was used for something else."""
    if len(sides) < count:
        raise InvalidInputError("key: two points have the same key.", field="key")
    for row in Marker.objects.filter(key__in=sides):
        if (row.revision_id, row.side) != (easel.revision.pk, sides[row.key]):
            raise InvalidInputError(
                f"key: {row.key} was used for another point or instance.", field="key"
            )


def _append(
    lease: RevisionLease,
    easel: Easel,
    markers: Sequence[NewMarker],
    held: Held,
    before: Markers,
    now: datetime,
    *,
    together: bool = False,
) -> list[Marker]:
    """Within a transaction that holds the revision. `together`: all are late if one is."""
    known = Marker.objects.in_bulk([one.key for one in markers], field_name="key")
    last = {side: state.last for side, state in before.items()}
    holds = {side: state.number for side, state in before.items()}
    all_fit = all(one.key in known or one.base == holds[one.side] for one in markers)
    rows, new = [], []
    for one in markers:
        row = known.get(one.key)
        if row is None:
            fits = held.holds and one.base == holds[one.side] and (all_fit or not together)
            last[one.side] += 1
            row = _row(lease, easel, one, last[one.side], late=not fits)
            holds[one.side] = row.number if fits else holds[one.side]
            new.append(row)
        rows.append(row)
    Marker.objects.bulk_create(new)
    _have_checked(easel, [row for row in new if not row.late and row.x is not None], now)
    return rows


def _have_checked(easel: Easel, rows: Sequence[Marker], now: datetime) -> None:
    if not rows or Volume.Kind.NEURON not in easel.volumes:
        return
    MarkerCheck.objects.bulk_create(
        MarkerCheck(marker=row, retry_at=now + CHECKED_WITHIN) for row in rows
    )
    enqueue(Job.CHECK_MARKERS, revision_id=easel.revision.pk)


def _row(lease: RevisionLease, easel: Easel, one: NewMarker, number: int, *, late: bool) -> Marker:
    row = Marker(
        revision=easel.revision,
        side=one.side.value,
        number=number,
        origin=one.origin,
        key=one.key,
        late=late,
        lease=lease,
        made_at=one.made_at,
    )
    if one.spot is not None:
        row.x, row.y, row.z = one.spot.voxel
        row.x_nm, row.y_nm, row.z_nm = one.spot.nm
    return row


def _answer(easel: Easel, held: Held, rows: Sequence[Marker]) -> Markers:
    now = markers_of(easel.revision)
    late = [Side(row.side) for row in rows if row.late]
    if not late:
        return now
    if held.holds:
        whose = " and ".join(_told(now, side) for side in late)
        sentence = f"Another version is newer than the one that you saw: {whose}. "
        sentence += "Yours is kept beside it."
    else:
        sentence = f"{held.why} What you set is kept, as late versions."
    raise MarkerChangedError(sentence, details={"markers": told(now), "held": held.holds})


def _told(markers: Markers, side: Side) -> str:
    by = markers[side].by
    return f"the {side.value} point{f' by {by}' if by else ', as in the table'}"
