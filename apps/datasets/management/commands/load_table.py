"""`manage.py load_table`: the next version of a synapse table of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import SentenceCommand
from apps.datasets.management.table_options import (
    add_table_options,
    progress_line,
    refused_rows_written,
    table_input,
    told_table,
)
from apps.datasets.services.tables import find_dataset, load_table


class Command(SentenceCommand):
    help = (
        "Load a file as the next version of a synapse table; all of it or nothing. Campaigns keep "
        "the version that they began with. What is not said is as in the version before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=Path, help="CSV, Parquet or Feather")
        parser.add_argument(
            "--name", help="which table; default: the dataset's only one. A new name: a new table"
        )
        add_table_options(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        path = options["file"]
        dataset = find_dataset(options["dataset"])
        with refused_rows_written(path, options):
            table = load_table(
                dataset,
                table_input(path, options, options["name"]),
                on_progress=progress_line(),
            )
        self.stdout.write(
            f"Table {table.name!r} of dataset {dataset.name!r}, version {table.version}: "
            f"{told_table(table, path, options)}"
        )
