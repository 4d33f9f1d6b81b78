"""`manage.py add_members`: let more people take part in a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import users_named
from apps.campaigns.models import Membership
from apps.campaigns.selectors import find_campaign, managers_of
from apps.campaigns.services.members import set_role
from apps.core.commands import SentenceCommand
from apps.core.errors import InvalidInputError


class Command(SentenceCommand):
    help = "Let people take part in a campaign, or give them another role."

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

    @transaction.atomic
    def run(self, options: Mapping[str, Any]) -> None:
        roles: dict[User, Membership.Role] = {}
        for role in reversed(Membership.Role):
            for user in users_named(options[role], role):
                _check_named_once(user, roles.setdefault(user, role), role)
        if not roles:
            words = ", ".join(f"--{role} NAME" for role in Membership.Role)
            raise CommandError(f"Name somebody: {words}, or several of them.")
        campaign = find_campaign(options["campaign"])
        managers = managers_of(campaign)
        for user, role in roles.items():
            # Nobody stops being a manager by being named as something else, too.
            _check_named_once(user, Membership.Role.MANAGER if user in managers else role, role)
            set_role(campaign, user, role, None, timezone.now())
            self.stdout.write(f"{user.username} is {role} of {campaign.name!r}.")


def _check_named_once(user: User, has: Membership.Role, role: Membership.Role) -> None:
    if has != role:
        more = "; a manager may annotate, too" if has == Membership.Role.MANAGER else ""
        raise InvalidInputError(
            f"{role}: {user.username} is {'an' if has[0] in 'ae' else 'a'} {has} of this campaign "
            f"already{more}.",
            field=role,
        )
