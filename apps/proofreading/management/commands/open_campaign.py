"""`manage.py open_campaign`: a campaign over a dataset's table, for some people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.accounts.selectors import users_named
from apps.campaigns.models import PAGE_SIZES, Campaign
from apps.campaigns.services.campaigns import DEFAULT_CROP, combine_roles
from apps.core.commands import SentenceCommand
from apps.datasets.selectors import find_table
from apps.proofreading.services.campaigns import open_campaign
from apps.voxels.geometry import Point

PATIENCE_S = 600
_LOOK_AGAIN_S = 0.5
_PREPARING = "being prepared by the workers of the running server, or as soon as one is started"


class Command(SentenceCommand):
    help = "Open a campaign over all instances of a synapse table; a worker prepares it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--dataset", required=True, help="name of the dataset")
        parser.add_argument("--table", help="name of its table, where it has several")
        for role, is_needed in (("manager", True), ("annotator", False)):
            parser.add_argument(
                f"--{role}",
                nargs="+",
                required=is_needed,
                default=[],
                metavar="USER",
                help="may be given again" if is_needed else "managers may annotate, too",
                action="extend",
            )
        parser.add_argument(
            "--page-size",
            type=int,
            default=12,
            help=f"one of {', '.join(map(str, PAGE_SIZES))}; default: 12",
        )
        parser.add_argument(
            "--crop",
            type=int,
            nargs=3,
            default=DEFAULT_CROP,
            metavar=("X", "Y", "Z"),
            help="voxels of the cleft volume around each instance; default: "
            + " ".join(map(str, DEFAULT_CROP)),
        )
        parser.add_argument("--instructions", default="", help="what the annotators are told")
        parser.add_argument(
            "--wait",
            action="store_true",
            help=f"return when the campaign is open; fail after {PATIENCE_S} s",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        managers = users_named(options["manager"], "manager")
        annotators = users_named(options["annotator"], "annotator")
        campaign = open_campaign(
            options["name"],
            find_table(options["dataset"], options["table"]),
            combine_roles(managers, annotators),
            page_size=options["page_size"],
            crop=Point(*options["crop"]),
            instructions=options["instructions"],
            created_by=managers[0],
        )
        if options["wait"]:
            self.stdout.write("Waiting for a worker of the running server to prepare it …")
            self._wait(campaign)
        state = "open" if campaign.status == Campaign.Status.OPEN else _PREPARING
        self.stdout.write(f"Campaign {campaign.pk}, {campaign.name!r}: {state}.")

    def _wait(self, campaign: Campaign) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while campaign.status == Campaign.Status.PREPARING:
            if time.monotonic() >= deadline:
                raise CommandError(
                    f"Campaign {campaign.pk} is still being prepared after {PATIENCE_S} s "
                    f"({campaign.prepared} of {campaign.to_prepare} cutouts). Is a worker running?"
                )
            time.sleep(_LOOK_AGAIN_S)
            campaign.refresh_from_db()
        if campaign.status == Campaign.Status.FAILED:
            raise CommandError(f"Campaign {campaign.pk} cannot be prepared: {campaign.failure}")
