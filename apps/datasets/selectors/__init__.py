"""Reads of datasets."""

from __future__ import annotations

from apps.datasets.selectors.finding import (
    InstanceCount,
    SlowCountError,
    any_instance,
    count_instances,
    find_instances,
    selected_rows,
    unknown_neurons,
)
from apps.datasets.selectors.tables import (
    cutout_requests,
    find_table,
    get_table,
    latest_tables,
    volumes_of,
)

__all__ = [
    "InstanceCount",
    "SlowCountError",
    "any_instance",
    "count_instances",
    "cutout_requests",
    "find_instances",
    "find_table",
    "get_table",
    "latest_tables",
    "selected_rows",
    "unknown_neurons",
    "volumes_of",
]
