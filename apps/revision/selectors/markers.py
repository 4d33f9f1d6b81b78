"""Where the presynaptic and postsynaptic points are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.core.rows import RowReader, columns_of
from apps.datasets.domain.viewer_state import Triple, middle_nm
from apps.revision.domain import Side
from apps.revision.domain.markers import Lying, advice_on, are_swapped
from apps.revision.models import Marker, MarkerCheck, Revision
from apps.revision.selectors.masks import name_of
from apps.voxels.geometry import Point

AS_IN_THE_TABLE = "table"  # what stands for an origin before somebody sets a point

_STATES = f"""
SELECT wanted.side, last.number, {columns_of(Marker, "marker")},
    {columns_of(MarkerCheck, "found")}, {columns_of(User, "person")}
FROM unnest(%(sides)s::text[]) AS wanted(side)
LEFT JOIN LATERAL (
    SELECT number FROM revision_marker
    WHERE revision_id = %(revision)s AND side = wanted.side
    ORDER BY number DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT * FROM revision_marker
    WHERE revision_id = %(revision)s AND side = wanted.side AND NOT late
    ORDER BY number DESC LIMIT 1
) marker ON true
LEFT JOIN revision_markercheck found ON found.marker_id = marker.id
LEFT JOIN revision_revisionlease lease ON lease.id = marker.lease_id
LEFT JOIN accounts_user person ON person.id = lease.user_id
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True)
class Spot:
    """A voxel of the table and the place in nm that it stands for; x, y, z."""

    voxel: Point
    nm: Triple


@dataclass(frozen=True)
class MarkerState:
    """The point of a side as it holds; `last` is the number of its last version, which may have
    come late. Number 0 is the table's."""

    side: Side
    last: int
    number: int
    spot: Spot | None
    origin: str
    by: str | None
    at: datetime | None
    root_id: int | None
    check: MarkerCheck | None

    @property
    def lying(self) -> Lying:
        segment = None if self.check is None else self.check.segment
        return Lying(segment, self.root_id, read=self.number > 0)


Markers = dict[Side, MarkerState]


def markers_of(revision: Revision) -> Markers:
    """Both points. One statement, for a revision whose instance and table were read with it."""
    values: dict[str, Any] = {"revision": revision.pk, "sides": [side.value for side in Side]}
    markers = {}
    with connection.cursor() as cursor:
        cursor.execute(_STATES, values)
        for found in cursor.fetchall():
            row = RowReader(found)
            side, last = Side(row.take_value()), row.take_value() or 0
            marker, check = row.take(Marker), row.take(MarkerCheck)
            markers[side] = _state(revision, side, last, marker, check, row.take(User))
    return markers


def _state(
    revision: Revision, side: Side, last: int, marker: Marker, check: MarkerCheck, person: User
) -> MarkerState:
    root_id = root_id_of(revision, side)
    if marker.pk is None:
        spot = spot_in_table(revision, side)
        return MarkerState(side, last, 0, spot, AS_IN_THE_TABLE, None, None, root_id, None)
    return MarkerState(
        side=side,
        last=last,
        number=marker.number,
        spot=spot_of(marker),
        origin=marker.origin,
        by=name_of(person),
        at=marker.recorded_at,
        root_id=root_id,
        check=None if check.pk is None else check,
    )


def spot_of(marker: Marker) -> Spot | None:
    """Where a marker lies; None where the point is taken away."""
    x, y, z = marker.x, marker.y, marker.z
    x_nm, y_nm, z_nm = marker.x_nm, marker.y_nm, marker.z_nm
    if x is None or y is None or z is None or x_nm is None or y_nm is None or z_nm is None:
        return None
    return Spot(Point(x, y, z), (x_nm, y_nm, z_nm))


def spot_in_table(revision: Revision, side: Side) -> Spot | None:
    """Where the table has the point of a side; None where it has none."""
    instance = revision.instance
    point = instance.pre_pt if side is Side.PRE else instance.post_pt
    if point is None:
        return None
    return Spot(point, middle_nm(point, revision.campaign.table.resolution))


def root_id_of(revision: Revision, side: Side) -> int | None:
    """The neuron that the table names for a side."""
    instance = revision.instance
    root_id: int | None = instance.pre_root_id if side is Side.PRE else instance.post_root_id
    return root_id


def told(markers: Markers) -> dict[str, Any]:
    """Both points as clients are told."""
    pre, post = markers[Side.PRE], markers[Side.POST]
    return {"pre": _told(pre, post), "post": _told(post, pre)}


def _told(own: MarkerState, other: MarkerState) -> dict[str, Any]:
    check = own.check
    is_read = check is not None and check.checked_at is not None
    segment = check.segment if check is not None else None
    return {
        "number": own.number,
        "voxel": None if own.spot is None else [*own.spot.voxel],
        "nm": None if own.spot is None else [*own.spot.nm],
        "origin": own.origin,
        "by": own.by,
        "at": own.at,
        "checked": is_read,
        "segment": None if segment is None else str(segment),
        "problem": (check.problem or None) if check is not None else None,
        "advice": advice_on(own.side, own.lying, other.lying),
        "swapped": are_swapped(own.lying, other.lying),
    }
