"""Which mask holds in each slice, and which versions there were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.core.rows import RowReader, columns_of
from apps.revision.domain.labels import Area, Labels, stored_labels
from apps.revision.models import MaskSlice, Revision

AS_IN_THE_VOLUME = "volume"  # what stands for an origin before somebody draws
VERSIONS_A_PAGE = 50

# However many versions a slice has, its last ones are found by the index.
_STATES = f"""
SELECT wanted.z, last.number, {columns_of(MaskSlice, "slice")}, {columns_of(User, "person")}
FROM unnest(%(slices)s::int[]) AS wanted(z)
LEFT JOIN LATERAL (
    SELECT number FROM revision_maskslice
    WHERE revision_id = %(revision)s AND z = wanted.z
    ORDER BY number DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT * FROM revision_maskslice
    WHERE revision_id = %(revision)s AND z = wanted.z AND NOT late
    ORDER BY number DESC LIMIT 1
) slice ON true
LEFT JOIN revision_revisionlease lease ON lease.id = slice.lease_id
LEFT JOIN accounts_user person ON person.id = lease.user_id
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True)
class Version:
    """A version of a slice: who drew it and when. `labels` are None where it is as in the volume,
    and so is all of version 0."""

    z: int
    number: int
    origin: str
    by: str | None
    at: datetime | None
    labels: Labels | None
    voxels: int | None
    late: bool = False

    @classmethod
    def original(cls, z: int) -> Version:
        return cls(z, 0, AS_IN_THE_VOLUME, None, None, None, None)

    def told(self, area: Area) -> dict[str, Any]:
        """As clients are told, its runs in the area that they draw in."""
        return {
            "number": self.number,
            "runs": None if self.labels is None else self.labels.within(area).runs,
            "origin": self.origin,
            "by": self.by,
            "at": self.at,
        }


@dataclass(frozen=True)
class SliceState:
    """What holds in a slice, and the number of its last version, which may have come late."""

    last: int
    holds: Version


def states_of(revision: Revision, slices: Collection[int]) -> dict[int, SliceState]:
    """The state of each of these slices, in their order. One statement."""
    states = {}
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"revision": revision.pk, "slices": [*slices]})
        for found in cursor.fetchall():
            row = RowReader(found)
            z, last = row.take_value(), row.take_value()
            drawn = row.take(MaskSlice)
            version = Version.original(z)
            if drawn.pk is not None:
                version = version_of(drawn, row.take(User))
            states[z] = SliceState(last or 0, version)
    return {z: states[z] for z in slices}


def versions_of(revision: Revision, z: int, before: int | None) -> tuple[list[Version], int | None]:
    """The versions of a slice before this number (None: all), the newest first, at most
    VERSIONS_A_PAGE; and before which number there are more, if there are."""
    rows = MaskSlice.objects.filter(revision=revision, z=z).select_related("lease__user")
    if before is not None:
        rows = rows.filter(number__lt=before)
    found = [*rows.order_by("-number")[: VERSIONS_A_PAGE + 1]]
    versions = [version_of(row, row.lease.user) for row in found[:VERSIONS_A_PAGE]]
    if len(found) > VERSIONS_A_PAGE:
        return versions, versions[-1].number
    return [*versions, Version.original(z)], None


def version_of(row: MaskSlice, person: User) -> Version:
    """Raises LabelsError where its labels were damaged."""
    return Version(
        z=row.z,
        number=row.number,
        origin=row.origin,
        by=name_of(person),
        at=row.recorded_at,
        labels=labels_of(row),
        voxels=None if row.labels is None else row.voxels,
        late=row.late,
    )


def labels_of(row: MaskSlice) -> Labels | None:
    """What was drawn; None where the slice is as in the volume."""
    if row.labels is None:
        return None
    return stored_labels(bytes(row.labels), Area(row.lo_x, row.lo_y, row.hi_x, row.hi_y))


def name_of(person: User) -> str:
    """How others are told who drew something."""
    return person.get_full_name() or person.get_username()


def drawn_numbers(states: Sequence[SliceState]) -> dict[int, int]:
    """The versions that somebody drew and that hold, by their slices."""
    return {one.holds.z: one.holds.number for one in states if one.holds.labels is not None}
