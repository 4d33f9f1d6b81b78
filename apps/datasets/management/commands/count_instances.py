"""`manage.py count_instances`: how many synapses of a table a selection selects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import SentenceCommand
from apps.datasets.domain.selection import describe_selection
from apps.datasets.management.selection_options import add_selection_options, selection_from
from apps.datasets.selectors import count_instances, find_table


class Command(SentenceCommand):
    help = "Count the synapses of a table that a campaign would be of; nothing is made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", required=True, help="name of the dataset")
        parser.add_argument("--table", help="name of its table, where it has several")
        add_selection_options(parser)

    def run(self, options: Mapping[str, Any]) -> None:
        table = find_table(options["dataset"], options["table"])
        selection = selection_from(options)
        selected = "; ".join(describe_selection(selection)) or "all"
        count = count_instances(table, selection)
        self.stdout.write(f"{table}: {count} synapses ({selected}).")
