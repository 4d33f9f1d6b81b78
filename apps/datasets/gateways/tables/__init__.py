"""Read synapse tables from files: CSV, Parquet, Feather and Arrow, in batches."""

from __future__ import annotations

from apps.datasets.domain.layouts import SYNANNO_COLUMNS as COLUMNS
from apps.datasets.gateways.tables.files import (
    Batch,
    Record,
    TableError,
    TableFile,
    records_at,
    unusable,
)
from apps.datasets.gateways.tables.opening import open_table

__all__ = [
    "COLUMNS",
    "Batch",
    "Record",
    "TableError",
    "TableFile",
    "open_table",
    "records_at",
    "unusable",
]
