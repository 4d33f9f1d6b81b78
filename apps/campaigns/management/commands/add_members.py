"""`manage.py add_members`: let more people take part in a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.accounts.selectors import users_named
from apps.campaigns.models import Membership
from apps.campaigns.selectors import find_campaign, managers_of
from apps.campaigns.services.campaigns import add_members, combine_roles
from apps.core.commands import SentenceCommand


class Command(SentenceCommand):
    help = "Let people take part in a campaign, as annotators or managers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", help="name or id of the campaign")
        for role in Membership.Role.values:
            parser.add_argument(
                f"--{role}",
                nargs="+",
                default=[],
                metavar="NAME",
                help="people who have a login; may be given again",
                action="extend",
            )

    def run(self, options: Mapping[str, Any]) -> None:
        managers = users_named(options["manager"], "manager")
        annotators = users_named(options["annotator"], "annotator")
        if not managers and not annotators:
            raise CommandError("Name somebody: --annotator NAME, --manager NAME, or both.")
        campaign = find_campaign(options["campaign"])
        # Nobody stops being a manager by being named as an annotator, too.
        roles = combine_roles([*managers_of(campaign), *managers], annotators)
        add_members(campaign, roles)
        for user in dict.fromkeys([*managers, *annotators]):
            self.stdout.write(f"{user.username} is {roles[user]} of {campaign.name!r}.")
