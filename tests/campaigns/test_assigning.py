"""What managers do with people and pages, also while those people submit."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone, WhyPage
from apps.campaigns.models import AuditEntry, Campaign, Lease, Membership, Page
from apps.campaigns.services.assigning import (
    PageError,
    judge_named,
    member_named,
    pause_person,
    reserve_pages,
    resume_person,
    take_back_page,
    transfer_pages,
)
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.refusing import why_none
from apps.core.errors import InvalidInputError, NotFoundError
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement, Verdict
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import count_submitted
from tests.campaigns.test_two_at_once import at_once
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team, make_team

ROLE = Membership.Role
ROUNDS = 6


def roles_of(team: Team) -> dict[User, Membership.Role]:
    return {
        team.manager: ROLE.MANAGER,
        team.anna: ROLE.ANNOTATOR,
        team.ben: ROLE.ANNOTATOR,
        team.outsider: ROLE.VIEWER,
    }


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Open, with four pages of six; the outsider is a viewer."""
    return paper_campaign(tmp_path, roles_of(team))


def held(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def deeds(campaign: Campaign) -> list[str]:
    """What people did, not the server."""
    kept = AuditEntry.objects.filter(campaign=campaign, actor__isnull=False).order_by("pk")
    return list(kept.values_list("action", flat=True))


@pytest.mark.django_db
def test_pages_are_kept_for_a_person_and_for_everybody_again(paper: Campaign, team: Team) -> None:
    ben, now = judge_named(paper, "ben"), timezone.now()
    assert reserve_pages(paper, [3, 4], ben, team.manager, now) == [3, 4]
    assert reserve_pages(paper, [3, 4], ben, team.manager, now) == []
    handed = lease_page(paper, team.ben, now)
    assert (handed.why, handed.lease and handed.lease.page.number) == (WhyPage.ASSIGNED, 3)
    assert work(paper, team.anna) == 2
    assert reserve_pages(paper, [4], None, team.manager, now) == [4]
    assert work(paper, team.anna) == 1
    assert deeds(paper) == ["pages_reserved", "pages_reserved"]
    with pytest.raises(PageError, match="Page 1 is done; reopen it first"):
        reserve_pages(paper, [1], ben, team.manager, now)
    with pytest.raises(NotFoundError, match="no page 99"):
        reserve_pages(paper, [99], ben, team.manager, now)
    with pytest.raises(InvalidInputError, match="'outsider' is a viewer"):
        judge_named(paper, "outsider")
    with pytest.raises(NotFoundError, match="'olga' takes no part"):
        member_named(paper, "olga")


@pytest.mark.django_db
def test_a_page_held_or_seen_is_not_given_to_another(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), passes=2)
    ben, now = judge_named(campaign, "ben"), timezone.now()
    anna_holds = held(campaign, team.anna).page.number
    with pytest.raises(PageError, match=f"Page {anna_holds} is held by anna; take it back first"):
        reserve_pages(campaign, [anna_holds], ben, team.manager, now)
    seen = held(campaign, team.ben)
    judge(seen, always(Label.CORRECT))
    second_pass = campaign.pages.exclude(pk=seen.page_id).get(sheets=seen.page.sheets)
    with pytest.raises(PageError, match="who has judged or skipped it"):
        reserve_pages(campaign, [second_pass.number], ben, team.manager, now)


@pytest.mark.django_db
def test_the_pages_of_a_leaver_go_to_another(paper: Campaign, team: Team) -> None:
    now = timezone.now()
    anna, ben = judge_named(paper, "anna"), judge_named(paper, "ben")
    lease = held(paper, team.anna)
    reserve_pages(paper, [4], anna, team.manager, now)
    assert transfer_pages(anna, ben, team.manager, now) == [1, 4]
    assert transfer_pages(anna, ben, team.manager, now) == []
    lease.refresh_from_db()
    assert lease.ending == Lease.Ending.WITHDRAWN
    with pytest.raises(StaleLeaseError, match="kept as late"):
        judge(lease, always(Label.INCORRECT))
    assert Verdict.objects.filter(lease=lease, late=True).count() == 6, "labels stay"
    numbers = []
    for _ in range(2):
        taken = held(paper, team.ben)
        numbers.append(taken.page.number)
        judge(taken, always(Label.CORRECT))
    assert numbers == [1, 4]
    assert deeds(paper) == ["pages_reserved", "pages_transferred"]
    with pytest.raises(InvalidInputError, match="to: name somebody else"):
        transfer_pages(anna, anna, team.manager, now)


@pytest.mark.django_db
def test_what_is_kept_for_a_closed_account_is_anybodys_in_the_end(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team))
    now = timezone.now()
    reserve_pages(campaign, [1, 4], judge_named(campaign, "anna"), team.manager, now)
    User.objects.filter(pk=team.anna.pk).update(is_active=False)
    with pytest.raises(InvalidInputError, match="the account of anna is closed"):
        judge_named(campaign, "anna")
    for number in (2, 3):
        taken = held(campaign, team.ben)
        assert taken.page.number == number
        judge(taken, always(Label.CORRECT))
    assert why_none(campaign, team.ben, now) is None
    User.objects.filter(pk=team.anna.pk).update(is_active=True)
    assert why_none(campaign, team.ben, now) == WhyNone.HELD_BY_OTHERS
    User.objects.filter(pk=team.anna.pk).update(is_active=False)
    assert held(campaign, team.ben).page.number == 1
    assert lease_page(campaign, team.manager, now).lease is not None
    assert lease_page(campaign, team.manager, now, another=True).why == WhyNone.TOO_MANY_OPEN
    assert work(campaign, team.ben) == 1
    assert work(campaign, team.manager) == 1
    assert lease_page(campaign, team.ben, now).why == WhyNone.ALL_DONE


@pytest.mark.django_db
def test_the_training_of_a_closed_account_is_nobodys(paper: Campaign, team: Team) -> None:
    paper.pages.update(kind=Page.Kind.TRAINING, reserved_for=team.anna)
    User.objects.filter(pk=team.anna.pk).update(is_active=False)
    assert why_none(paper, team.ben, timezone.now()) == WhyNone.ALL_DONE
    assert lease_page(paper, team.ben, timezone.now()).why == WhyNone.ALL_DONE


@pytest.mark.django_db
def test_a_page_that_the_other_has_seen_goes_to_everybody(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6, passes=2)
    judge(held(campaign, team.ben), always(Label.CORRECT))
    held(campaign, team.anna)
    anna, ben = judge_named(campaign, "anna"), judge_named(campaign, "ben")
    assert transfer_pages(anna, ben, team.manager, timezone.now()) == [2]
    assert campaign.pages.get(number=2).reserved_for is None
    assert lease_page(campaign, team.ben, timezone.now()).why == WhyNone.ALL_VISITED
    assert held(campaign, team.manager).page.number == 2


@pytest.mark.django_db
def test_nobody_is_given_what_they_have_before_them_on_another_page(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=18, passes=2)
    anna, ben, now = judge_named(campaign, "anna"), judge_named(campaign, "ben"), timezone.now()
    assert held(campaign, team.anna).page.number == 1
    words = "nothing for anna, .* has its instances on another page"
    with pytest.raises(PageError, match=f"Page 4 is {words}"):  # sheet 1 again
        reserve_pages(campaign, [4], anna, team.manager, now)
    with pytest.raises(PageError, match=f"Page 5 is {words}"):
        reserve_pages(campaign, [2, 5], anna, team.manager, now)
    assert reserve_pages(campaign, [1, 2], anna, team.manager, now) == [1, 2]
    with pytest.raises(PageError, match=f"Page 5 is {words}"):
        reserve_pages(campaign, [5], anna, team.manager, now)
    assert reserve_pages(campaign, [5], ben, team.manager, now) == [5]
    assert transfer_pages(ben, anna, team.manager, now) == [5]
    assert campaign.pages.get(number=5).reserved_for is None, "it has what page 2 has"


@pytest.mark.django_db
def test_a_transfer_leaves_alone_what_others_hold_or_are_to_have(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), lease_s=60)
    lease, late = held(campaign, team.ben), timezone.now() + timedelta(seconds=61)
    anna, manager = judge_named(campaign, "anna"), judge_named(campaign, "manager")
    reserve_pages(campaign, [1], anna, team.manager, late)
    assert lease_page(campaign, team.ben, late).why == WhyPage.HELD, "he comes back in time"
    transfer_pages(anna, manager, team.manager, late)
    judge(lease, always(Label.CORRECT), late)
    later = late + timedelta(seconds=61)
    assert lease_page(campaign, team.anna, late).lease is not None
    reserve_pages(campaign, [2], manager, team.manager, later)
    assert transfer_pages(anna, judge_named(campaign, "ben"), team.manager, later) == [2]
    assert campaign.pages.get(number=2).reserved_for == team.manager


@pytest.mark.django_db
def test_a_page_of_somebody_away_is_taken_back(paper: Campaign, team: Team) -> None:
    lease, now = held(paper, team.anna), timezone.now()
    assert take_back_page(paper, 1, team.manager, now)
    assert not take_back_page(paper, 1, team.manager, now)
    assert held(paper, team.ben).page.number == 1
    with pytest.raises(StaleLeaseError):
        judge(lease, always(Label.CORRECT))
    assert deeds(paper) == ["page_taken_back"]


@pytest.mark.django_db
def test_a_page_that_is_taken_back_is_for_everybody(paper: Campaign, team: Team) -> None:
    now = timezone.now()
    reserve_pages(paper, [2], judge_named(paper, "anna"), team.manager, now)
    assert held(paper, team.anna).page.number == 2
    assert take_back_page(paper, 2, team.manager, now)
    assert [held(paper, user).page.number for user in (team.ben, team.manager)] == [1, 2]


@pytest.mark.django_db
def test_a_paused_person_gets_no_page_and_may_submit_theirs(paper: Campaign, team: Team) -> None:
    lease, anna = held(paper, team.anna), member_named(paper, "anna")
    for deed in (pause_person, pause_person):
        deed(anna, team.manager, timezone.now())
    judge(lease, always(Label.CORRECT))
    assert lease_page(paper, team.anna, timezone.now()).why == WhyNone.PERSON_PAUSED
    for deed in (resume_person, resume_person):
        deed(anna, team.manager, timezone.now())
    assert lease_page(paper, team.anna, timezone.now()).lease is not None
    assert deeds(paper) == ["person_paused", "person_resumed"]


@pytest.mark.django_db
def test_a_reopened_page_is_judged_by_somebody_else_and_settled_anew(
    tmp_path: Path, team: Team
) -> None:
    campaign, now = paper_campaign(tmp_path, roles_of(team), instances=6), timezone.now()
    judge(held(campaign, team.anna), always(Label.INCORRECT))
    count_submitted(now)
    assert set(Settlement.objects.values_list("label", flat=True)) == {"incorrect"}
    assert reopen_page(campaign, 1, None, team.manager, now)
    assert not reopen_page(campaign, 1, None, team.manager, now)
    assert Settlement.objects.count() == 0
    assert Verdict.objects.count() == 6
    assert lease_page(campaign, team.anna, now).why == WhyNone.ALL_VISITED
    judge(held(campaign, team.ben), always(Label.CORRECT))
    count_submitted(now)
    settled = set(Settlement.objects.values_list("label", "votes", "state"))
    assert settled == {("correct", 1, "settled")}, "the answer was replaced, not disputed"
    assert Verdict.objects.count() == 12
    assert deeds(campaign) == ["page_reopened"]


@pytest.mark.django_db
def test_a_reopened_page_may_go_to_the_same_person(tmp_path: Path, team: Team) -> None:
    campaign, now = paper_campaign(tmp_path, roles_of(team), instances=6, passes=2), timezone.now()
    judge(held(campaign, team.anna), always(Label.INCORRECT))
    judge(held(campaign, team.ben), always(Label.CORRECT))
    count_submitted(now)
    anna = judge_named(campaign, "anna")
    with pytest.raises(PageError, match="has judged on another page"):
        reopen_page(campaign, 2, anna, team.manager, now)
    assert reopen_page(campaign, 1, anna, team.manager, now)
    assert set(Settlement.objects.values_list("votes", flat=True)) == {1}
    again = held(campaign, team.anna)
    assert again.page.number == 1
    judge(again, always(Label.CORRECT))
    count_submitted(now)
    assert set(Settlement.objects.values_list("label", "votes")) == {("correct", 2)}


@pytest.mark.django_db
def test_training_is_neither_given_away_nor_reopened(paper: Campaign, team: Team) -> None:
    paper.pages.filter(number=1).update(kind=Page.Kind.TRAINING, reserved_for=team.anna)
    lease, now = held(paper, team.anna), timezone.now()
    assert lease.page.number == 1
    assert transfer_pages(judge_named(paper, "anna"), None, team.manager, now) == []
    with pytest.raises(PageError, match="training, which nobody else can do"):
        take_back_page(paper, 1, team.manager, now)
    judge(lease, always(Label.CORRECT))
    with pytest.raises(PageError, match="training, which is done once"):
        reopen_page(paper, 1, None, team.manager, now)


@pytest.mark.django_db(transaction=True)
def test_a_transfer_and_a_submit_at_once_have_one_winner(tmp_path: Path) -> None:
    team = make_team()
    for number in range(ROUNDS):
        campaign = paper_campaign(tmp_path, roles_of(team), instances=6, name=f"Round {number}")
        lease = held(campaign, team.anna)
        anna, ben = judge_named(campaign, "anna"), judge_named(campaign, "ben")
        refused: list[StaleLeaseError] = []
        moved: list[int] = []

        def transfer(
            anna: Membership = anna, ben: Membership = ben, moved: list[int] = moved
        ) -> None:
            moved.extend(transfer_pages(anna, ben, team.manager, timezone.now()))

        at_once([partial(judge_unless_stale, lease, refused), transfer])
        page = campaign.pages.get()
        lease.refresh_from_db()
        assert Verdict.objects.filter(lease=lease).count() == 6, "nothing is lost"
        if refused:
            assert moved == [1]
            assert (page.lease, page.submitted_at, page.reserved_for) == (None, None, team.ben)
            assert lease.ending == Lease.Ending.WITHDRAWN
        else:
            assert moved == []
            assert page.submitted_at is not None
            assert lease.ending == Lease.Ending.SUBMITTED


@pytest.mark.django_db(transaction=True)
def test_reopening_twice_while_it_is_counted_reopens_once(tmp_path: Path) -> None:
    team = make_team()
    for number in range(ROUNDS):
        campaign = paper_campaign(tmp_path, roles_of(team), instances=12, name=f"Round {number}")
        judge(held(campaign, team.anna), always(Label.INCORRECT))
        reopened: list[bool] = []

        def reopen(campaign: Campaign = campaign, reopened: list[bool] = reopened) -> None:
            reopened.append(reopen_page(campaign, 1, None, team.manager, timezone.now()))

        def count() -> None:
            count_submitted(timezone.now())

        at_once([reopen, reopen, count, count])
        count()
        assert sorted(reopened) == [False, True]
        page = campaign.pages.get(number=1)
        assert (page.lease, page.submitted_at, page.counted_at) == (None, None, None)
        assert not Settlement.objects.filter(item__campaign=campaign).exists()
        assert deeds(campaign) == ["page_reopened"]


@pytest.mark.django_db(transaction=True)
def test_a_page_is_taken_back_while_others_ask_for_it(tmp_path: Path) -> None:
    team = make_team()
    for number in range(ROUNDS):
        campaign = paper_campaign(tmp_path, roles_of(team), instances=6, name=f"Round {number}")
        lease = held(campaign, team.anna)
        refused: list[StaleLeaseError] = []

        def take_back(campaign: Campaign = campaign) -> None:
            take_back_page(campaign, 1, team.manager, timezone.now())

        def ask(campaign: Campaign = campaign) -> None:
            later = timezone.now() + timedelta(hours=1)  # when anna's time is over
            lease_page(campaign, team.ben, later)

        at_once([partial(judge_unless_stale, lease, refused), take_back, ask])
        page = campaign.pages.get()
        running = Lease.objects.filter(page=page, ended_at__isnull=True)
        assert running.count() <= 1
        if page.submitted_at is None:
            assert [one.pk for one in running] == ([] if page.lease_id is None else [page.lease_id])
        assert Verdict.objects.filter(lease=lease).count() == 6


def judge_unless_stale(lease: Lease, refused: list[StaleLeaseError]) -> None:
    try:
        judge(lease, always(Label.INCORRECT))
    except StaleLeaseError as error:
        refused.append(error)
