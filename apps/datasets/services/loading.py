"""One table file on its way into one version of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from django.db import IntegrityError, transaction

from apps.datasets.domain.copying import encode_rows
from apps.datasets.domain.layouts import Layout
from apps.datasets.domain.numbering import first_id
from apps.datasets.domain.tables import Findings, Frame, Rows, check_rows
from apps.datasets.gateways.tables import (
    Batch,
    BlockWriter,
    Record,
    TableFile,
    records_at,
    unusable,
)
from apps.datasets.models import SynapseTable
from apps.datasets.services.ahead import ahead
from apps.datasets.services.bulk_copy import copy_blocks, copy_rows
from apps.datasets.services.partitions import (
    LARGE_TABLE_ROWS,
    create_staging,
    index_source_ids,
    make_partition,
    move_into_first,
    remove_repeated,
    repeated_source_ids,
)
from apps.datasets.services.refusals import RefusalReport, RefusedRowsError, keep_refusals

# What is being done, and how many rows of the file it is about.
Progress = Callable[[str, int], None]


def say_nothing(_stage: str, _rows: int) -> None:
    """The progress of what nobody watches."""


@dataclass
class Loading:
    """Loads the rows of a file into a version that has none. Runs within a transaction."""

    table: SynapseTable
    file: TableFile
    layout: Layout
    frame: Frame
    on_progress: Progress
    skip: bool  # rows that cannot be used
    kept: tuple[str, ...] = ()  # the columns that are kept beside those that are read
    report: RefusalReport = field(init=False)
    writer: BlockWriter = field(init=False)
    read: int = 0

    def __post_init__(self) -> None:
        self.report = RefusalReport(self.file.name, self.file.counted, self.layout.columns)
        self.writer = BlockWriter(self.file.name, self.kept)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read or kept."""
        return (*self.layout.columns, *self.kept)

    def run(self) -> None:
        """Copy the rows, and give them their place.

        Raises TableError, and RefusedRowsError unless rows are to be skipped and some are left.
        """
        with self.writer:
            self._run()

    def _run(self) -> None:
        create_staging(self.table.pk)
        count = copy_rows(self.table.pk, self._pieces())
        if self.read == 0:
            raise unusable(f"{self.file.name} has no rows.")
        if self.report.count and not self.skip:
            self.report.are_ids_compared = self.layout.id is None
            raise RefusedRowsError(self.report)
        is_large = count >= LARGE_TABLE_ROWS
        self.on_progress("indexing", self.read)
        if is_large or self.layout.id is not None:
            count -= self._make_ids_unique()
        if self.report.count and not (self.skip and count):
            raise RefusedRowsError(self.report)
        if is_large:
            make_partition(self.table.pk)
        else:
            move_into_first(self.table.pk)
        if self.kept:
            copy_blocks(self.table.pk, self.writer.blocks(), with_ids=not is_large)
        self.table.row_count = count
        self.table.save(update_fields=["row_count"])
        if self.report.count:
            keep_refusals(self.table, self.report)

    def _pieces(self) -> Iterator[bytes]:
        """The rows for COPY; tells how far it is."""
        for count, pieces in ahead(self._batches()):
            self.read += count
            self.on_progress("reading", self.read)
            yield from pieces

    def _batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """How many rows a batch has, and those to be loaded, encoded. Runs in a thread.

        Once the table is refused, rows are looked at, but no longer loaded.
        """
        wanted = self.layout.wanted(self.frame.unit)
        first = first_id(self.table.pk)
        for batch in self.file.batches(self.columns):
            raw = batch.rows(wanted)
            rows, findings = check_rows(raw, self.layout, self.frame)
            self._note(batch, findings)
            is_lost = self.report.count and not self.skip
            pieces = [] if is_lost else list(encode_rows(rows.by_place(), self.table.pk, first))
            if self.kept and not is_lost:
                self._keep(batch, rows)
            yield raw.count, pieces
        self.writer.finish()

    def _keep(self, batch: Batch, rows: Rows) -> None:
        """Keep the other columns of all rows of a batch; ids of those that are loaded."""
        ids = None
        if self.layout.id is not None:
            ids = np.full(batch.count, -1, dtype=np.int64)
            ids[rows.numbers - batch.first] = rows.source_ids
        self.writer.add(batch.others(self.kept), ids)

    def _note(self, batch: Batch, findings: Findings) -> None:
        """Report what is refused of a batch."""
        refusals = findings.told(self.report.room)
        records = batch.records([one.row for one in refusals]) if refusals else []
        self.report.columns = batch.recorded
        for refusal, record in zip(refusals, records, strict=True):
            sentence = refusal.sentence(self._where(record))
            self.report.add(record, refusal.column, refusal.reason, sentence)
        self.report.count += int(findings.refused.sum())

    def _where(self, record: Record) -> str:
        return f"table: {self.file.name}, {self.file.counted} {record.position}"

    def _make_ids_unique(self) -> int:
        """Refuse rows with the id of an earlier row; how many there were."""
        try:
            with transaction.atomic():
                index_source_ids(self.table.pk)
        except IntegrityError:
            count = self._refuse_repeated()
            remove_repeated(self.table.pk)
            index_source_ids(self.table.pk)
            return count
        return 0

    def _refuse_repeated(self) -> int:
        count, some = repeated_source_ids(self.table.pk, max(self.report.room, 1))
        numbers = {n for repeat in some for n in (repeat[0], repeat[2])}
        records = records_at(self.file, numbers, self.columns)
        for number, source_id, earlier in some:
            record, before = records[number], records[earlier].position
            column = self.layout.id or ""
            reason = f"{source_id} is the id of {self.file.counted} {before} already"
            sentence = f"{self._where(record)}, column {column}: {reason}."
            self.report.add(record, column, reason, sentence)
        self.report.count += count
        return count
