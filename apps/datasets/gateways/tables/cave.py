"""A table of CAVE, at a version or as it is at a time, as a table of synapses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.tables.arrow_files import ROWS, ArrowBatch
from apps.datasets.gateways.tables.cave_addresses import CaveAddress, parse_cave_address
from apps.datasets.gateways.tables.cave_client import Cave
from apps.datasets.gateways.tables.files import Told, unusable
from apps.datasets.gateways.tables.others import named_once

LIMIT = 100_000  # rows that are asked for at once; the usual server gives 200,000 at most
_MOST_ID = 2**63 - 1
_FEW = 4  # a page with less than so great a part of what it may have makes the next one wider


def open_cave_table(address: str, credentials: Credentials | None = None) -> CaveTable:
    """The table at `cave://DATASTACK/TABLE`. A version that is not named becomes the newest.

    Without credentials, the token that this machine keeps for the server is taken. Raises
    TableError.
    """
    wanted = parse_cave_address(address, datetime.now(UTC))
    cave = Cave(wanted, credentials.token if credentials else None)
    versions = cave.versions()
    if not versions:
        raise unusable(f"{wanted}: the datastack has no version that can be read.")
    if wanted.version is not None and wanted.version not in versions:
        known = ", ".join(map(str, versions[-10:]))
        raise unusable(f"{wanted}: there is no version {wanted.version}; there are {known}.")
    if wanted.timestamp is None:
        wanted = wanted.at_version(wanted.version or versions[-1])
    cave.address = wanted
    resolution = cave.resolution(wanted.version or versions[-1])
    head = cave.query(0, None, 1, resolution=resolution, box_column=None)
    columns = tuple(head.rows.schema.names)
    if "id" not in columns:
        raise unusable(f"{wanted}: the table has no ids; it has {', '.join(columns)}.")
    return CaveTable(cave, resolution, columns)


@dataclass(frozen=True)
class CaveTable:
    """Rows that CAVE gives, in the order of their ids."""

    cave: Cave
    resolution: tuple[float, float, float]
    columns: tuple[str, ...]
    counted: str = "row"

    @property
    def address(self) -> CaveAddress:
        return self.cave.address

    @property
    def name(self) -> str:
        return self.address.table

    @property
    def keepable(self) -> tuple[str, ...]:
        return named_once(self.columns)

    @property
    def told(self) -> Told:
        return Told(str(self.address), Unit.VOXELS, self.resolution)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[ArrowBatch]:
        """The rows, without those that CAVE no longer takes for valid."""
        del columns  # each answer has all, so that refused rows are shown whole
        first = 0
        for page in self._pages():
            for batch in self._valid(page).combine_chunks().to_batches(ROWS):
                yield ArrowBatch(self.name, first, batch)
                first += batch.num_rows

    def _pages(self) -> Iterator[pa.Table]:
        """All rows, each once, by ranges of their ids.

        Rows come in no order, so that those beyond a limit cannot be asked for by their number: two
        pages could have some rows both and others neither. A range that was cut off is halved.
        """
        whole = self._page(0, None)
        if whole is not None:
            yield whole
            return
        least, width = 0, LIMIT
        while least < _MOST_ID:
            page = self._page(least, min(least + width, _MOST_ID))
            if page is None:
                width = self._halved(width, least)
                continue
            if page.num_rows:
                yield page
            least += width
            if page.num_rows < LIMIT // _FEW:
                width *= 2 if page.num_rows else 16

    def _halved(self, width: int, least: int) -> int:
        if width == 1:
            raise unusable(f"{self.address}: there are too many rows with the id {least}.")
        return width // 2

    def _page(self, least: int, beyond: int | None) -> pa.Table | None:
        """The rows of a range of ids, in their order; None if some were left out."""
        answer = self.cave.query(
            least, beyond, LIMIT, resolution=self.resolution, box_column=self._box_column
        )
        if answer.is_cut:
            return None
        if set(answer.rows.schema.names) != set(self.columns):
            raise unusable(f"{self.address}: the table's columns change from answer to answer.")
        return answer.rows.select(list(self.columns)).sort_by("id")

    @property
    def _box_column(self) -> str | None:
        """Which point must lie in the box: the centre, else the first there is."""
        if self.address.box is None:
            return None
        points = [name.removesuffix("_x") for name in self.columns if name.endswith("_position_x")]
        if not points:
            raise unusable(f"{self.address}: the table has no points, so none lies in a box.")
        return "ctr_pt_position" if "ctr_pt_position" in points else points[0]

    @staticmethod
    def _valid(page: pa.Table) -> pa.Table:
        if "valid" not in page.schema.names:
            return page
        return page.filter(pc.fill_null(page["valid"], pa.scalar(value=True)))
