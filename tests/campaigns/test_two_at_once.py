"""Many people ask for pages at the same moment; no page is ever held twice."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Lease, Membership, Page
from apps.campaigns.services.campaigns import add_members
from apps.campaigns.services.leasing import lease_page
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import make_team
from tests.support.volumes import PhantomFiles

PEOPLE = 12


@pytest.mark.django_db(transaction=True)
def test_no_page_is_held_by_two(phantom_files: PhantomFiles) -> None:
    campaign = make_campaign(make_table(phantom_files), make_team())
    users = [User.objects.create(username=f"person{n}") for n in range(PEOPLE)]
    add_members(campaign, dict.fromkeys(users, Membership.Role.ANNOTATOR))
    start = threading.Barrier(2 * PEOPLE)
    granted: list[tuple[int, int]] = []

    def ask(user: User) -> None:
        try:
            start.wait(timeout=20)
            lease = lease_page(campaign, user, timezone.now())
            if lease is not None:
                granted.append((lease.page_id, user.pk))
        finally:
            connection.close()

    # Each person asks twice at once, as with two tabs.
    threads = [threading.Thread(target=ask, args=(user,)) for user in users for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    holders = Counter(page for page, _ in set(granted))
    assert granted
    assert max(holders.values()) == 1
    pages = Page.objects.filter(campaign=campaign).count()
    assert len(holders) == min(pages, PEOPLE)
    assert Lease.objects.filter(page__campaign=campaign).count() == len(holders)
