"""What a synapse table is, found out before it is loaded. Workers and commands use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Layout, Unit, layout_of_mapping
from apps.datasets.domain.plans import (
    LOOKED_AT,
    Meaning,
    first_rows,
    most_usable,
    possible_meanings,
)
from apps.datasets.domain.tables import Findings, Frame, check_rows
from apps.datasets.gateways.tables import Batch, Record, TableFile, unusable
from apps.datasets.models import SynapseTable
from apps.datasets.services.own_columns import MOST_COLUMNS, kept_columns, other_columns
from apps.datasets.services.resolutions import given_resolution
from apps.datasets.services.tables import (
    TableInput,
    layout_of,
    left_out_of,
    opened_table,
    settled,
)
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Resolution

_SHOWN_ROWS = 5
_SHOWN_FAULTS = 5
_SHOWN_COLUMNS = 200
_MOST_OTHERS = 1_000 + MOST_COLUMNS  # as many as can be named as left out, and be kept
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Places:
    """Where the points of a table must lie, and at which voxel sizes somebody may have counted."""

    cleft: Grid
    image: Grid
    resolutions: tuple[Resolution, ...]


@dataclass(frozen=True)
class _Reading:
    """The first rows of a table as one meaning of its coordinates has them."""

    meaning: Meaning
    layout: Layout
    batch: Batch
    findings: Findings
    count: int

    @property
    def usable(self) -> int:
        return self.count - int(self.findings.refused.sum())


def examine_table(
    given: TableInput, places: Places | None, latest: SynapseTable | None = None
) -> tuple[dict[str, Any], InvalidInputError | None]:
    """What a table holds and what its coordinates mean, as JSON; and why it cannot be used, if so:
    its columns are told all the same, for somebody who says which holds what.

    What was not said is as loading would have it: as the source says, then as in the `latest`
    version of the same table; the rest is guessed. Without `places`, only what its columns say.
    Raises TableError for what is no table.
    """
    file = opened_table(given)
    batch = next(iter(file.batches()), None)
    if batch is None or batch.count == 0:
        raise unusable(f"{file.name} has no rows.")
    found: dict[str, Any] = {
        "name": file.name,
        "columns": list(file.columns[:_SHOWN_COLUMNS]),
        "rows": _shown(batch.records(range(min(_SHOWN_ROWS, batch.count)))),
    }
    try:
        found |= _understood(file, settled(given, file.told, latest), places)
        layout = layout_of_mapping(found["mapping"], file.columns)
        left_out = left_out_of(file, given, latest)
        # those beside the ones that are read: whoever leaves all out but one has to name them
        found |= {"others": other_columns(file, layout)[:_MOST_OTHERS], "left_out": left_out}
        kept_columns(file, layout, left_out)
    except InvalidInputError as error:
        return found, error
    return found, None


def _understood(file: TableFile, given: TableInput, places: Places | None) -> dict[str, Any]:
    said = given_resolution("table_resolution", given.resolution)
    if places is None:
        return _described(layout_of(file, given, given.unit or Unit.VOXELS))
    readings = _readings(file, given, said, places)
    best = readings[most_usable([one.usable for one in readings])]
    return {
        **_described(best.layout),
        **_meaning(best.meaning),
        "guessed": [
            name
            for name, was_said in (("unit", given.unit), ("resolution", said))
            if was_said is None
        ],
        "looked_at": best.count,
        "usable": best.usable,
        "faults": _faults(best, file),
        "meanings": [{**_meaning(one.meaning), "usable": one.usable} for one in readings],
    }


def _described(layout: Layout) -> dict[str, Any]:
    return {"layout": layout.name, "mapping": layout.as_mapping()}


def _meaning(meaning: Meaning) -> dict[str, Any]:
    return {"unit": meaning.unit.value, "resolution_nm": list(meaning.resolution)}


def _readings(
    file: TableFile, given: TableInput, said: Resolution | None, places: Places
) -> list[_Reading]:
    """The first rows under each meaning that the table's columns allow."""
    readings = []
    refusals: list[InvalidInputError] = []
    sizes = (places.image.resolution, *places.resolutions)
    for meaning in possible_meanings(given.unit, said, places.cleft.resolution, sizes):
        try:
            readings.append(_read(file, given, meaning, places))
        except InvalidInputError as error:
            refusals.append(error)
    if not readings:
        raise refusals[0]
    return readings


def _read(file: TableFile, given: TableInput, meaning: Meaning, places: Places) -> _Reading:
    layout = layout_of(file, given, meaning.unit)
    batch = next(iter(file.batches(layout.columns)))
    raw = first_rows(batch.rows(layout.wanted(meaning.unit)), LOOKED_AT)
    frame = Frame(meaning.unit, meaning.resolution, places.cleft, places.image)
    _, findings = check_rows(raw, layout, frame)
    return _Reading(meaning, layout, batch, findings, raw.count)


def _faults(reading: _Reading, file: TableFile) -> list[str]:
    """Sentences about the first rows that cannot be used."""
    refusals = reading.findings.told(_SHOWN_FAULTS)
    records = reading.batch.records([one.row for one in refusals]) if refusals else []
    return [
        refusal.sentence(f"{file.name}, {file.counted} {record.position}")
        for refusal, record in zip(refusals, records, strict=True)
    ]


def _shown(records: Sequence[Record]) -> list[list[str]]:
    return [
        [value[:_LONGEST_VALUE] for value in record.values[:_SHOWN_COLUMNS]] for record in records
    ]


def frame_of(found: Mapping[str, Any], places: Places) -> Frame:
    """The frame of the meaning that was found."""
    resolution = Resolution(*found["resolution_nm"])
    return Frame(Unit(found["unit"]), resolution, places.cleft, places.image)
