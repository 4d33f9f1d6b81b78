"""Campaigns in a running copy, for tests of the whole; these functions run inside its Django.

`python -m tests.support.copies` calls them: a line of JSON in, a line out.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")
django.setup()

# ruff: noqa: E402 - Django's models can be imported from here on
from django.db import close_old_connections
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.services.campaigns import add_members
from apps.campaigns.services.holding import lease_duration
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.models import Settlement, Verdict
from benchmarks.campaign_data import session_of
from tests.support.paper import paper_campaign

ABSENT_S = 4.0


def make_paper_campaign(name: str, folder: str, people: int, instances: int) -> dict[str, Any]:
    """An open campaign of new people, whose instances all lie at one place; with logins. One more
    person holds a page for some seconds and never comes back."""
    team = [User.objects.create(username=f"{name}-{number}") for number in range(people)]
    roles = dict.fromkeys(team, Membership.Role.ANNOTATOR)
    campaign = paper_campaign(
        Path(folder), roles, name=name, instances=instances, centers=lambda n: (500, 500, 500)
    )
    absent = User.objects.create(username=f"{name}-absent")
    add_members(campaign, {absent: Membership.Role.ANNOTATOR})
    long_ago = timezone.now() - lease_duration(campaign) + timedelta(seconds=ABSENT_S)
    if lease_page(campaign, absent, long_ago).lease is None:
        raise RuntimeError("the absent person was handed no page")
    return {
        "campaign": campaign.pk,
        "pages": sorted(campaign.pages.values_list("pk", flat=True)),
        "sessions": [session_of(user) for user in team],
    }


def what_is_kept(campaign: int, keys: Sequence[str]) -> dict[str, Any]:
    """The labels of some verdicts by their key, and how often items were judged in time."""
    kept = Verdict.objects.filter(key__in=keys, late=False).values_list("key", "label")
    judged = Counter(
        Verdict.objects.filter(item__campaign=campaign, late=False).values_list("item", flat=True)
    )
    items = Item.objects.filter(campaign=campaign).values_list("pk", flat=True)
    pages = Campaign.objects.get(pk=campaign).pages
    return {
        "labels": {str(key): label for key, label in kept},
        "verdicts_an_item": sorted({judged[item] for item in items}),
        "open_pages": pages.filter(submitted_at__isnull=True).count(),
    }


def settled(campaign: int) -> int:
    """How many items of a campaign are settled with the one vote that they have."""
    return Settlement.objects.filter(item__campaign=campaign, votes=1).count()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "make_paper_campaign": make_paper_campaign,
    "what_is_kept": what_is_kept,
    "settled": settled,
}


def main() -> None:
    for line in sys.stdin:
        name, arguments = json.loads(line)
        close_old_connections()  # Postgres may have been started again meanwhile
        print(json.dumps(FUNCTIONS[name](**arguments)), flush=True)


if __name__ == "__main__":
    main()
