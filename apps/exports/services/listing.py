"""Make a synapse table of the records of a SynAnno file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.tables import TableInput, load_table
from apps.exports.domain.reading import FileRecord
from apps.exports.gateways import rows_as_file

_POINTS = ("center", "pre_pt", "post_pt")
_HEADER = ("id", *(f"{point}_{axis}" for point in _POINTS for axis in "xyz"))
_MAPPING = {"id": "id", **{point: point for point in _POINTS}}


@dataclass(frozen=True)
class NewTable:
    """A table that is yet to be made: its dataset and name."""

    dataset: Dataset
    name: str


def make_table(
    wanted: NewTable, records: Sequence[FileRecord], file_name: str
) -> tuple[SynapseTable, dict[int, int]]:
    """The next version of the table, with a synapse for each record, and the id of the instance
    of each record, by the record's number.

    Synapses have no neurons: SynAnno's files do not say which. Raises InvalidInputError, as where
    a synapse lies outside the volumes.
    """
    ids = _source_ids(records)
    target = volumes_of(wanted.dataset.pk)[Volume.Kind.CLEFT].grid.resolution
    try:
        with rows_as_file(_rows(records, ids)) as path:
            table = load_table(
                wanted.dataset,
                TableInput(
                    path,
                    name=wanted.name,
                    mapping=_MAPPING,
                    unit=Unit.VOXELS,
                    resolution=[*target],
                    source=f"synanno json {file_name}",
                ),
            )
    except InvalidInputError as error:
        raise InvalidInputError(
            f"file: {file_name} cannot become a table: {error.sentence}", field="file"
        ) from error
    of_id = dict(Instance.objects.filter(table=table).values_list("source_id", "pk"))
    return table, {one.number: of_id[ids[one.number]] for one in records}


def _source_ids(records: Sequence[FileRecord]) -> dict[int, int]:
    """The ids of the file where each record has its own, else the places in the file, from 0."""
    given = {record.number: record.source_id for record in records}
    own = {number: one for number, one in given.items() if one is not None}
    if len(set(own.values())) == len(records):
        return own
    return {number: place for place, number in enumerate(given)}


def _rows(records: Sequence[FileRecord], ids: dict[int, int]) -> Iterator[Sequence[object]]:
    yield _HEADER
    for record in records:
        points = (record.center, record.pre_pt, record.post_pt)
        numbers = [at for point in points for at in (point or ("", "", ""))]
        yield (ids[record.number], *numbers)
