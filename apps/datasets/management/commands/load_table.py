"""`manage.py load_table`: the next version of a synapse table of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import SentenceCommand
from apps.datasets.gateways.tables import path_or_address
from apps.datasets.management.table_options import (
    TABLES,
    add_table_options,
    progress_line,
    refused_rows_written,
    table_input,
    told_table,
)
from apps.datasets.services.tables import find_dataset, load_table


class Command(SentenceCommand):
    help = (
        "Load a file or an address as the next version of a synapse table; all of it or nothing. "
        "Campaigns keep the version that they began with. What is not said is as in the version "
        "before. docs/data.md tells what addresses may say."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("file", type=path_or_address, metavar="table", help=TABLES)
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
