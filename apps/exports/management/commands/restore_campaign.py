"""`manage.py restore_campaign`: a campaign from SynAnno's JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.accounts.selectors import users_named
from apps.campaigns.selectors import managers_of
from apps.core.commands import SentenceCommand
from apps.datasets.models import SynapseTable
from apps.datasets.selectors import find_table
from apps.datasets.services.tables import find_dataset
from apps.exports.domain.polarity import IS_ARTIFACT, PolarityUnsaidError
from apps.exports.domain.reading import SynAnnoFile, read_document
from apps.exports.gateways import read_text
from apps.exports.services.listing import NewTable
from apps.exports.services.restoring import (
    RestoreChoices,
    check_polarity,
    restore_campaign,
)


def _table(options: Mapping[str, Any]) -> SynapseTable | NewTable:
    if options["new_table"] is None:
        return find_table(options["dataset"], options["table"])
    return NewTable(find_dataset(options["dataset"]), options["new_table"])


class Command(SentenceCommand):
    help = "Make a campaign from SynAnno's JSON; its labels become verdicts of one person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dataset", required=True, help="name of the dataset")
        parser.add_argument("--table", help="name of its table, where it has several")
        parser.add_argument(
            "--new-table",
            metavar="NAME",
            help="make a table of the file's synapses, instead of finding them in one",
        )
        parser.add_argument(
            "--without-labels",
            action="store_true",
            help="begin with its synapses and pages, as if nobody had judged them",
        )
        parser.add_argument("--name", required=True, help="of the new campaign")
        parser.add_argument("--annotator", required=True, metavar="USER", help="who judged")
        parser.add_argument(
            "--manager", nargs="+", default=[], metavar="USER", help="default: the annotator"
        )
        parser.add_argument(
            "--polarity-switch",
            choices=tuple(IS_ARTIFACT),
            help="what polaritySwitch means in the file: swapped pre and post, or an imaging "
            "artifact, as in SynAnno since April 2025; asked for where a file says it",
        )
        parser.add_argument(
            "--without-missed",
            action="store_true",
            help="leave missed synapses ('False Negative') out instead of adding them",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        path: Path = options["file"]
        file = read_document(read_text(path), path.name)
        choices = RestoreChoices(
            polarity_is_artifact=IS_ARTIFACT.get(options["polarity_switch"]),
            without_missed=options["without_missed"],
            without_labels=options["without_labels"],
        )
        restored = restore_campaign(
            options["name"],
            _table(options),
            file,
            users_named([options["annotator"]], "annotator")[0],
            now=timezone.now(),
            managers=users_named(options["manager"], "manager"),
            choices=self._with_meaning(file, choices),
        )
        for notice in restored.notices:
            self.stdout.write(notice)
        campaign = restored.campaign
        self.stdout.write(
            f"Campaign {campaign.pk}, {campaign.name!r}: {restored.verdicts:,} labels restored, "
            f"{restored.added:,} missed synapses added, "
            f"managed by {', '.join(user.username for user in managers_of(campaign))}. "
            "The file does not tell labels that somebody gave from SynAnno's starting label."
        )

    def _with_meaning(self, file: SynAnnoFile, choices: RestoreChoices) -> RestoreChoices:
        """At a terminal somebody is asked what polaritySwitch means. Raises PolarityUnsaidError
        where nobody can be, and where they do not say."""
        try:
            check_polarity(file, choices)
        except PolarityUnsaidError as unsaid:
            if not sys.stdin.isatty():
                raise
            self.stdout.write(unsaid.sentence)
            self.stdout.write("artifact or swapped: ", ending="")
            self.stdout.flush()
            meaning = IS_ARTIFACT.get(sys.stdin.readline().strip().lower())
            if meaning is None:
                raise
            return replace(choices, polarity_is_artifact=meaning)
        return choices
