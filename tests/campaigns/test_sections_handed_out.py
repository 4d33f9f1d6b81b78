"""Who is handed which page of a campaign along neurons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone, WhyPage
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.selectors import pages_to_come
from apps.campaigns.services.holding import skip_page
from apps.campaigns.services.learning import learn_lease_times
from apps.campaigns.services.leasing import lease_page
from apps.core.errors import NotFoundError
from apps.proofreading.domain import Label
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.ranking import rank_by_priority
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import count_submitted
from tests.campaigns.test_query_counts import COSTS, draw, queries_of
from tests.support.paper import always, judge
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    fork_rows,
    line_rows,
    neuron_table,
    walk_campaign,
)
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def walk(tmp_path: Path, team: Team) -> Callable[..., Campaign]:
    """The line is sheets 1 to 3, the fork 4 to 9: its stem 4 and 5, its arms 6, 7 and 8, 9."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    choice = NeuronChoice((STRAIGHT, FORKED))
    return lambda **more: walk_campaign(table, roles, choice, **more)


def take(campaign: Campaign, user: User, **more: object) -> Lease:
    handed = lease_page(campaign, user, timezone.now(), **more)  # type: ignore[arg-type]
    assert handed.lease is not None, handed.sentence
    return handed.lease


def finish(lease: Lease) -> int:
    judge(lease, always(Label.CORRECT))
    return lease.page.number


def section_of(campaign: Campaign, number: int) -> int:
    found = campaign.pages.get(number=number).section_id
    assert found is not None
    return found


def test_one_person_walks_all_of_it_in_order(walk: Callable[..., Campaign], team: Team) -> None:
    campaign = walk()
    assert [finish(take(campaign, team.anna)) for _ in range(9)] == [*range(1, 10)]
    handed = lease_page(campaign, team.anna, timezone.now())
    assert handed.why == WhyNone.ALL_DONE


def test_everybody_keeps_to_their_section_and_goes_on_along_the_neuron(
    walk: Callable[..., Campaign], team: Team
) -> None:
    """Anna begins with the line. Ben begins elsewhere, at the fork, and takes nothing of Anna's
    section; each looks for what was missed where they were."""
    campaign = walk()
    annas = take(campaign, team.anna)
    bens = take(campaign, team.ben)
    assert (annas.page.number, bens.page.number) == (1, 4)
    finish(bens)
    finish(annas)
    bens, annas = take(campaign, team.ben), take(campaign, team.anna)
    assert (annas.page.number, bens.page.number, bens.page.kind) == (2, 5, "search")
    finish(annas)
    annas = take(campaign, team.anna)
    assert (annas.page.number, annas.page.kind) == (3, "search")
    finish(bens)
    bens = take(campaign, team.ben)
    assert bens.page.number == 6
    finish(annas)
    assert take(campaign, team.anna).page.number == 8, "the arm where nobody is"


def test_who_comes_back_goes_on_where_they_were(walk: Callable[..., Campaign], team: Team) -> None:
    """Though pages before it have come free meanwhile."""
    campaign = walk()
    take(campaign, team.anna)
    finish(take(campaign, team.ben))
    Page.objects.filter(number=1).update(held_until=timezone.now() - timedelta(hours=1))
    handed = lease_page(campaign, team.ben, timezone.now())
    assert handed.lease is not None
    assert (handed.lease.page.number, handed.why) == (5, WhyPage.NEXT_IN_WALK)


def test_the_last_section_is_shared_rather_than_nothing(
    walk: Callable[..., Campaign], team: Team
) -> None:
    campaign = walk()
    for _ in range(7):
        finish(take(campaign, team.anna))
    assert take(campaign, team.anna).page.number == 8
    handed = lease_page(campaign, team.ben, timezone.now())
    assert handed.lease is not None
    assert (handed.lease.page.number, handed.why) == (9, WhyPage.NEXT_IN_ORDER)


def test_a_page_more_is_the_next_along_the_neuron(
    walk: Callable[..., Campaign], team: Team
) -> None:
    campaign = walk()
    Campaign.objects.update(open_pages_cap=3)
    take(campaign, team.anna)
    numbers = [take(campaign, team.anna, another=True).page.number for _ in range(2)]
    assert numbers == [2, 3]


def test_priorities_come_before_the_walk(walk: Callable[..., Campaign], team: Team) -> None:
    campaign = walk()
    finish(take(campaign, team.anna))
    rank_by_priority(campaign, {0: 5})  # a row of the long arm
    assert take(campaign, team.anna).page.number == 8


def test_each_pass_is_another_persons(walk: Callable[..., Campaign], team: Team) -> None:
    """Pages to look for what was missed as well: nobody is handed one twice."""
    campaign = walk(passes=2)
    assert [finish(take(campaign, team.anna)) for _ in range(9)] == [*range(1, 10)]
    assert lease_page(campaign, team.anna, timezone.now()).why == WhyNone.ALL_VISITED
    assert [finish(take(campaign, team.ben)) for _ in range(9)] == [*range(10, 19)]


def test_who_skips_a_search_is_handed_it_no_more(walk: Callable[..., Campaign], team: Team) -> None:
    campaign = walk()
    for _ in range(2):
        finish(take(campaign, team.anna))
    skip_page(take(campaign, team.anna), "too dark", timezone.now())
    assert finish(take(campaign, team.anna)) == 4
    assert take(campaign, team.ben).page.number == 3


def test_a_search_is_opened_again(walk: Callable[..., Campaign], team: Team) -> None:
    campaign = walk()
    for _ in range(3):
        finish(take(campaign, team.anna))
    count_submitted(timezone.now())
    bens = campaign.memberships.get(user=team.ben)
    assert reopen_page(campaign, 3, bens, team.manager, timezone.now())
    handed = lease_page(campaign, team.ben, timezone.now())
    assert handed.lease is not None
    assert (handed.lease.page.number, handed.why) == (3, WhyPage.ASSIGNED)
    finish(handed.lease)
    assert campaign.pages.get(number=3).submitted_at is not None


def test_a_section_of_choice(walk: Callable[..., Campaign], team: Team) -> None:
    """What Anna has not touched is put back."""
    campaign = walk()
    arm, stem, line = (section_of(campaign, number) for number in (8, 4, 1))
    now = timezone.now()

    def go(user: User, section: int) -> tuple[int | None, str]:
        handed = hand_page(campaign, user, now, Random(1), section=section)
        number = None if handed.lease is None else handed.lease.page.number
        return number, handed.why

    assert take(campaign, team.anna).page.number == 1
    assert go(team.anna, arm) == (8, WhyPage.CHOSEN)
    assert go(team.anna, arm) == (8, WhyPage.HELD)
    first = campaign.pages.get(number=1)
    assert (first.lease, first.held_until) == (None, None)
    assert Lease.objects.get(page=first).ending == Lease.Ending.EXPIRED
    assert go(team.ben, arm) == (9, WhyPage.CHOSEN)
    assert go(team.manager, arm) == (None, WhyNone.SECTION_NOT_FREE)

    assert go(team.ben, stem) == (4, WhyPage.CHOSEN), "page 9 is put back"
    assert go(team.manager, arm) == (9, WhyPage.CHOSEN)
    assert go(team.ben, arm) == (None, WhyNone.SECTION_NOT_FREE)
    assert go(team.ben, stem) == (4, WhyPage.HELD), "put back for nothing is nothing"
    assert go(team.anna, line) == (1, WhyPage.CHOSEN)
    with pytest.raises(NotFoundError, match="has no section 987654"):
        go(team.anna, 987654)
    assert Lease.objects.get(page__number=1, user=team.anna, ended_at=None)


def test_what_is_put_back_is_chosen_when_nothing_can_be_said_of_it(
    walk: Callable[..., Campaign], team: Team
) -> None:
    """A label that comes at the same time is there before, or comes too late."""
    campaign = walk()
    take(campaign, team.anna)
    with CaptureQueriesContext(connection) as asked:
        hand_page(campaign, team.anna, timezone.now(), Random(1), section=section_of(campaign, 8))
    statements = [one["sql"] for one in asked]
    locks = [
        at
        for at, sql in enumerate(statements)
        if 'FROM "campaigns_page"' in sql and "FOR UPDATE" in sql
    ]
    chosen = [at for at, sql in enumerate(statements) if "proofreading_missedmark" in sql]
    assert chosen
    assert locks
    assert locks[0] < chosen[0]


def test_the_page_after_the_one_at_work_is_rendered_ahead(tmp_path: Path, team: Team) -> None:
    """Ben is at the fork: what he comes to next is no front page of the campaign."""
    roles = {team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows(9), *line_rows(9), *line_rows(9)])
    campaign = walk_campaign(table, roles, NeuronChoice((STRAIGHT, FORKED)))
    assert [take(campaign, user).page.number for user in (team.anna, team.ben)] == [1, 7]
    ids = pages_to_come(campaign.pk, timezone.now(), 1)
    numbers = dict(Page.objects.filter(pk__in=ids).values_list("pk", "number"))
    assert [numbers[pk] for pk in ids] == [2, 9, 3, 11], "the last is the other arm's"


def test_sections_beside_ones_own_are_rendered_ahead(
    walk: Callable[..., Campaign], team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page of each arm at the next branch, of the other arm, and of the stem: for whoever
    leaves the walk on the map. Pages that are taken or seen, and searches, are none."""
    campaign = walk()
    numbers = dict(campaign.pages.values_list("pk", "number"))

    def to_come() -> list[int]:
        return [numbers[pk] for pk in pages_to_come(campaign.pk, timezone.now(), 1)]

    lease = hand_page(
        campaign, team.anna, timezone.now(), Random(1), section=section_of(campaign, 4)
    ).lease
    assert lease is not None
    assert to_come() == [6, 1, 8], "the walk goes on to 6; whoever comes begins at 1; the far arm"
    monkeypatch.setattr("apps.campaigns.selectors.SECTIONS_BESIDE", 1)
    assert to_come() == [6, 1], "so many and no more"
    monkeypatch.undo()
    finish(lease)
    finish(take(campaign, team.anna))
    assert take(campaign, team.anna).page.number == 6
    assert to_come() == [8, 1], "of the stem nothing is left"


def test_searches_say_nothing_of_how_long_pages_take(
    walk: Callable[..., Campaign], team: Team
) -> None:
    campaign = walk()
    now = timezone.now()
    search = campaign.pages.get(number=3)
    Lease.objects.bulk_create(
        Lease(
            page=search,
            user=team.anna,
            token=f"00000000-0000-4000-8000-{number:012}",
            leased_at=now - timedelta(minutes=15),
            ended_at=now,
            ending="submitted",
        )
        for number in range(30)
    )
    assert learn_lease_times() == 0
    Page.objects.filter(pk=search.pk).update(kind="ordinary")
    assert learn_lease_times() == 1


def test_going_on_along_a_neuron_asks_the_database_no_more_often(
    walk: Callable[..., Campaign], team: Team, redis_client: redis.Redis
) -> None:
    """Neither for who goes on nor for who begins. What a page tells of its section is read once."""
    campaign = walk()
    draw(campaign)
    anna, ben = client_of(team.anna), client_of(team.ben)
    url = f"/api/campaigns/{campaign.pk}/lease"
    assert queries_of(lambda: anna.post(url)) <= COSTS["lease"] + 1
    finish(Lease.objects.get(user=team.anna))
    assert queries_of(lambda: anna.post(url)) <= COSTS["lease"]
    assert queries_of(lambda: anna.post(url)) <= COSTS["lease again"]
    finish(Lease.objects.get(user=team.anna, ended_at=None))
    assert queries_of(lambda: anna.post(url)) <= COSTS["lease"]
    assert queries_of(lambda: ben.post(url)) <= COSTS["lease"] + 1
