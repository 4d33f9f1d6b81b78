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
from apps.proofreading.selectors import discarded_count, unjudged_count


class Command(SentenceCommand):
    help = "Write the result of a campaign as SynAnno's JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", metavar="NAME|ID")
        parser.add_argument("--output", required=True, metavar="FILE", help="- for the terminal")
        parser.add_argument(
            "--leave-out-discarded",
            action="store_true",
            help="without false positives that were discarded",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        campaign = find_campaign(options["campaign"])
        leaves_out = options["leave_out_discarded"]
        pieces = synanno_pieces(campaign, leave_out_discarded=leaves_out)
        if options["output"] == "-":
            for piece in pieces:
                self.stdout.write(piece, ending="")
            self.stdout.write("")
            return
        path = Path(options["output"])
        write_pieces(path, pieces)
        self.stdout.write(f"Campaign {campaign.pk}, {campaign.name!r}: written to {path}.")
        discarded = discarded_count(campaign)
        if discarded:
            became = "are left out" if leaves_out else "are written like others"
            self.stdout.write(f"{discarded:,} discarded as false positives {became}.")
        unjudged = unjudged_count(campaign)
        if unjudged:
            self.stdout.write(
                f"{unjudged:,} of {campaign.table.row_count:,} synapses have not been judged yet: "
                "they are written as correct, SynAnno's starting label."
            )
