"""Going to another section from a page that was begun: it is put aside, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import MOST_PUT_ASIDE, WhyNone, WhyPage
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.selectors import pages_to_come
from apps.proofreading.domain import Label
from apps.proofreading.selectors import labels_of_lease
from apps.proofreading.services.handing import hand_page, hold_again
from apps.proofreading.services.ranking import rank_by_priority
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


def section_of(campaign: Campaign, number: int) -> int:
    found = campaign.pages.get(number=number).section_id
    assert found is not None
    return found


class Person:
    """Somebody who takes pages, by their numbers, and says something of them."""

    def __init__(self, campaign: Campaign, user: User) -> None:
        self.campaign, self.user = campaign, user
        self.lease: Lease | None = None

    def take(self, number: int | None = None, at: datetime | None = None) -> tuple[int, str]:
        """The next page, or one of the section of another."""
        handed = hand_page(
            self.campaign,
            self.user,
            at or timezone.now(),
            Random(1),
            section=None if number is None else section_of(self.campaign, number),
            leaving=None if self.lease is None else self.lease.token,
        )
        if handed.lease is None:
            return 0, handed.why
        self.lease = handed.lease
        return handed.lease.page.number, handed.why

    def begin(self, label: str = "incorrect") -> None:
        lease = self.lease
        assert lease is not None
        item = lease.page.items.earliest("position")
        now = timezone.now()
        lease.verdicts.create(item=item, user=self.user, key=uuid4(), label=label, made_at=now)

    def finish(self) -> None:
        assert self.lease is not None
        judge(self.lease, always(Label.CORRECT))
        self.lease = None


def test_a_page_that_was_begun_comes_back_with_its_labels(
    walk: Callable[..., Campaign], team: Team
) -> None:
    """Anna goes to the arm with page 1 begun. The walk goes on there; at its end, page 1 is hers
    again, with what she said, and the walk goes on from it."""
    anna = Person(walk(), team.anna)
    assert anna.take() == (1, WhyPage.NEXT_IN_WALK)
    anna.begin()
    first = anna.lease
    assert anna.take(8) == (8, WhyPage.CHOSEN)
    assert anna.take() == (8, WhyPage.HELD), "a window that is opened again shows page 8"
    anna.finish()
    assert anna.take() == (9, WhyPage.NEXT_IN_WALK)
    anna.finish()
    assert anna.take() == (1, WhyPage.PUT_ASIDE)
    assert first is not None
    assert anna.lease == first
    assert list(labels_of_lease(first).values()) == [Label.INCORRECT]
    assert anna.take() == (1, WhyPage.HELD)
    anna.finish()
    assert anna.take() == (2, WhyPage.NEXT_IN_WALK)


def test_the_section_is_clicked_again(walk: Callable[..., Campaign], team: Team) -> None:
    """What was put aside there comes before its other pages; the page that is left untouched for
    it is put back."""
    anna = Person(walk(), team.anna)
    anna.take()
    anna.begin()
    anna.take(8)
    assert anna.take(1) == (1, WhyPage.PUT_ASIDE)
    assert anna.take() == (1, WhyPage.HELD)
    assert Page.objects.get(number=8).lease is None
    assert Lease.objects.get(page__number=1).put_aside_at is None


def test_the_walk_stops_where_a_page_was_put_aside(
    walk: Callable[..., Campaign], team: Team
) -> None:
    anna = Person(walk(), team.anna)
    anna.take(6)
    anna.begin()
    assert anna.take(4) == (4, WhyPage.CHOSEN)
    for expected in ((5, WhyPage.NEXT_IN_WALK), (6, WhyPage.PUT_ASIDE), (7, WhyPage.NEXT_IN_WALK)):
        anna.finish()
        assert anna.take() == expected


def test_what_comes_before_all_else_comes_before_what_was_put_aside(
    walk: Callable[..., Campaign], team: Team
) -> None:
    campaign = walk()
    anna = Person(campaign, team.anna)
    anna.take()
    anna.begin()
    anna.take(4)
    rank_by_priority(campaign, {0: 5})  # a row of the long arm
    anna.finish()
    assert anna.take() == (8, WhyPage.NEXT_IN_ORDER)
    for expected in ((9, WhyPage.NEXT_IN_WALK), (1, WhyPage.PUT_ASIDE)):
        anna.finish()
        assert anna.take() == expected


def test_nobody_is_where_a_page_was_put_aside(walk: Callable[..., Campaign], team: Team) -> None:
    """Ben begins in the section that Anna has left, and pages after hers are not rendered ahead."""
    campaign = walk()
    anna, ben = Person(campaign, team.anna), Person(campaign, team.ben)
    anna.take(4)
    anna.begin()
    assert anna.take(1) == (1, WhyPage.CHOSEN)
    assert page_numbers(campaign) == [2, 6]
    assert ben.take() == (5, WhyPage.NEXT_IN_WALK)


def page_numbers(campaign: Campaign) -> list[int]:
    """Of the pages to come for those at work."""
    numbers = dict(campaign.pages.values_list("pk", "number"))
    return sorted(numbers[pk] for pk in pages_to_come(campaign.pk, timezone.now(), 2))


def test_it_stays_hers_while_she_is_at_work_and_no_longer(
    walk: Callable[..., Campaign], team: Team
) -> None:
    campaign = walk()
    anna, ben = Person(campaign, team.anna), Person(campaign, team.ben)
    anna.take()
    anna.begin()
    anna.take(8)
    assert anna.lease is not None
    ago = timezone.now() - timedelta(days=1)
    Page.objects.filter(number=1).update(held_until=ago)
    assert client_of(team.anna).post(f"/api/leases/{anna.lease.token}/renew").status_code == 200
    assert ben.take(1) == (2, WhyPage.CHOSEN)
    ben.take(4)

    Page.objects.filter(number=1).update(held_until=ago)
    assert ben.take(1) == (1, WhyPage.CHOSEN), "as any page whose time has run out"
    assert anna.take(1) == (2, WhyPage.CHOSEN)


def test_a_few_pages_may_be_put_aside(tmp_path: Path, team: Team) -> None:
    """One more is refused, and nothing is moved by that. What has come back leaves room."""
    roles = {team.anna: ROLE.ANNOTATOR}
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    anna = Person(walk_campaign(table, roles, NeuronChoice((STRAIGHT, FORKED))), team.anna)
    anna.take(1)
    for number in (4, 6):
        anna.begin()
        anna.take(number)
    lease = anna.lease
    assert lease is not None
    anna.begin()
    more = MOST_PUT_ASIDE - 2
    pages = [
        Page(campaign=anna.campaign, number=100 + at, rank=9, sheets=[100 + at])
        for at in range(more)
    ]
    for page in Page.objects.bulk_create(pages):
        now = timezone.now()
        page.lease = Lease.objects.create(
            page=page, user=team.anna, token=uuid4(), leased_at=now, put_aside_at=now
        )
        page.save()
    assert anna.take(8) == (0, WhyNone.TOO_MANY_ASIDE)
    assert anna.take() == (6, WhyPage.HELD)
    assert anna.take(4) == (4, WhyPage.PUT_ASIDE), "as many as before"


def test_the_training_is_not_put_aside(walk: Callable[..., Campaign], team: Team) -> None:
    anna = Person(walk(), team.anna)
    anna.take()
    Page.objects.filter(number=1).update(kind="training", section=None)
    assert anna.take(8) == (0, WhyNone.AT_WORK_ELSEWHERE)


def test_what_is_of_no_section_is_done_first(walk: Callable[..., Campaign], team: Team) -> None:
    """Nobody could go back to it. Untouched it is put back."""
    anna = Person(walk(), team.anna)
    anna.take()
    Page.objects.filter(number=1).update(kind="follow_up", section=None)
    assert anna.take(8) == (8, WhyPage.CHOSEN)
    assert Page.objects.get(number=1).lease is None
    Page.objects.filter(number=8).update(kind="follow_up", section=None)
    anna.begin()
    assert anna.take(6) == (0, WhyNone.AT_WORK_ELSEWHERE)
    assert anna.take() == (8, WhyPage.HELD)


def test_what_is_put_aside_stays_hers_while_she_is_at_work_on_a_page_of_no_section(
    walk: Callable[..., Campaign], team: Team
) -> None:
    anna = Person(walk(), team.anna)
    anna.take()
    anna.begin()
    anna.take(8)
    assert anna.lease is not None
    ago = timezone.now() - timedelta(days=1)
    Page.objects.filter(number=1).update(held_until=ago)
    Page.objects.filter(number=8).update(kind="follow_up", section=None)
    assert client_of(team.anna).post(f"/api/leases/{anna.lease.token}/renew").status_code == 200
    held_until = Page.objects.get(number=1).held_until
    assert held_until is not None
    assert held_until > ago


def test_what_is_worked_on_in_another_window_stays_there(
    walk: Callable[..., Campaign], team: Team
) -> None:
    campaign = walk()
    Campaign.objects.update(open_pages_cap=2)
    here, there = Person(campaign, team.anna), Person(campaign, team.anna)
    here.take()
    here.begin()
    there.take(4)
    there.lease = Lease.objects.get(page__number=4, ended_at=None)
    there.begin()
    assert here.lease is not None
    assert here.take(8) == (8, WhyPage.CHOSEN)
    aside = Lease.objects.filter(put_aside_at__isnull=False)
    assert [lease.page.number for lease in aside] == [1]


def test_who_opens_it_by_its_address_is_at_it_again(
    walk: Callable[..., Campaign], team: Team
) -> None:
    anna = Person(walk(), team.anna)
    anna.take()
    anna.begin()
    first = anna.lease
    anna.take(8)
    assert first is not None
    hold_again(Lease.objects.get(pk=first.pk), timezone.now())
    assert Lease.objects.get(pk=first.pk).put_aside_at is None


def test_the_map_says_where_pages_were_put_aside(walk: Callable[..., Campaign], team: Team) -> None:
    """To whom they belong; to others somebody is at work there."""
    campaign = walk()
    anna = Person(campaign, team.anna)
    anna.take(6)
    anna.begin()
    assert anna.lease is not None
    answer = client_of(team.anna).post(
        f"/api/campaigns/{campaign.pk}/lease",
        {"section": section_of(campaign, 8), "leaving": str(anna.lease.token)},
        content_type="application/json",
    )
    assert answer.status_code == 200

    def states(user: User) -> dict[int, str]:
        told = client_of(user).get(f"/api/campaigns/{campaign.pk}/neurons/{FORKED}").json()
        return {section["id"]: section["state"] for section in told["sections"]}

    begun, chosen = section_of(campaign, 6), section_of(campaign, 8)
    assert (states(team.anna)[begun], states(team.anna)[chosen]) == ("aside", "mine")
    assert states(team.ben)[begun] in ("free", "held")
