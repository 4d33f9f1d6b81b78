"""Who is handed which page, in which order, and why."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import SENTENCES, WhyNone, WhyPage
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.holding import LONGEST_REASON, StaleLeaseError, skip_page
from apps.campaigns.services.leasing import lease_given_page, lease_page
from apps.core.errors import ConflictError, NotFoundError
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement
from apps.proofreading.services.settling import count_submitted
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


def why(campaign: Campaign, user: User, **more: Any) -> str:
    campaign.refresh_from_db()
    return lease_page(campaign, user, timezone.now(), **more).why.value


def test_each_pass_is_over_all_sheets_and_nobody_sees_a_sheet_twice(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=20, passes=2)
    assert campaign.pages.count() == 2 * 4  # 20 instances make 4 sheets of 6
    assert work(campaign, team.anna) == 4
    assert why(campaign, team.anna) == WhyNone.ALL_VISITED
    assert work(campaign, team.ben) == 4
    judged = Counter(
        Lease.objects.filter(page__campaign=campaign).values_list("user", "page__items")
    )
    assert len(judged) == 2 * 20
    assert set(judged.values()) == {1}
    assert why(campaign, team.anna) == WhyNone.ALL_DONE


def test_the_first_pass_is_done_before_the_second(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=12, passes=2)
    numbers = []
    for user in (team.anna, team.ben, team.anna, team.ben):
        lease = lease_page(campaign, user, timezone.now()).lease
        assert lease is not None
        numbers.append(lease.page.number)
        judge(lease, always(Label.CORRECT))
    assert numbers == [1, 2, 4, 3]  # page 3 is sheet 1 again, which anna has seen


def centers_of(page: Page) -> list[tuple[int, int, int]]:
    instances = Instance.objects.filter(items__pages=page).order_by("items__position")
    return list(instances.values_list("center_x", "center_y", "center_z"))


def test_the_spatial_order_keeps_neighbours_on_one_page(
    tmp_path: Path, roles: dict[User, Membership.Role]
) -> None:
    corners = [(200, 200, 200), (800, 200, 200), (200, 800, 200), (800, 800, 800)]

    def scattered(number: int) -> tuple[int, int, int]:
        x, y, z = corners[number % 4]
        return x + number // 4, y, z

    campaign = paper_campaign(
        tmp_path, roles, centers=scattered, order=Campaign.Order.SPATIAL, name="near"
    )
    for page in campaign.pages.all():
        assert len({(x // 100, y, z) for x, y, z in centers_of(page)}) == 1


def test_the_random_order_is_that_of_its_seed(
    tmp_path: Path, roles: dict[User, Membership.Role]
) -> None:
    def first_page(name: str, seed: int) -> list[tuple[int, int, int]]:
        campaign = paper_campaign(
            tmp_path, roles, name=name, order=Campaign.Order.RANDOM, order_seed=seed
        )
        return centers_of(campaign.pages.get(number=1))

    one, same, other = first_page("a", 1), first_page("b", 1), first_page("c", 2)
    assert one == same
    assert one != other
    assert one != sorted(one)


def test_a_lower_rank_comes_first(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, order=Campaign.Order.PRIORITY)
    campaign.pages.filter(number=3).update(rank=-5)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    assert lease.page.number == 3


def test_a_reserved_page_is_for_one_person_and_comes_first(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=12)
    campaign.pages.filter(number=2).update(reserved_for=team.ben)
    handed = lease_page(campaign, team.anna, timezone.now())
    assert (handed.why, handed.lease and handed.lease.page.number) == (WhyPage.NEXT_IN_ORDER, 1)
    handed = lease_page(campaign, team.ben, timezone.now())
    assert (handed.why, handed.lease and handed.lease.page.number) == (WhyPage.ASSIGNED, 2)
    assert why(campaign, team.ben) == WhyPage.HELD


@pytest.mark.parametrize("deed", ["submit", "skip"])
def test_what_is_reserved_for_somebody_who_then_sees_it_goes_to_others(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team, deed: str
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=12, passes=2)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    campaign.pages.filter(number__in=[3, 4]).update(reserved_for=team.anna)  # sheets 1 and 2
    if deed == "submit":
        judge(lease, always(Label.CORRECT))
    else:
        skip_page(lease, "too dark", timezone.now())
    reserved = campaign.pages.filter(reserved_for=team.anna)
    assert list(reserved.values_list("number", flat=True)) == [4]
    for user in (team.anna, team.ben, team.manager):
        work(campaign, user)
    assert not campaign.pages.filter(submitted_at=None).exists()


def test_a_skipped_page_goes_to_somebody_else(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=6)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    skip_page(lease, "out of focus " * 50, timezone.now())
    lease.refresh_from_db()
    assert lease.ending == Lease.Ending.SKIPPED
    assert lease.reason.startswith("out of focus")
    assert len(lease.reason) == LONGEST_REASON
    assert why(campaign, team.anna) == WhyNone.ALL_VISITED
    with pytest.raises(StaleLeaseError):
        judge(lease, always(Label.CORRECT))
    assert work(campaign, team.ben) == 1
    lease.refresh_from_db()
    assert lease.ending == Lease.Ending.SKIPPED, "what ended stays as it ended"
    with pytest.raises(StaleLeaseError):
        skip_page(lease, "again", timezone.now())


def test_every_reason_for_no_page(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles | {team.outsider: ROLE.VIEWER}, instances=6)
    everybody = Membership.objects.filter(campaign=campaign)
    assert why(campaign, team.outsider) == WhyNone.VIEWER
    assert why(campaign, team.anna) == WhyPage.NEXT_IN_ORDER
    assert why(campaign, team.anna, another=True) == WhyNone.TOO_MANY_OPEN
    assert why(campaign, team.ben) == WhyNone.HELD_BY_OTHERS
    campaign.pages.update(held_until=timezone.now(), reserved_for=team.anna)
    assert why(campaign, team.ben) == WhyNone.HELD_BY_OTHERS, "it is kept for anna"
    everybody.filter(user=team.ben).update(paused_at=timezone.now())
    assert why(campaign, team.ben) == WhyNone.PERSON_PAUSED
    Campaign.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    assert why(campaign, team.anna) == WhyNone.DEADLINE_PASSED
    for status, reason in (
        ("paused", WhyNone.CAMPAIGN_PAUSED),
        ("closed", WhyNone.CAMPAIGN_CLOSED),
        ("archived", WhyNone.CAMPAIGN_CLOSED),
        ("draft", WhyNone.CAMPAIGN_NOT_OPEN),
        ("preparing", WhyNone.CAMPAIGN_NOT_OPEN),
        ("failed", WhyNone.CAMPAIGN_NOT_OPEN),
    ):
        Campaign.objects.update(status=status)
        assert why(campaign, team.anna) == reason
    assert set(SENTENCES) == {*WhyPage, *WhyNone}


def test_untrained_people_get_training_pages_only(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, needs_training=True)
    assert why(campaign, team.anna) == WhyNone.NOT_QUALIFIED
    campaign.pages.filter(number=2).update(kind=Page.Kind.TRAINING, reserved_for=team.anna)
    assert why(campaign, team.anna) == WhyPage.TRAINING
    Membership.objects.filter(user=team.ben).update(qualified_at=timezone.now())
    assert why(campaign, team.ben) == WhyPage.NEXT_IN_ORDER


def test_adjudication_is_for_experts_who_have_not_voted(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles | {team.outsider: ROLE.EXPERT}, instances=6)
    campaign.pages.update(kind=Page.Kind.ADJUDICATION)
    assert why(campaign, team.anna) == WhyNone.LEFT_TO_EXPERTS
    assert why(campaign, team.manager) == WhyNone.LEFT_TO_EXPERTS
    assert why(campaign, team.outsider) == WhyPage.ADJUDICATION


def test_somebody_may_hold_as_many_pages_as_the_cap(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, open_pages_cap=2)
    first = lease_page(campaign, team.anna, timezone.now()).lease
    second = lease_page(campaign, team.anna, timezone.now(), another=True).lease
    assert first is not None
    assert second is not None
    assert first.page_id != second.page_id
    assert why(campaign, team.anna, another=True) == WhyNone.TOO_MANY_OPEN


def test_nobody_holds_two_pages_of_one_sheet(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=2, open_pages_cap=2)
    first = lease_page(campaign, team.anna, timezone.now()).lease
    assert first is not None
    assert why(campaign, team.anna, another=True) == WhyNone.ALL_VISITED
    second = lease_page(campaign, team.ben, timezone.now()).lease
    assert second is not None
    for lease in (first, second):
        judge(lease, always(Label.CORRECT))
    count_submitted(timezone.now())
    assert set(Settlement.objects.values_list("votes", "state")) == {(2, "settled")}


def test_another_page_is_none_that_one_holds_beyond_its_time(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=12, open_pages_cap=2, lease_s=60)
    first = lease_page(campaign, team.anna, timezone.now()).lease
    assert first is not None
    later = timezone.now() + timedelta(seconds=61)
    second = lease_page(campaign, team.anna, later, another=True).lease
    assert second is not None
    assert (first.page.number, second.page.number) == (1, 2)
    judge(first, always(Label.INCORRECT), later)


def test_another_training_page_is_none_that_one_holds(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(
        tmp_path, roles, instances=6, needs_training=True, open_pages_cap=2, lease_s=60
    )
    training = {"kind": Page.Kind.TRAINING, "sheets": [], "reserved_for": team.anna}
    campaign.pages.update(**training)
    assert lease_page(campaign, team.anna, timezone.now()).lease is not None
    later = timezone.now() + timedelta(seconds=61)
    assert lease_page(campaign, team.anna, later, another=True).why == WhyNone.NOT_QUALIFIED


def test_an_expired_page_goes_to_the_next_who_asks(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=6, lease_s=60)
    now = timezone.now()
    assert lease_page(campaign, team.anna, now).lease is not None
    assert lease_page(campaign, team.ben, now + timedelta(seconds=59)).lease is None
    taken = lease_page(campaign, team.ben, now + timedelta(seconds=61)).lease
    assert taken is not None
    assert taken.page.held_until == now + timedelta(seconds=121)
    assert Lease.objects.get(user=team.anna).ending == Lease.Ending.EXPIRED


def test_a_given_page_is_refused_while_it_is_held(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles, instances=6)
    page = campaign.pages.get()
    lease_given_page(page, team.anna, timezone.now())
    with pytest.raises(ConflictError, match="Page 1 is held"):
        lease_given_page(page, team.ben, timezone.now())


def test_an_outsider_learns_nothing(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles)
    with pytest.raises(NotFoundError):
        lease_page(campaign, team.outsider, timezone.now())
