"""What was mended of some instances: three statements, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from apps.core.fields import UInt64Field
from apps.revision.domain import Decision, Side
from apps.revision.selectors.outcome_values import DrawnSlice, PointOutcome, Revised
from apps.voxels.geometry import Point

_SEGMENT = UInt64Field()
# Of what is to be looked at again the decision that was there stands until there is another.
_REVISIONS = """
SELECT revision.id, revision.{of}, coalesce(look.decision, revision.decision),
       coalesce(look.note, revision.note), lease.user_id,
       coalesce(look.finished_at, revision.finished_at)
FROM revision_revision revision
LEFT JOIN revision_secondlook look ON look.revision_id = revision.id AND look.ended_at IS NULL
LEFT JOIN revision_revisionlease lease
ON lease.id = coalesce(look.lease_id, revision.lease_id)
WHERE revision.{of} = ANY (%s)
"""
# And so does what was drawn and set before: what comes since may be half done.
_HOLDS = """
NOT late AND NOT EXISTS (
    SELECT 1 FROM revision_secondlook look
    WHERE look.revision_id = made.revision_id AND look.ended_at IS NULL
      AND coalesce(look.stands_since, look.asked_at) < made.recorded_at
)
"""
# What came late holds nowhere; of a slice that was put back the volume's own mask does.
_DRAWN = f"""
SELECT latest.revision_id, latest.id, z, number, voxels, lease.user_id, recorded_at,
       latest.origin
FROM (
    SELECT DISTINCT ON (revision_id, z)
        id, revision_id, z, number, voxels, lease_id, recorded_at, origin,
        labels IS NULL AS is_original
    FROM revision_maskslice made WHERE revision_id = ANY (%s) AND {_HOLDS}
    ORDER BY revision_id, z, number DESC
) latest
JOIN revision_revisionlease lease ON lease.id = latest.lease_id
WHERE NOT is_original ORDER BY latest.revision_id, z
"""  # noqa: S608 - put together from our own words
_POINTS = f"""
SELECT DISTINCT ON (made.revision_id, side)
    made.revision_id, side, x, y, z, x_nm, y_nm, z_nm, found.segment, origin, lease.user_id,
    recorded_at
FROM revision_marker made JOIN revision_revisionlease lease ON lease.id = made.lease_id
LEFT JOIN revision_markercheck found ON found.marker_id = made.id
WHERE made.revision_id = ANY (%s) AND {_HOLDS}
ORDER BY made.revision_id, side, number DESC
"""  # noqa: S608 - put together from our own words
# Of revisions of a campaign, but for those of synapses that were withdrawn, no more than the
# limit. It begins with what was made, by the index on the revision: of a campaign most revisions
# may be finished without. Who was handed one last does not count: it may have been put back since.
_SOME = """
SELECT count(*) FROM (
    SELECT FROM (SELECT DISTINCT revision_id FROM {}) touched
    JOIN revision_revision revision ON revision.id = touched.revision_id
    LEFT JOIN revision_addedsynapse added ON added.id = revision.added_id
    WHERE revision.campaign_id = %s AND added.withdrawn_at IS NULL AND EXISTS ({})
    LIMIT %s
) found
"""
_HAS_DRAWN = f"""
SELECT FROM (
    SELECT DISTINCT ON (z) labels IS NULL AS is_original
    FROM revision_maskslice made WHERE made.revision_id = revision.id AND {_HOLDS}
    ORDER BY z, number DESC
) latest
WHERE NOT is_original
"""  # noqa: S608 - put together from our own words
_HAS_POINTS = f"""
SELECT FROM (
    SELECT DISTINCT ON (side) x
    FROM revision_marker made WHERE made.revision_id = revision.id AND {_HOLDS}
    ORDER BY side, number DESC
) latest
WHERE x IS NOT NULL
"""  # noqa: S608 - put together from our own words
_WITH_DRAWN = _SOME.format("revision_maskslice", _HAS_DRAWN)
_WITH_POINTS = _SOME.format("revision_marker", _HAS_POINTS)


@dataclass(frozen=True)
class Touched:
    """Of how many instances of a campaign somebody drew a slice, and of how many set a point."""

    drawn: int
    with_points: int


@dataclass
class Revising:
    """What was done with an instance in its revision. A point of None was taken away."""

    id: int
    revised: Revised | None
    drawn: list[DrawnSlice] = field(default_factory=list)
    points: dict[Side, PointOutcome | None] = field(default_factory=dict)


def revising_items(items: Sequence[int]) -> dict[int, Revising]:
    """By the ids of items; those that never came to be mended are left out."""
    return _revising("item_id", items)


def revising_added(added: Sequence[int]) -> dict[int, Revising]:
    """By the ids of synapses that were added."""
    return _revising("added_id", added)


def touched_in(campaign_id: int, most: int) -> Touched:
    """Whatever was decided of them. Each is counted to `most`, and takes time by how many somebody
    drew on or set points of, those of other campaigns among them: however many were finished
    without, a tenth of a second for 60,000."""
    with connection.cursor() as cursor:
        found = []
        for statement in (_WITH_DRAWN, _WITH_POINTS):
            cursor.execute(statement, [campaign_id, most])
            found.append(int(cursor.fetchone()[0]))
    return Touched(*found)


def _revising(of: str, ids: Sequence[int]) -> dict[int, Revising]:
    found: dict[int, Revising] = {}
    revisions: dict[int, Revising] = {}
    for pk, key, decision, note, user, at in _rows(_REVISIONS.format(of=of), ids):
        revised = Revised(Decision(decision), note, user, at) if decision else None
        found[key] = revisions[pk] = Revising(pk, revised)
    if not revisions:
        return {}
    for pk, *drawn in _rows(_DRAWN, [*revisions]):
        revisions[pk].drawn.append(DrawnSlice(*drawn))
    for pk, side, *point in _rows(_POINTS, [*revisions]):
        revisions[pk].points[Side(side)] = _point(*point)
    return found


def _point(
    x: int | None,
    y: int,
    z: int,
    x_nm: float,
    y_nm: float,
    z_nm: float,
    stored: int | None,
    *who: Any,
) -> PointOutcome | None:
    if x is None:
        return None
    segment = _SEGMENT.from_db_value(stored)
    return PointOutcome(Point(x, y, z), (x_nm, y_nm, z_nm), segment, *who)


def _rows(statement: str, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [[*ids]])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
