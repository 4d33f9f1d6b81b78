"""`manage.py delete_table`: a version of a synapse table that no campaign has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import SentenceCommand
from apps.datasets.services.deleting import delete_table
from apps.datasets.services.tables import find_dataset, find_version


class Command(SentenceCommand):
    help = "Delete a version of a synapse table that no campaign has."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("name")
        parser.add_argument("version", type=int)

    def run(self, options: Mapping[str, Any]) -> None:
        table = find_version(find_dataset(options["dataset"]), options["name"], options["version"])
        told = f"{table.name!r}, version {table.version}, with {table.row_count:,} instances"
        delete_table(table)
        self.stdout.write(f"Deleted table {told}.")
