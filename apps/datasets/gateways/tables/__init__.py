"""Read synapse tables in batches: files, precomputed annotations, tables of CAVE."""

from __future__ import annotations

from apps.datasets.domain.layouts import SYNANNO_COLUMNS as COLUMNS
from apps.datasets.gateways.tables.column_blocks import Block, BlockWriter
from apps.datasets.gateways.tables.files import (
    Batch,
    Record,
    TableError,
    TableFile,
    Told,
    records_at,
    unusable,
)
from apps.datasets.gateways.tables.opening import open_table, path_or_address, table_stem

__all__ = [
    "COLUMNS",
    "Batch",
    "Block",
    "BlockWriter",
    "Record",
    "TableError",
    "TableFile",
    "Told",
    "open_table",
    "path_or_address",
    "records_at",
    "table_stem",
    "unusable",
]
