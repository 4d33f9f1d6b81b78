"""Managers wait for people at work, and people for managers; never each for the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Team as TeamOfPeople
from apps.accounts.models import User
from apps.campaigns.domain import WhyNone, WhyPage
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.assigning import (
    judge_named,
    take_back_page,
    transfer_pages,
)
from apps.campaigns.services.holding import lock_page
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import change_status, lock_campaign
from apps.campaigns.services.members import remove_member, set_role
from apps.campaigns.services.teams import add_to_team, delete_team, put_team_in
from apps.core.errors import NotFoundError
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team, make_team
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

ROLE = Membership.Role
Deed = Callable[[Campaign, Team], object]
Start = Callable[[Callable[[], object]], threading.Thread]
_WAITS_FOR_US = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""


@pytest.fixture
def people() -> Team:
    return make_team()


@pytest.fixture
def paper(tmp_path: Path, people: Team) -> Campaign:
    """Open, with two pages of six."""
    roles = {people.manager: ROLE.MANAGER, people.anna: ROLE.ANNOTATOR, people.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles, instances=12)


@pytest.fixture
def start() -> Iterator[Start]:
    """Begin a deed in a thread with a connection of its own. All have succeeded in the end."""
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []

    def do(deed: Callable[[], object]) -> None:
        try:
            deed()
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    def begin(deed: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=do, args=(deed,))
        threads.append(thread)
        thread.start()
        return thread

    yield begin
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert failures == []


def wait_until_it_waits_for_us(how_many: int = 1) -> None:
    def is_waiting() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_WAITS_FOR_US)
            return bool(cursor.fetchone()[0] >= how_many)

    wait_for(is_waiting, "somebody who waits for our lock")


def held(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def remove(campaign: Campaign, team: Team) -> None:
    remove_member(campaign, team.anna, team.manager, timezone.now())


def make_viewer(campaign: Campaign, team: Team) -> None:
    set_role(campaign, team.anna, ROLE.VIEWER, team.manager, timezone.now())


def archive(campaign: Campaign, team: Team) -> None:
    for status in ("closed", "archived"):
        change_status(campaign, status, team.manager, timezone.now())


def close(campaign: Campaign, team: Team) -> None:
    change_status(campaign, "closed", team.manager, timezone.now())


def take_back(campaign: Campaign, team: Team) -> None:
    take_back_page(campaign, 1, team.manager, timezone.now())


def transfer(campaign: Campaign, team: Team) -> None:
    anna, ben = judge_named(campaign, "anna"), judge_named(campaign, "ben")
    transfer_pages(anna, ben, team.manager, timezone.now())


def test_pages_are_taken_and_submitted_while_a_manager_changes_the_campaign(
    paper: Campaign, people: Team, start: Start
) -> None:
    def take_and_submit() -> None:
        judge(held(paper, people.anna), always(Label.CORRECT))

    with transaction.atomic():
        lock_campaign(paper.pk)
        working = start(take_and_submit)
        working.join(timeout=20)
        assert not working.is_alive()
    assert paper.pages.get(number=1).submitted_at is not None


@pytest.mark.parametrize("deed", [remove, make_viewer, close, archive, take_back, transfer])
def test_a_submit_that_is_under_way_comes_first(
    paper: Campaign, people: Team, start: Start, deed: Deed
) -> None:
    lease = held(paper, people.anna)
    with transaction.atomic():
        lock_page(lease)
        start(partial(deed, paper, people))
        wait_until_it_waits_for_us()
        judge(lease, always(Label.INCORRECT))
    page = Page.objects.get(pk=lease.page_id)
    assert (page.lease_id, page.submitted_at is None) == (lease.pk, False)
    assert Verdict.objects.filter(lease=lease, late=False).count() == 6


@pytest.mark.parametrize("deed", [remove, make_viewer, close, transfer])
def test_what_somebody_is_handed_at_that_moment_is_taken_from_them_too(
    paper: Campaign, people: Team, start: Start, deed: Deed
) -> None:
    Campaign.objects.update(open_pages_cap=2)
    held(paper, people.anna)
    with transaction.atomic():
        held(paper, people.anna)  # they look again, and are locked for it
        deeds = start(partial(deed, paper, people))
        wait_until_it_waits_for_us()
        assert lease_page(paper, people.anna, timezone.now(), another=True).lease is not None
    deeds.join(timeout=20)
    assert not Lease.objects.filter(user=people.anna, ended_at=None).exists()
    assert list(paper.pages.values_list("lease", flat=True)) == [None, None]


def test_who_asks_while_the_campaign_is_being_closed_is_handed_nothing(
    paper: Campaign, people: Team, start: Start
) -> None:
    held(paper, people.anna)
    told: list[WhyNone | WhyPage] = []

    def ask(user: User) -> None:
        told.append(lease_page(paper, user, timezone.now()).why)

    with transaction.atomic():
        close(paper, people)
        asking = [start(partial(ask, user)) for user in (people.anna, people.ben)]
        wait_until_it_waits_for_us(2)
    for one in asking:
        one.join(timeout=20)
    assert told == [WhyNone.CAMPAIGN_CLOSED] * 2
    assert not Lease.objects.filter(ended_at=None).exists()


def test_nobody_is_left_behind_by_a_team_that_is_deleted(
    paper: Campaign, people: Team, start: Start
) -> None:
    team = TeamOfPeople.objects.create(name="lab")
    by, now = people.manager, timezone.now()
    put_team_in(paper, team, ROLE.ANNOTATOR, by, now)
    with transaction.atomic():
        add_to_team(team, people.outsider, by, now)
        deleting = start(partial(delete_team, TeamOfPeople.objects.get(), by, now))
        wait_until_it_waits_for_us()
    deleting.join(timeout=20)
    assert not paper.memberships.filter(user=people.outsider).exists()
    with pytest.raises(NotFoundError, match="'lab' is gone"):
        add_to_team(team, people.outsider, by, now)


def test_a_team_is_put_in_before_it_is_deleted(paper: Campaign, people: Team, start: Start) -> None:
    team = TeamOfPeople.objects.create(name="lab")
    by, now = people.manager, timezone.now()
    add_to_team(team, people.outsider, by, now)
    put_team_in(paper, team, ROLE.VIEWER, by, now)
    with transaction.atomic():
        TeamOfPeople.objects.select_for_update(no_key=True).get()
        deleting = start(partial(delete_team, TeamOfPeople.objects.get(), by, now))
        wait_until_it_waits_for_us()
        put_team_in(paper, team, ROLE.ANNOTATOR, by, now)
    deleting.join(timeout=20)
    roles = dict(paper.memberships.values_list("user__username", "role"))
    assert roles == {"manager": "manager", "anna": "annotator", "ben": "annotator"}
