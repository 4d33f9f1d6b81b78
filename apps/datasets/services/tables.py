"""Load versions of synapse tables, all or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.locks import alone_until_the_end
from apps.datasets.domain.layouts import (
    ADDED,
    Layout,
    Unit,
    find_layout,
    layout_named,
    layout_of_mapping,
    nearest_layout,
)
from apps.datasets.domain.tables import Frame
from apps.datasets.gateways.tables import TableFile, Told, open_table, table_stem, unusable
from apps.datasets.models import Dataset, Secret, SynapseTable, Volume
from apps.datasets.services.fetching import fetched, is_remote, told_address
from apps.datasets.services.loading import Loading, Progress, say_nothing
from apps.datasets.services.own_columns import check_left_out, kept_columns
from apps.datasets.services.resolutions import given_resolution, resolution_columns
from apps.datasets.services.secrets import credentials_of
from apps.voxels.geometry import Resolution

__all__ = [
    "Progress",
    "TableInput",
    "find_dataset",
    "find_version",
    "latest_version",
    "layout_of",
    "left_out_of",
    "load_table",
    "on_this_machine",
    "opened_table",
    "say_nothing",
    "settled",
    "table_name",
    "table_names",
]

LONGEST_NAME = 200
_LONGEST_SOURCE = 2000


@dataclass(frozen=True)
class TableInput:
    """A table as a person names it: a file of this machine, or an address of a file or a source,
    with the secret that opens it.

    `mapping` says which column holds what (apps/datasets/domain/layouts.py), `layout` is the name
    of a known layout; without both, the layout is found by the columns. Where the dataset has a
    table of this name, what is None is as in its latest version: mapping, unit and resolution.
    Else coordinates are voxels of the clefts. `leave_out` names columns that are not to be kept for
    people to look at ("*": none is); None as in the latest version. `source` is what is told of
    where the file came from.
    """

    path: Path | str
    name: str | None = None
    layout: str | None = None
    mapping: Mapping[str, Any] | None = None
    unit: Unit | None = None
    resolution: Sequence[float] | None = None
    skip_refused: bool = False
    leave_out: Sequence[str] | None = None
    source: str | None = None
    secret: Secret | None = None


def load_table(
    dataset: Dataset, given: TableInput, *, on_progress: Progress = say_nothing
) -> SynapseTable:
    """Load a file as the next version of a table of the dataset.

    All or nothing: with `skip_refused` the rows that cannot be used are left out and kept with
    the version as a file; else a single one refuses the table. Earlier versions stay as they are.
    Raises InvalidInputError naming the field, TableError naming file, row and column,
    RefusedRowsError, FetchError, and ConflictError where somebody loads a version at this moment.
    """
    with on_this_machine(given, on_progress) as here:
        return _load(dataset, here, on_progress)


@contextmanager
def on_this_machine(given: TableInput, on_progress: Progress = say_nothing) -> Iterator[TableInput]:
    """The table with its file on this machine for the length of the block: fetched first, if it is
    named by the address of a file. Raises FetchError."""
    if not isinstance(given.path, str) or not is_remote(given.path):
        yield given
        return
    source = given.source or told_address(given.path)[-_LONGEST_SOURCE:]
    with fetched(given.path, secret=given.secret, on_progress=on_progress) as path:
        yield replace(given, path=path, source=source)


def opened_table(given: TableInput) -> TableFile:
    """The table, which lies on this machine or at an address of a source, opened with its secret.

    Raises TableError, SecretUnreadableError, and InvalidInputError naming the field.
    """
    if given.secret is None or isinstance(given.path, Path):
        return open_table(given.path)
    return open_table(given.path, credentials_of(given.secret))


@transaction.atomic
def _load(dataset: Dataset, given: TableInput, on_progress: Progress) -> SynapseTable:
    name = table_name(dataset, given)
    # Until the transaction ends, which may be that of a whole restore: before, nobody sees this
    # version, and a second would take its number.
    if not alone_until_the_end(f"table {name} of dataset {dataset.pk}"):
        raise ConflictError(
            f"table: a version of {name!r} is being loaded at this moment.", field="table"
        )
    latest = latest_version(dataset, name)
    if latest is not None and latest.layout == ADDED:
        raise InvalidInputError(
            f"name: to {name!r} people add synapses one by one; choose another name.",
            field="name",
        )
    file = opened_table(given)
    given = settled(given, file.told, latest)
    unit = given.unit or Unit.VOXELS
    layout = layout_of(file, given, unit)
    frame = _frame(dataset, given, unit)
    left_out = left_out_of(file, given, latest)
    kept = kept_columns(file, layout, left_out)
    table = SynapseTable.objects.create(
        dataset=dataset,
        name=name,
        version=latest.version + 1 if latest else 1,
        source=given.source or _told_path(given.path),
        row_count=0,
        layout=layout.name,
        unit=unit.value,
        mapping=layout.as_mapping(),
        own_columns=list(kept),
        left_out=left_out,
        **resolution_columns(frame.resolution),
    )
    Loading(table, file, layout, frame, on_progress, skip=given.skip_refused, kept=kept).run()
    return table


def left_out_of(file: TableFile, given: TableInput, latest: SynapseTable | None) -> list[str]:
    """The columns that are not kept, as was said or as in the latest version.

    Raises InvalidInputError for one that the table has not.
    """
    if given.leave_out is None:
        return list(latest.left_out) if latest is not None else []
    check_left_out(file, given.leave_out)
    return list(dict.fromkeys(given.leave_out))


def find_dataset(name: str) -> Dataset:
    """The dataset of this name. Raises NotFoundError."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise NotFoundError(f"dataset: there is no dataset {name!r}.", field="dataset")
    return dataset


def find_version(dataset: Dataset, name: str, version: int) -> SynapseTable:
    """One version of a table. Raises NotFoundError."""
    table = dataset.tables.filter(name=name, version=version).first()
    if table is None:
        raise NotFoundError(
            f"table: the dataset {dataset.name!r} has no table {name!r} of version {version}.",
            field="table",
        )
    return table


def table_names(dataset: Dataset) -> list[str]:
    """The names of the dataset's tables that versions can be loaded of, each once."""
    loaded = dataset.tables.exclude(layout=ADDED)
    return sorted(set(loaded.values_list("name", flat=True)))


def latest_version(dataset: Dataset, name: str) -> SynapseTable | None:
    """The latest version of a table of the dataset, if there is one."""
    return dataset.tables.filter(name=name).order_by("-version").first()


def table_name(dataset: Dataset, given: TableInput) -> str:
    """The given name; else that of the dataset's only table; else the file's.

    Raises InvalidInputError.
    """
    if given.name is not None:
        name = given.name.strip()
        if not 1 <= len(name) <= LONGEST_NAME:
            raise InvalidInputError(
                f"name: give the table between 1 and {LONGEST_NAME} characters.", field="name"
            )
        return name
    names = table_names(dataset)
    if len(names) > 1:
        raise InvalidInputError(
            f"name: the dataset {dataset.name!r} has the tables {', '.join(names)}; name one.",
            field="name",
        )
    return names[0] if names else table_stem(given.path)[:LONGEST_NAME]


def settled(given: TableInput, told: Told | None, latest: SynapseTable | None) -> TableInput:
    """What was not said is as the source says; what it does not say, as in the latest version.

    Raises InvalidInputError for what the source does not allow.
    """
    given = given if told is None else _as_told(given, told)
    given = given if latest is None else _as_before(given, latest)
    if told is None or given.mapping is not None:
        return given
    return replace(given, mapping=told.mapping)


def _as_told(given: TableInput, told: Told) -> TableInput:
    if given.unit not in (None, told.unit):
        raise InvalidInputError(
            f"unit: {told.source} has coordinates in {told.unit} alone.", field="unit"
        )
    if told.mapping is not None and given.layout is not None:
        raise InvalidInputError(f"layout: {told.source} says itself what it holds.", field="layout")
    mapping = given.mapping
    if mapping is not None and told.mapping is not None:
        mapping = {**told.mapping, **mapping}
    return replace(
        given,
        mapping=mapping,
        unit=told.unit,
        resolution=given.resolution or told.resolution,
        source=told.source[:_LONGEST_SOURCE],
    )


def _as_before(given: TableInput, latest: SynapseTable) -> TableInput:
    """What was not said is as in the latest version."""
    mapping = given.mapping
    if mapping is None and given.layout is None and latest.layout == "mapping":
        mapping = latest.mapping
    return replace(
        given,
        mapping=mapping,
        unit=given.unit or Unit(latest.unit),
        resolution=given.resolution or tuple(latest.resolution),
    )


def _told_path(path: Path | str) -> str:
    return os.fsencode(path).decode(errors="replace")[-_LONGEST_SOURCE:]


def layout_of(file: TableFile, given: TableInput, unit: Unit) -> Layout:
    """What the columns of a file hold, as it was said or is found.

    Raises TableError where columns are missing or there twice, InvalidInputError naming the field.
    """
    if given.mapping is not None:
        layout: Layout | None = layout_of_mapping(given.mapping, file.columns)
    elif given.layout is not None:
        layout = layout_named(given.layout, file.columns, unit)
    else:
        layout = find_layout(file.columns, unit)
    nearest = layout or nearest_layout(file.columns, unit)
    lacks = [column for column in nearest.columns if column not in file.columns]
    if layout is None or lacks:
        guess = f" It is nearest to the layout {nearest.name}." if layout is None else ""
        raise unusable(
            f"{file.name} lacks the columns {', '.join(lacks)}.{guess} Of a table in a layout of "
            "its own, say which column holds what: in the mapping, with --map at the command line."
        )
    twice = [column for column in layout.columns if file.columns.count(column) > 1]
    if twice:
        raise unusable(f"{file.name} has the column {twice[0]} twice.")
    return layout


def _frame(dataset: Dataset, given: TableInput, unit: Unit) -> Frame:
    grids = {volume.kind: volume.grid for volume in dataset.volumes.all()}
    cleft, image = grids[Volume.Kind.CLEFT], grids[Volume.Kind.IMAGE]
    resolution: Resolution | None = given_resolution("table_resolution", given.resolution)
    return Frame(unit, resolution or cleft.resolution, cleft, image)
