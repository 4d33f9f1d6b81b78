"""Many people act at the same moment; no page is ever held twice, no label is lost."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.campaigns import add_members, let_people_in
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.paging import make_pages
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import make_team
from tests.support.volumes import PhantomFiles

PEOPLE = 12
ROUNDS = 8


def at_once(deeds: Sequence[Callable[[], None]]) -> None:
    """Do all of them at the same moment, each in a thread with a connection of its own."""
    start = threading.Barrier(len(deeds))
    failures: list[BaseException] = []

    def do(deed: Callable[[], None]) -> None:
        try:
            start.wait(timeout=20)
            deed()
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert not failures


def labelled(lease: Lease) -> tuple[list[NewVerdict], dict[int, Label]]:
    """One verdict of the page's first item, and the labels of all as they then stand."""
    items = list(lease.page.items.order_by("position").values_list("pk", flat=True))
    said = NewVerdict(uuid.uuid4(), items[0], Label.INCORRECT, timezone.now())
    return [said], dict.fromkeys(items, Label.CORRECT) | {items[0]: Label.INCORRECT}


@pytest.mark.django_db(transaction=True)
def test_no_page_is_held_by_two(phantom_files: PhantomFiles) -> None:
    campaign = make_campaign(make_table(phantom_files), make_team())
    users = [User.objects.create(username=f"person{n}") for n in range(PEOPLE)]
    add_members(campaign, dict.fromkeys(users, Membership.Role.ANNOTATOR))
    granted: list[tuple[int, int]] = []

    def ask(user: User) -> None:
        lease = lease_page(campaign, user, timezone.now()).lease
        if lease is not None:
            granted.append((lease.page_id, user.pk))

    # Each person asks twice at once, as with two tabs.
    at_once([partial(ask, user) for user in users for _ in range(2)])
    holders = Counter(page for page, _ in set(granted))
    assert granted
    assert max(holders.values()) == 1
    pages = Page.objects.filter(campaign=campaign).count()
    assert len(holders) == min(pages, PEOPLE)
    assert Lease.objects.filter(page__campaign=campaign).count() == len(holders)


@pytest.mark.django_db(transaction=True)
def test_a_submit_and_a_lease_of_one_page_have_one_winner(phantom_files: PhantomFiles) -> None:
    team = make_team()
    table = make_table(phantom_files)
    for number in range(ROUNDS):
        campaign = make_campaign(table, team, name=f"Round {number}", prepared=False)
        prepare_pages(campaign)
        held = lease_page(campaign, team.anna, timezone.now()).lease
        assert held is not None
        Page.objects.filter(pk=held.page_id).update(held_until=timezone.now())
        verdicts, seen = labelled(held)
        refused: list[StaleLeaseError] = []
        taken: list[Lease] = []
        at_once(
            [
                partial(submit_unless_stale, held, verdicts, seen, refused),
                partial(take_page, campaign, team.ben, taken),
            ]
        )
        page = Page.objects.get(pk=held.page_id)
        stored = Verdict.objects.get(key=verdicts[0].key)
        assert len(taken) == 1
        if refused:
            assert (page.lease_id, page.submitted_at) == (taken[0].pk, None)
            assert stored.late
        else:
            assert page.lease_id == held.pk
            assert page.submitted_at is not None
            assert taken[0].page_id != page.pk
            assert not stored.late


@pytest.mark.django_db(transaction=True)
def test_the_same_submit_twice_at_once_is_one(phantom_files: PhantomFiles) -> None:
    team = make_team()
    campaign = make_campaign(make_table(phantom_files), team, prepared=False)
    prepare_pages(campaign)
    held = lease_page(campaign, team.anna, timezone.now()).lease
    assert held is not None
    verdicts, seen = labelled(held)
    again = Lease.objects.select_related("page").get(pk=held.pk)
    at_once([partial(submit_page, one, verdicts, seen, timezone.now()) for one in (held, again)])
    assert Page.objects.get(pk=held.page_id).submitted_at is not None
    stored = dict(Verdict.objects.values_list("item_id", "label"))
    assert stored == seen
    assert Verdict.objects.count() == len(seen)


def prepare_pages(campaign: Campaign) -> None:
    """Open it without pictures, which nobody looks at here."""
    make_pages(campaign.pk)
    let_people_in(campaign.pk)


def submit_unless_stale(
    lease: Lease,
    verdicts: Sequence[NewVerdict],
    seen: Mapping[int, Label],
    refused: list[StaleLeaseError],
) -> None:
    try:
        submit_page(lease, verdicts, seen, timezone.now())
    except StaleLeaseError as error:
        refused.append(error)


def take_page(campaign: Campaign, user: User, taken: list[Lease]) -> None:
    lease = lease_page(campaign, user, timezone.now()).lease
    if lease is not None:
        taken.append(lease)
