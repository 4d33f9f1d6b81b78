"""A page is held for as long as the pages of its campaign take."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.campaigns.domain import FEWEST_PAGE_TIMES, learned_lease_s
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.services.holding import lease_duration, take_up
from apps.campaigns.services.learning import learn_lease_times
from apps.campaigns.services.leasing import lease_page, put_aside
from apps.proofreading.domain import Label
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team


@pytest.mark.parametrize(
    ("times", "lease_s"),
    [
        ([], None),
        ([200.0] * (FEWEST_PAGE_TIMES - 1), None),
        ([200.0] * FEWEST_PAGE_TIMES, 600),
        ([200.0] * 95 + [5000.0] * 5, 600),  # the slowest twentieth does not count
        ([200.0] * 94 + [500.0] * 6, 1500),
        ([1.0] * 50, 300),
        ([9000.0] * 50, 3600),
        ([float(n) for n in range(100, 300)], 3 * 289),
    ],
)
def test_three_times_what_most_pages_take_within_bounds(
    times: list[float], lease_s: int | None
) -> None:
    assert learned_lease_s(times) == lease_s
    assert learned_lease_s(times[::-1]) == lease_s


def near(number: int) -> tuple[int, int, int]:
    return 100 + number, 200, 300


@pytest.mark.django_db
def test_an_open_campaign_learns_from_its_latest_pages(tmp_path: Path, team: Team) -> None:
    roles = {team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6 * (FEWEST_PAGE_TIMES + 1), centers=near)
    start = timezone.now()
    for number in range(FEWEST_PAGE_TIMES):
        lease = lease_page(campaign, team.anna, start + timedelta(hours=number)).lease
        assert lease is not None
        judge(lease, always(Label.CORRECT), start + timedelta(hours=number, minutes=4))
    assert learn_lease_times() == 1
    assert learn_lease_times() == 0
    campaign.refresh_from_db()
    assert campaign.lease_s == 720
    assert lease_duration(campaign) == timedelta(minutes=12)
    lease = lease_page(campaign, team.anna, start).lease
    assert lease is not None
    assert lease.page.held_until == start + timedelta(minutes=12)


@pytest.mark.django_db
def test_time_that_a_page_was_put_aside_was_not_spent_at_it(tmp_path: Path, team: Team) -> None:
    """Anna goes elsewhere from each page and finishes it hours later."""
    roles = {team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6 * FEWEST_PAGE_TIMES, centers=near)
    start = timezone.now()
    for number in range(FEWEST_PAGE_TIMES):
        at = start + timedelta(hours=3 * number)
        lease = lease_page(campaign, team.anna, at).lease
        assert lease is not None
        if number > 0:
            put_aside([lease.pk], at)
            lease.refresh_from_db()
            take_up(lease, at + timedelta(hours=2))
        judge(lease, always(Label.CORRECT), at + timedelta(hours=2 if number > 0 else 0, minutes=4))
    assert learn_lease_times() == 0, "one page says too little"
    Lease.objects.update(was_put_aside=False)
    assert learn_lease_times() == 1


@pytest.mark.django_db
def test_a_campaign_that_is_not_open_or_was_restored_learns_nothing(
    tmp_path: Path, team: Team
) -> None:
    roles = {team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=6 * FEWEST_PAGE_TIMES, centers=near)
    work(campaign, team.anna)
    now = timezone.now()
    Lease.objects.update(leased_at=now, ended_at=now)
    assert learn_lease_times() == 0
    Lease.objects.update(leased_at=now - timedelta(minutes=4))
    Campaign.objects.update(status="paused")
    assert learn_lease_times() == 0
    Campaign.objects.update(status="open")
    assert learn_lease_times() == 1
