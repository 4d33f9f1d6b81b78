"""`manage.py export_campaign`: the result of a campaign as SynAnno's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.campaigns.selectors import find_campaign
from apps.core.commands import SentenceCommand
from apps.exports.gateways import write_pieces
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.selectors import unjudged_count


class Command(SentenceCommand):
    help = "Write the result of a campaign as SynAnno's JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", metavar="NAME|ID")
        parser.add_argument("--output", required=True, metavar="FILE", help="- for the terminal")

    def run(self, options: Mapping[str, Any]) -> None:
        campaign = find_campaign(options["campaign"])
        if options["output"] == "-":
            for piece in synanno_pieces(campaign):
                self.stdout.write(piece, ending="")
            self.stdout.write("")
            return
        path = Path(options["output"])
        write_pieces(path, synanno_pieces(campaign))
        self.stdout.write(f"Campaign {campaign.pk}, {campaign.name!r}: written to {path}.")
        unjudged = unjudged_count(campaign)
        if unjudged:
            self.stdout.write(
                f"{unjudged:,} of {campaign.table.row_count:,} synapses have not been judged yet: "
                "they are written as correct, SynAnno's starting label."
            )
