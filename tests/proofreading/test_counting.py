"""Verdicts are counted, instances settle, and what is not certain is asked again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import WhyPage
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import (
    ADAPTIVE_MOST_VOTES,
    ADAPTIVE_THRESHOLDS,
    Label,
    Redundancy,
    Rule,
    State,
)
from apps.proofreading.models import AnnotatorRates, Settlement, SettlingPolicy
from apps.proofreading.selectors import settled_items
from apps.proofreading.services.asking import ask_where_needed
from apps.proofreading.services.measuring import measure_people
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of votes
ROLE = Membership.Role


@pytest.fixture
def people(team: Team) -> list[User]:
    return [team.anna, team.ben, *(User.objects.create(username=f"p{n}") for n in range(7))]


def campaign_of(tmp_path: Path, team: Team, people: list[User], passes: int = 3) -> Campaign:
    roles = {team.manager: ROLE.MANAGER} | dict.fromkeys(people, ROLE.ANNOTATOR)
    return paper_campaign(tmp_path, roles, instances=12, passes=passes)


def odd_ones_are_wrong(item: Item) -> Label:
    return I if item.position % 2 else C


def states(campaign: Campaign) -> list[tuple[str, str, int]]:
    rows = Settlement.objects.filter(item__campaign=campaign).order_by("item__position")
    return list(rows.values_list("state", "label", "votes"))


def test_the_majority_of_three_settles(tmp_path: Path, team: Team, people: list[User]) -> None:
    campaign = campaign_of(tmp_path, team, people)
    work(campaign, people[0], odd_ones_are_wrong)
    assert count_submitted(timezone.now()) == 2
    assert {state for state, _, _ in states(campaign)} == {State.WAITING}
    work(campaign, people[1], odd_ones_are_wrong)
    work(campaign, people[2], always(C))
    assert count_submitted(timezone.now()) == 4
    assert states(campaign) == [(State.SETTLED, I if n % 2 else C, 3) for n in range(12)]
    assert count_submitted(timezone.now()) == 0
    assert campaign.pages.count() == 6, "nobody is asked again"


def test_an_item_stands_as_it_does_since_it_first_did(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people)
    times = []
    for person in people[:3]:
        work(campaign, person, always(C))
        count_submitted(timezone.now())
        first = Settlement.objects.get(item__campaign=campaign, item__position=0)
        times.append((first.state, first.settled_at))
    assert times[0] == times[1], "one vote more says the same"
    assert times[2][0] == State.SETTLED
    assert times[2][1] > times[1][1]


def late_vote(tmp_path: Path, team: Team, people: list[User], answer: Label) -> Campaign:
    """A campaign of one page: somebody was slow and said "incorrect" of its first item after
    somebody else had submitted it with `answer`."""
    campaign = campaign_of(tmp_path, team, people, passes=1)
    campaign.pages.filter(number=2).delete()
    slow = lease_page(campaign, people[0], timezone.now()).lease
    assert slow is not None
    Page.objects.update(held_until=timezone.now())
    work(campaign, people[1], always(answer))
    count_submitted(timezone.now())
    first = campaign.items.order_by("position")[0]
    late = NewVerdict(uuid.uuid4(), first.pk, I, timezone.now())
    with pytest.raises(StaleLeaseError):
        record_verdicts(slow, [late], timezone.now())
    assert count_submitted(timezone.now()) == 1, "the page is counted again"
    return campaign


def test_a_late_vote_overturns_nothing(tmp_path: Path, team: Team, people: list[User]) -> None:
    campaign = late_vote(tmp_path, team, people, C)
    assert states(campaign)[0] == (State.SETTLED, C, 1)
    assert next(settled_items(campaign)).label == C


def test_a_late_vote_is_an_extra_one_where_it_is_needed(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = late_vote(tmp_path, team, people, U)
    assert states(campaign)[:2] == [(State.DISPUTED, U, 2), (State.DISPUTED, U, 1)]


def test_a_late_label_after_ones_own_submit_changes_nothing(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people, passes=1)
    lease = lease_page(campaign, people[0], timezone.now()).lease
    assert lease is not None
    judge(lease, always(C))
    item = lease.page.items.order_by("position")[0]
    with pytest.raises(StaleLeaseError):
        record_verdicts(
            lease, [NewVerdict(uuid.uuid4(), item.pk, I, timezone.now())], timezone.now()
        )
    count_submitted(timezone.now())
    assert states(campaign)[0] == (State.SETTLED, C, 1)


def adapt(campaign: Campaign) -> None:
    SettlingPolicy.objects.update_or_create(
        campaign=campaign,
        defaults={
            "rule": Rule.DAWID_SKENE,
            "redundancy": Redundancy.ADAPTIVE,
            "most_votes": ADAPTIVE_MOST_VOTES,
            "threshold_correct": ADAPTIVE_THRESHOLDS[C],
            "threshold_incorrect": ADAPTIVE_THRESHOLDS[I],
        },
    )


def test_adaptive_asks_again_only_for_what_is_disputed(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people, passes=2)
    adapt(campaign)
    work(campaign, people[0], always(C))
    work(campaign, people[1], lambda item: I if item.position in {3, 4, 9} else C)
    count_submitted(timezone.now())
    follow_up = campaign.pages.get(kind=Page.Kind.FOLLOW_UP)
    assert [item.position for item in follow_up.items.order_by("position")] == [3, 4, 9]
    assert follow_up.sheets == [1, 2]
    for voter in people[:2]:
        assert lease_page(campaign, voter, timezone.now()).lease is None
    handed = lease_page(campaign, people[2], timezone.now())
    assert handed.why == WhyPage.FOLLOW_UP
    assert handed.lease is not None
    judge(handed.lease, always(C))
    for round_ in range(20):
        count_submitted(timezone.now())
        if not sum(work(campaign, user, always(C)) for user in people[3:]):
            break
        assert round_ < 19
    rows = states(campaign)
    assert {state for state, _, _ in rows} == {State.SETTLED}
    assert {label for _, label, _ in rows} == {C}
    votes = [count for _, _, count in rows]
    assert [n for n, count in enumerate(votes) if count > 2] == [3, 4, 9]
    assert max(votes) <= ADAPTIVE_MOST_VOTES


def test_disputes_go_blind_to_an_expert_who_decides(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people, passes=2)
    work(campaign, people[0], always(C))
    work(campaign, people[1], odd_ones_are_wrong)
    count_submitted(timezone.now())
    assert not campaign.pages.filter(kind=Page.Kind.ADJUDICATION).exists(), "there is no expert"
    Membership.objects.create(campaign=campaign, user=team.outsider, role=ROLE.EXPERT)
    assert count_submitted(timezone.now()) == 0
    assert ask_where_needed() == 1
    assert ask_where_needed() == 0
    handed = lease_page(campaign, team.outsider, timezone.now())
    assert handed.why == WhyPage.ADJUDICATION
    assert handed.lease is not None
    assert [i.position % 2 for i in handed.lease.page.items.all()] == [1] * 6
    judge(handed.lease, always(I))
    count_submitted(timezone.now())
    rows = Settlement.objects.filter(item__campaign=campaign, by_expert=True)
    assert {(row.state, row.label, row.votes) for row in rows} == {(State.SETTLED, I, 2)}
    assert rows.count() == 6
    count_submitted(timezone.now())
    assert campaign.pages.filter(kind=Page.Kind.ADJUDICATION).count() == 1


def test_people_are_measured_from_their_votes(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people, passes=4)
    adapt(campaign)
    for user in people[:3]:
        work(campaign, user, odd_ones_are_wrong)
    work(campaign, people[3], always(C))
    count_submitted(timezone.now())
    assert measure_people(timezone.now()) == 1
    later = timezone.now() + timedelta(minutes=1)
    assert measure_people(later) == 1, "what was counted while it was measured is not forgotten"
    assert measure_people(later + timedelta(minutes=1)) == 0, "nothing was counted since"
    rates = {row.user_id: row.rates for row in AnnotatorRates.objects.filter(campaign=campaign)}
    assert rates[people[0].pk]["incorrect"]["incorrect"] > 0.8
    assert rates[people[3].pk]["incorrect"]["correct"] > 0.6
    assert 0.4 < SettlingPolicy.objects.get(campaign=campaign).prior_correct < 0.7


def test_what_is_exported_is_what_was_settled(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people)
    for user in people[:2]:
        work(campaign, user, always(I))
    work(campaign, people[2], always(C))  # the latest, and outvoted
    count_submitted(timezone.now())
    assert {settled.label for settled in settled_items(campaign)} == {I}


def test_labels_of_a_page_that_is_not_submitted_are_no_votes(
    tmp_path: Path, team: Team, people: list[User]
) -> None:
    campaign = campaign_of(tmp_path, team, people, passes=1)
    lease = lease_page(campaign, people[0], timezone.now()).lease
    assert lease is not None
    item = lease.page.items.order_by("position")[0]
    record_verdicts(lease, [NewVerdict(uuid.uuid4(), item.pk, I, timezone.now())], timezone.now())
    assert count_submitted(timezone.now()) == 0
    assert states(campaign) == []
    assert Lease.objects.get().ending == ""
