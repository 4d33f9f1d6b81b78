"""Make a synapse table of the records of a SynAnno file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.core.errors import ConflictError, InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.refusals import RefusedRowsError
from apps.datasets.services.tables import TableInput, load_table
from apps.exports.domain.reading import FileRecord
from apps.exports.gateways import rows_as_file

_POINTS = ("center", "pre_pt", "post_pt")
_FIRST_LINE = 2  # of the table's file: one above it names the columns
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

    Synapses have no neurons: SynAnno's files do not say which. Raises InvalidInputError naming the
    record, as where it lies outside the volumes, or the name that the table cannot have, and
    ConflictError where somebody makes a table of this name at this moment.
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
    except RefusedRowsError as error:
        raise _refused(error, records, wanted, file_name) from error
    except (InvalidInputError, ConflictError) as error:
        # The rows are ours: what is left to be at fault is the name.
        sentence = error.sentence.removeprefix(f"{error.field}: ")
        raise type(error)(f"new_table: {sentence}", field="new_table") from error
    of_id = dict(Instance.objects.filter(table=table).values_list("source_id", "pk"))
    return table, {one.number: of_id[ids[one.number]] for one in records}


def _refused(
    error: RefusedRowsError, records: Sequence[FileRecord], wanted: NewTable, file_name: str
) -> InvalidInputError:
    """The first record that is refused, as the file calls it: nobody has seen the table."""
    line, column, reason, _ = min(error.report.rows)
    record = records[line - _FIRST_LINE]
    point, _, axis = (column, "", "") if column in _POINTS else column.rpartition("_")
    keys = record.keys_of(point, axis or "xyz") if point in _POINTS else column
    sentence = f"file: {file_name}, {record.where}: {keys}: {reason}."
    count = error.report.count
    if count > 1:
        sentence += f" {count:,} of {len(records):,} records are refused."
    if column in _POINTS:
        sentence += f" The file may belong to another volume than that of {wanted.dataset.name!r}."
    return InvalidInputError(sentence, field="file")


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
