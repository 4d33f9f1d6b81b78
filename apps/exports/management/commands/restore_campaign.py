"""`manage.py restore_campaign`: a campaign from SynAnno's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.accounts.selectors import users_named
from apps.campaigns.selectors import managers_of
from apps.core.commands import SentenceCommand
from apps.datasets.selectors import find_table
from apps.exports.domain.reading import read_document
from apps.exports.gateways import read_text
from apps.exports.services.restoring import RestoreChoices, restore_campaign


class Command(SentenceCommand):
    help = "Make a campaign from SynAnno's JSON; its labels become verdicts of one person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dataset", required=True, help="name of the dataset")
        parser.add_argument("--table", help="name of its table, where it has several")
        parser.add_argument("--name", required=True, help="of the new campaign")
        parser.add_argument("--annotator", required=True, metavar="USER", help="who judged")
        parser.add_argument(
            "--manager", nargs="+", default=[], metavar="USER", help="default: the annotator"
        )
        parser.add_argument(
            "--polarity-switch",
            choices=("swapped", "artifact"),
            default="swapped",
            help="what polaritySwitch means in the file; SynAnno means an imaging artifact by it "
            "since April 2025; default: swapped pre and post",
        )
        parser.add_argument(
            "--without-missed",
            action="store_true",
            help="leave missed synapses ('False Negative') out instead of refusing the file",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        path: Path = options["file"]
        restored = restore_campaign(
            options["name"],
            find_table(options["dataset"], options["table"]),
            read_document(read_text(path), path.name),
            users_named([options["annotator"]], "annotator")[0],
            now=timezone.now(),
            managers=users_named(options["manager"], "manager"),
            choices=RestoreChoices(
                polarity_is_artifact=options["polarity_switch"] == "artifact",
                without_missed=options["without_missed"],
            ),
        )
        for notice in restored.notices:
            self.stdout.write(notice)
        campaign = restored.campaign
        self.stdout.write(
            f"Campaign {campaign.pk}, {campaign.name!r}: {restored.verdicts:,} labels restored, "
            f"managed by {', '.join(user.username for user in managers_of(campaign))}. "
            "The file does not tell labels that somebody gave from SynAnno's starting label."
        )
