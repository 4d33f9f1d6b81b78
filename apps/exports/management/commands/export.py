"""`manage.py export`: the results of a campaign as files, written here and now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.campaigns.selectors import find_campaign
from apps.core.commands import SentenceCommand
from apps.exports.domain.formats import Discarded, ExportOptions, Format, People, Unjudged
from apps.exports.domain.manifest import synapses_in
from apps.exports.models import Export
from apps.exports.services.commanding import export_to


class Command(SentenceCommand):
    help = (
        "Write the results of a campaign into a folder. Interrupted, it goes on when it is called "
        "again with the same choices and folder."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", metavar="NAME|ID")
        parser.add_argument("--output", required=True, type=Path, metavar="FOLDER")
        parser.add_argument(
            "--formats",
            nargs="+",
            choices=[one.value for one in Format],
            default=[Format.SYNANNO.value],
            help="default: synanno",
        )
        parser.add_argument(
            "--discarded",
            choices=[one.value for one in Discarded],
            default=Discarded.KEEP.value,
            help="what becomes of false positives that were discarded",
        )
        parser.add_argument(
            "--unjudged",
            choices=[one.value for one in Unjudged],
            default=Unjudged.KEEP.value,
            help="what becomes of what nobody has judged; SynAnno's file calls it correct",
        )
        parser.add_argument(
            "--people",
            choices=[one.value for one in People],
            default=People.NOBODY.value,
            help="how those who judged and mended are told",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        campaign = find_campaign(options["campaign"])
        formats = [form for form in Format if form.value in options["formats"]]
        choices = ExportOptions.of_json(options)
        export = export_to(options["output"], campaign, formats, choices, timezone.now())
        of = f"Export {export.pk} of campaign {campaign.pk}, {campaign.name!r}"
        self.stdout.write(f"{of}: {_written(export)}.")
        for file in export.files:
            path = Path(export.folder) / file["path"]
            self.stdout.write(f"  {path}  {file['bytes']:,} bytes  sha256 {file['sha256']}")
            if synapses_in(file["format"], file["notes"]) == 0:
                self.stdout.write("    Nothing that was drawn is in it.")
        states = export.counts.get("state", {})
        if states.get("discarded"):
            self.stdout.write(f"{states['discarded']:,} discarded as false positives are in them.")
        if states.get("unjudged") and Format.SYNANNO in formats:
            self.stdout.write(
                f"{states['unjudged']:,} have not been judged yet: in SynAnno's file they are "
                "correct, its starting label."
            )


def _written(export: Export) -> str:
    written = export.counts.get("all", {}).get("instances", 0)
    left_out = f", {export.left_out:,} left out" if export.left_out else ""
    return f"{written:,} synapses written{left_out}"
