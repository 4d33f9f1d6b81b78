"""Pages that mix sheets: who has seen some instances of a sheet is asked of the others."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page, Visit
from apps.campaigns.services.assigning import PageError, judge_named, reserve_pages
from apps.campaigns.services.holding import skip_page
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.paging import add_pages
from apps.proofreading.domain import Label
from apps.proofreading.services.asking import ask_where_needed
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import count_submitted
from tests.support.paper import Answer, always, judge, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I = Label.CORRECT, Label.INCORRECT  # noqa: E741 - short in tables of labels
ROLE, KIND = Membership.Role, Page.Kind


@pytest.fixture
def eva(team: Team) -> User:
    return User.objects.create(username="eva")


@pytest.fixture
def campaign(tmp_path: Path, team: Team, eva: User) -> Campaign:
    """Two sheets of six, on each of which anna and ben differ in three instances, and an expert."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles | {eva: ROLE.EXPERT}, instances=12, passes=2)
    differs: Answer = lambda item: I if item.position % 2 else C  # noqa: E731 - a table of one
    work(campaign, team.anna)
    work(campaign, team.ben, differs)
    return campaign


def on_a_page(campaign: Campaign, *positions: int, kind: Page.Kind = KIND.ADJUDICATION) -> int:
    """The number of a new page of these instances."""
    items = list(Item.objects.filter(campaign=campaign, position__in=positions))
    add_pages(campaign, kind, [items], ranks=[positions[0]])
    return campaign.pages.latest("number").number


def handed(campaign: Campaign, user: User, *, another: bool = False) -> Lease:
    lease = lease_page(campaign, user, timezone.now(), another=another).lease
    assert lease is not None
    return lease


def test_one_expert_decides_all_that_is_disputed_of_a_sheet(campaign: Campaign, eva: User) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(open_pages_cap=2)
    first, second = on_a_page(campaign, 1, 7), on_a_page(campaign, 3, 5, 9)
    lease = handed(campaign, eva)
    assert lease.page.number == first
    beside = handed(campaign, eva, another=True)
    assert beside.page.number == second
    judge(lease, always(C))
    judge(beside, always(C))
    assert work(campaign, eva) == 0


def test_disputes_that_come_one_by_one_wait_for_no_other_expert(
    campaign: Campaign, eva: User
) -> None:
    campaign.memberships.filter(user=eva).update(role=ROLE.VIEWER)
    count_submitted(timezone.now())
    campaign.memberships.filter(user=eva).update(role=ROLE.EXPERT)
    decided = on_a_page(campaign, 1)
    assert work(campaign, eva) == 1
    assert ask_where_needed() == 1
    assert work(campaign, eva) == 1
    count_submitted(timezone.now())
    numbers = campaign.pages.filter(kind=KIND.ADJUDICATION).values_list("number", flat=True)
    seen = Item.objects.filter(pages__number__in=numbers, pages__submitted_at__isnull=False)
    assert set(seen.values_list("position", flat=True)) >= {1, 3, 5, 7, 9, 11}
    assert decided in numbers


def test_what_an_expert_skipped_stays_away_and_nothing_else(campaign: Campaign, eva: User) -> None:
    on_a_page(campaign, 1, 3)
    skip_page(handed(campaign, eva), "too dark", timezone.now())
    assert lease_page(campaign, eva, timezone.now()).why == WhyNone.ALL_VISITED
    other = on_a_page(campaign, 5)
    assert handed(campaign, eva).page.number == other


def test_what_is_kept_for_an_expert_stays_theirs_when_they_finish_another(
    campaign: Campaign, team: Team, eva: User
) -> None:
    now = timezone.now()
    first, second = on_a_page(campaign, 1, 7), on_a_page(campaign, 3)
    person = judge_named(campaign, "eva")
    assert reserve_pages(campaign, [first, second], person, team.manager, now) == [first, second]
    judge(handed(campaign, eva), always(C))
    assert campaign.pages.get(number=second).reserved_for == eva
    on_two = on_a_page(campaign, 3, 9)
    with pytest.raises(PageError, match=f"Page {on_two} is nothing for eva"):
        reserve_pages(campaign, [on_two], person, team.manager, now)
    third = on_a_page(campaign, 5, 11)
    assert reserve_pages(campaign, [third], person, team.manager, now) == [third]


def test_who_voted_does_not_decide(campaign: Campaign, team: Team) -> None:
    on_a_page(campaign, 1)
    campaign.memberships.filter(user=team.anna).update(role=ROLE.EXPERT)
    assert lease_page(campaign, team.anna, timezone.now()).why == WhyNone.ALL_VISITED


def test_a_reopened_page_is_theirs_again_only_where_it_is_given_to_them(
    campaign: Campaign, team: Team, eva: User
) -> None:
    first, second = on_a_page(campaign, 1, 7), on_a_page(campaign, 3)
    assert work(campaign, eva) == 2
    now = timezone.now()
    assert reopen_page(campaign, first, None, team.manager, now)
    assert reopen_page(campaign, second, None, team.manager, now)
    assert lease_page(campaign, eva, now).why == WhyNone.ALL_VISITED
    other = on_a_page(campaign, 5, 9)
    judge(handed(campaign, eva), always(C))
    assert reopen_page(campaign, other, judge_named(campaign, "eva"), team.manager, now)
    judge(handed(campaign, eva), always(C))
    assert campaign.pages.get(number=other).submitted_at is not None
    assert lease_page(campaign, eva, now).why == WhyNone.ALL_VISITED, "the others are not theirs"
    assert work(campaign, _another_expert(campaign, team.outsider)) == 2


def _another_expert(campaign: Campaign, user: User) -> User:
    Membership.objects.create(campaign=campaign, user=user, role=ROLE.EXPERT)
    return user


def test_one_more_vote_on_an_instance_leaves_the_others_of_its_sheet(
    tmp_path: Path, team: Team, eva: User
) -> None:
    roles = {team.anna: ROLE.ANNOTATOR, eva: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=2)
    work(campaign, team.anna)
    first = on_a_page(campaign, 0, kind=KIND.FOLLOW_UP)
    Page.objects.filter(number=first).update(rank=-1)
    judge(handed(campaign, eva), always(C))
    assert lease_page(campaign, eva, timezone.now()).why == WhyNone.ALL_VISITED, "it is known"
    second = on_a_page(campaign, 1, 2, kind=KIND.FOLLOW_UP)
    assert handed(campaign, eva).page.number == second


def test_a_page_of_one_sheet_is_taken_apart_as_well(
    campaign: Campaign, team: Team, eva: User
) -> None:
    on_a_page(campaign, 1)
    judge(handed(campaign, eva), always(C))
    on_a_page(campaign, 3)
    judge(handed(campaign, _another_expert(campaign, team.outsider)), always(C))
    both = on_a_page(campaign, 1, 3)
    assert lease_page(campaign, eva, timezone.now()).why == WhyNone.ALL_VISITED
    count_submitted(timezone.now())
    ask_where_needed()
    assert campaign.pages.get(number=both).items.count() == 1
    work(campaign, eva)
    work(campaign, team.outsider)
    assert campaign.pages.get(number=both).submitted_at is not None


def test_one_of_two_follow_ups_stays_kept_for_somebody(
    tmp_path: Path, team: Team, eva: User
) -> None:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, eva: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=2)
    work(campaign, team.anna)
    numbers = [on_a_page(campaign, place, kind=KIND.FOLLOW_UP) for place in (1, 2)]
    ordinary = campaign.pages.get(kind=KIND.ORDINARY, submitted_at__isnull=True)
    now = timezone.now()
    reserve_pages(campaign, numbers, judge_named(campaign, "eva"), team.manager, now)
    Page.objects.filter(pk=ordinary.pk).update(reserved_for=eva, rank=99)
    judge(handed(campaign, eva), always(C))
    kept = campaign.pages.filter(reserved_for=eva, submitted_at__isnull=True)
    assert list(kept.values_list("number", flat=True)) == numbers[1:]


def test_visits_of_before_name_their_instances_where_pages_mixed_sheets(
    campaign: Campaign, team: Team, eva: User
) -> None:
    on_a_page(campaign, 1, 7)
    work(campaign, eva)
    Visit.objects.update(items=None)
    upgrade = import_module("apps.campaigns.migrations.0016_visits_of_some_items")
    with connection.cursor() as cursor:
        cursor.execute(upgrade.NAME_ITEMS)
    named = {
        (visit.user.username, visit.sheet): None if visit.items is None else len(visit.items)
        for visit in Visit.objects.select_related("user")
    }
    voters = {(name, sheet): None for name in ("anna", "ben") for sheet in (1, 2)}
    assert named == voters | {("eva", 1): 1, ("eva", 2): 1}
