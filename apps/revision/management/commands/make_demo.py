"""`manage.py make_demo`: the demonstration campaign with its volumes and its people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from apps.core.commands import SentenceCommand
from apps.proofreading.services.demo import SIZES, make_demo
from apps.revision.services.gathering import gather


class Command(SentenceCommand):
    help = "Make the demonstration: a phantom volume, three people, a campaign. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=list(SIZES), default="full", help="of a new volume")
        parser.add_argument("--json", action="store_true", help="end with a line of JSON")
        parser.add_argument(
            "--judged", action="store_true", help="ben has judged a page: there is some to mend"
        )
        parser.add_argument("--quiet", action="store_true", help="print no logins, as into a log")

    def run(self, options: Mapping[str, Any]) -> None:
        demo = make_demo(settings.ENVIRONMENT.home, options["size"], judged=options["judged"])
        if options["judged"]:
            gather(demo.campaign)
        if options["quiet"]:
            return
        if options["json"]:
            logins = [asdict(login) for login in demo.logins]
            self.stdout.write(json.dumps({"logins": logins, "campaign": demo.campaign.name}))
            return
        self.stdout.write(f"Campaign: {demo.campaign.name}")
        for login in demo.logins:
            self.stdout.write(f"{login.role:10} {login.username:10} {login.password}")
