"""The missed synapses of a SynAnno file, added to the campaign that is made of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import InvalidInputError
from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.reading import FileRecord
from apps.exports.services.restores_elsewhere import other_volume
from apps.revision.services.additions import MOST_SLICES, NewSynapse
from apps.revision.services.additions_known import (
    KnownSynapses,
    UnplacedError,
    add_known_synapses,
)
from apps.voxels.geometry import Point, Resolution

_POINTS = {"position": "center", "pre": "pre_pt", "post": "post_pt"}


def add_missed(
    campaign: Campaign,
    annotator: User,
    missed: Sequence[FileRecord],
    file_name: str,
    added_at: datetime,
    now: datetime,
) -> KnownSynapses | None:
    """Add the missed synapses, each with a note that says which record it was; None where there are
    none. `added_at` is when the file says that its work ended. `look_again` follows at the end of
    the transaction.

    Raises InvalidInputError naming the record, as where it lies outside of the volumes.
    """
    if not missed:
        return None
    cleft = volumes_of(campaign.table.dataset_id)[Volume.Kind.CLEFT].grid.resolution
    new = [_as_new(record, cleft, campaign.table.resolution, file_name) for record in missed]
    try:
        return add_known_synapses(campaign, annotator, new, added_at, now)
    except UnplacedError as error:
        raise _unplaced(error, missed[error.number], campaign, file_name) from error


def _unplaced(
    error: UnplacedError, record: FileRecord, campaign: Campaign, file_name: str
) -> InvalidInputError:
    """With the words of the file."""
    point = _POINTS.get(error.field or "")
    keys = "Adjusted_Bbox" if point is None else record.keys_of(point)
    sentence = f"file: {file_name}, {record.where}: {keys}: "
    sentence += error.sentence.removeprefix(f"{error.field}: ")
    points = [one for one in (record.center, record.pre_pt, record.post_pt) if one is not None]
    if (hint := other_volume(campaign.table.dataset, points)) is not None:
        sentence += f" {hint}"
    return InvalidInputError(sentence, field="file")


def _as_new(record: FileRecord, cleft: Resolution, table: Resolution, file_name: str) -> NewSynapse:
    """In voxels of the table. Its slices are those of its box, where they hold its centre."""

    def in_table(point: Point) -> Point:
        return convert_point(point, cleft, table)

    centre = in_table(record.center)
    ends = [in_table(record.center._replace(z=z)).z for z in record.slices]
    return NewSynapse(
        key=uuid.uuid4(),
        position=centre,
        first_z=min(centre.z, max(ends[0], centre.z - MOST_SLICES)),
        last_z=max(centre.z, min(ends[1], centre.z + MOST_SLICES)),
        pre=record.pre_pt and in_table(record.pre_pt),
        post=record.post_pt and in_table(record.post_pt),
        note=f"From {file_name}, {record.where}.",
    )
