"""`manage.py add_gold`: known answers for a campaign, from a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.campaigns.selectors import find_campaign
from apps.core.commands import SentenceCommand
from apps.core.errors import InvalidInputError
from apps.proofreading.services.gold import NewGold, add_gold

COLUMNS = ("source_id", "label")


class Command(SentenceCommand):
    help = (
        "Make instances of a campaign gold: a table with the columns source_id, label (correct or "
        "incorrect) and, if wanted, explanation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", help="name or id of the campaign")
        parser.add_argument("file", type=Path, help="a CSV file")

    def run(self, options: Mapping[str, Any]) -> None:
        campaign = find_campaign(options["campaign"])
        added = add_gold(campaign, list(read_gold(options["file"])), None, timezone.now())
        self.stdout.write(
            f"{added.new} instances of {campaign.name!r} became gold; "
            f"of {added.replaced} the answer was replaced."
        )


def read_gold(path: Path) -> Iterator[NewGold]:
    """The rows of a table of known answers.

    Raises InvalidInputError naming the file and the row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from _rows(path, csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError(f"file: {path} cannot be read: {error}.", field="file") from error


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[NewGold]:
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInputError(f"{path}: the column {missing[0]} is missing.", field=missing[0])
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        source_id = (row["source_id"] or "").strip()
        if not source_id.isascii() or not source_id.isdigit() or len(source_id) > 18:
            raise InvalidInputError(
                f"{where}: source_id {source_id!r} is no whole number.", field="source_id"
            )
        label = (row["label"] or "").strip()
        yield NewGold(where, int(source_id), label, row.get("explanation") or "")
