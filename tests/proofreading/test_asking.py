"""More votes are asked for where they are missing, of people who may give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page
from apps.campaigns.services.holding import skip_page
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.paging import add_page
from apps.proofreading.domain import Label, Redundancy, Rule, State
from apps.proofreading.domain.asking import put_together
from apps.proofreading.models import Settlement, SettlingPolicy
from apps.proofreading.services import settling
from apps.proofreading.services.asking import ask_where_needed, request_more_votes
from apps.proofreading.services.settling import count_submitted
from tests.support.paper import Answer, always, judge, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I = Label.CORRECT, Label.INCORRECT  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


@pytest.fixture
def carl(team: Team) -> User:
    return User.objects.create(username="carl")


def take(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def odd_ones_are_wrong(item: Item) -> Label:
    return I if item.position % 2 else C


def two_sheets(tmp_path: Path, team: Team, carl: User) -> Campaign:
    """Two passes, as many votes as it takes; anna and ben have judged sheet 1, ben and carl sheet
    2, and one instance of each is not certain."""
    roles = {team.manager: ROLE.VIEWER} | dict.fromkeys([team.anna, team.ben, carl], ROLE.ANNOTATOR)
    campaign = paper_campaign(tmp_path, roles, instances=12, passes=2)
    SettlingPolicy.objects.update_or_create(
        campaign=campaign,
        defaults={"rule": Rule.MAJORITY, "redundancy": Redundancy.ADAPTIVE, "most_votes": 3}
        | {"threshold_correct": 0.6, "threshold_incorrect": 0.6},
    )
    judge(take(campaign, team.anna), always(C))
    judge(take(campaign, team.ben), always(C))
    differs: Answer = lambda item: I if item.position in (2, 8) else C  # noqa: E731 - a table of one
    judge(take(campaign, team.ben), differs)
    judge(take(campaign, carl), differs)
    assert campaign.visits.count() == 4
    return campaign


def open_sheets(campaign: Campaign) -> list[list[int]]:
    pages = campaign.pages.filter(submitted_at__isnull=True).order_by("number")
    return list(pages.values_list("sheets", flat=True))


def test_somebody_may_take_each_page(tmp_path: Path, team: Team, carl: User) -> None:
    campaign = two_sheets(tmp_path, team, carl)
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [[1], [2]]
    assert [take(campaign, user).page.sheets for user in (team.anna, carl)] == [[2], [1]]
    for user in (team.anna, carl):
        assert work(campaign, user) == 1
    count_submitted(timezone.now())
    states = Settlement.objects.values_list("state", flat=True)
    assert set(states) == {State.SETTLED}


def test_a_page_that_nobody_may_take_any_more_is_taken_apart(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = two_sheets(tmp_path, team, carl)
    count_submitted(timezone.now())
    first, second = campaign.pages.filter(submitted_at__isnull=True).order_by("number")
    second.page_items.update(page=first)
    Page.objects.filter(pk=first.pk).update(sheets=[1, 2])
    second.delete()
    assert lease_page(campaign, team.anna, timezone.now()).why == WhyNone.ALL_VISITED
    assert ask_where_needed() == 0, "the rest waits for its turn"
    assert open_sheets(campaign) == [[1]]
    assert work(campaign, carl) == 1
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [[2]]
    assert work(campaign, team.anna) == 1


def test_nobody_to_ask_and_then_somebody_joins(tmp_path: Path, team: Team) -> None:
    roles = dict.fromkeys([team.anna, team.ben], ROLE.ANNOTATOR)
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=2)
    SettlingPolicy.objects.update_or_create(
        campaign=campaign, defaults={"redundancy": Redundancy.ADAPTIVE, "most_votes": 3}
    )
    work(campaign, team.anna)
    work(campaign, team.ben, odd_ones_are_wrong)
    count_submitted(timezone.now())
    assert ask_where_needed() == 0
    assert open_sheets(campaign) == []
    Membership.objects.create(campaign=campaign, user=team.outsider, role=ROLE.ANNOTATOR)
    assert ask_where_needed() == 1
    assert take(campaign, team.outsider).page.items.count() == 3


def test_nobody_is_asked_whose_account_is_closed(tmp_path: Path, team: Team, carl: User) -> None:
    campaign = two_sheets(tmp_path, team, carl)
    User.objects.filter(pk=carl.pk).update(is_active=False)
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [[2]], "only carl could judge the first sheet again"
    assert work(campaign, team.anna) == 1
    count_submitted(timezone.now())
    assert open_sheets(campaign) == []


def test_a_page_that_a_closed_account_holds_does_not_keep_others_waiting(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = two_sheets(tmp_path, team, carl)
    page = add_page(campaign, Page.Kind.FOLLOW_UP, list(campaign.items.filter(sheet=1)[:1]), rank=9)
    take(campaign, carl)
    User.objects.filter(pk=carl.pk).update(is_active=False)
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [page.sheets, [2]]


def test_a_page_that_all_have_skipped_keeps_the_rest_from_nobody(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = two_sheets(tmp_path, team, carl)
    Settlement.objects.all().delete()
    campaign.pages.filter(sheets=[2]).update(counted_at=timezone.now())
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [[1]]
    skip_page(take(campaign, carl), "too dark", timezone.now())
    campaign.pages.filter(sheets=[2]).update(counted_at=None)
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [[1], [2]]


def test_a_count_that_ends_before_it_asks_is_done_again(
    tmp_path: Path, team: Team, carl: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = two_sheets(tmp_path, team, carl)

    def die(campaign_id: int) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(settling, "request_more_votes", die)
        with pytest.raises(KeyboardInterrupt):
            count_submitted(timezone.now())
    count_submitted(timezone.now())
    assert open_sheets(campaign) == [[1], [2]]


def test_counting_in_several_rounds_asks_in_the_last(
    tmp_path: Path, team: Team, carl: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_PAGES_A_ROUND", 2)
    campaign = two_sheets(tmp_path, team, carl)
    assert count_submitted(timezone.now()) == 4
    assert open_sheets(campaign) == [[1], [2]]
    counted = campaign.pages.filter(counted_at__isnull=False)
    assert counted.values("counted_at").distinct().count() == 2, "each round has its own time"


@pytest.mark.parametrize(("status", "pages"), [("paused", 2), ("closed", 0), ("archived", 0)])
def test_what_is_over_gets_no_more_pages(
    tmp_path: Path, team: Team, carl: User, status: str, pages: int
) -> None:
    campaign = two_sheets(tmp_path, team, carl)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    assert count_submitted(timezone.now()) == 4, "what was submitted counts"
    assert len(open_sheets(campaign)) == pages
    assert ask_where_needed() == 0


def test_many_pages_cost_as_many_statements_as_few(tmp_path: Path, team: Team) -> None:
    roles = {team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR, team.outsider: ROLE.EXPERT}
    costs = []
    for sheets in (1, 4):
        campaign = paper_campaign(
            tmp_path, roles, instances=6 * sheets, passes=2, name=f"{sheets} sheets"
        )
        work(campaign, team.anna)
        work(campaign, team.ben, always(I))
        campaign.memberships.filter(role=ROLE.EXPERT).update(role=ROLE.VIEWER)
        count_submitted(timezone.now())
        campaign.memberships.filter(role=ROLE.VIEWER).update(role=ROLE.EXPERT)
        with CaptureQueriesContext(connection) as sent:
            assert request_more_votes(campaign.pk) == sheets
        costs.append(len(sent))
        numbers = campaign.pages.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, 3 * sheets + 1))
    assert costs[0] == costs[1]


def test_pages_leave_a_choice_of_people_where_there_is_one() -> None:
    visitors = [[1, 2], [3, 4], [1, 2], [5, 6], [1, 2, 3, 4, 5, 6, 7, 8]]
    asked = "abcde"
    everybody = range(1, 9)
    together = put_together(asked, visitors, everybody, 6)
    assert sorted(map(sorted, together)) == [["a", "b", "c"], ["d"]], "e has nobody"
    assert put_together(asked[:3], visitors, everybody, 2) == [["a", "c"], ["b"]]
    assert put_together(asked, visitors, [5], 6) == [["a", "c", "b"]]
    assert put_together([], visitors, everybody, 6) == []
