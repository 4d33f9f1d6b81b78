"""Nobody judges real pages before the training is passed, where a campaign asks for one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import WhyNone, WhyPage
from apps.campaigns.models import AuditEntry, Campaign, Lease, Membership, Page
from apps.campaigns.selectors import my_page_count, progress_of
from apps.campaigns.services.granting import Handout
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import withdraw_pages
from apps.core.errors import ConflictError
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldExposure, GoldPolicy, Settlement
from apps.proofreading.selectors import campaign_times, items_of_lease
from apps.proofreading.services.handing import hand_page, skip
from apps.proofreading.services.settling import count_submitted
from tests.support.locks import somebody_waits
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team, make_team
from tests.support.waiting import wait_for
from tests.support.work import client_of, post, verdict

pytestmark = pytest.mark.django_db

C, I = Label.CORRECT, Label.INCORRECT  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


def with_training(tmp_path: Path, team: Team, gold: int, **policy: Any) -> Campaign:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    known = dict.fromkeys(range(gold), I)
    campaign = paper_campaign(tmp_path, roles, instances=gold + 12, gold=known, needs_training=True)
    GoldPolicy.objects.create(campaign=campaign, **{"training_items": 5, "pass_mark": 0.8} | policy)
    return campaign


def hand(campaign: Campaign, user: User) -> Handout:
    return hand_page(campaign, user, timezone.now(), Random(1))


def take(campaign: Campaign, user: User) -> Lease:
    lease = hand(campaign, user).lease
    assert lease is not None
    return lease


def right_but(wrong: int, lease: Lease) -> dict[str, str]:
    """Labels of a training page, so many of them wrong."""
    items = items_of_lease(lease)
    return {str(item.pk): "correct" if n < wrong else "incorrect" for n, item in enumerate(items)}


def submit(lease: Lease, wrong: int) -> None:
    labels = right_but(wrong, lease)
    judge(lease, lambda item: Label(labels[str(item.pk)]))


def test_who_passes_comes_to_real_pages(tmp_path: Path, team: Team) -> None:
    campaign = with_training(tmp_path, team, gold=8)
    handed = hand(campaign, team.anna)
    assert handed.why == WhyPage.TRAINING
    assert handed.lease is not None
    shown = items_of_lease(handed.lease)
    assert len(shown) == 5
    assert all(item.sheet is None for item in shown)
    assert items_of_lease(take(campaign, team.anna)) == shown
    submit(handed.lease, wrong=1)
    assert Membership.objects.get(user=team.anna).qualified_at is not None
    assert Membership.objects.get(user=team.ben).qualified_at is None
    passed = AuditEntry.objects.filter(action="training_passed")
    assert [one.details for one in passed] == [{"person": "anna"}]
    assert hand(campaign, team.anna).why == WhyPage.NEXT_IN_ORDER


def test_the_order_is_each_persons_own(tmp_path: Path, team: Team) -> None:
    campaign = with_training(tmp_path, team, gold=30, training_items=30)
    campaign.page_size = 24
    campaign.save()
    orders = [
        [i.position for i in items_of_lease(take(campaign, u))] for u in (team.anna, team.ben)
    ]
    assert [len(order) for order in orders] == [24, 24]
    assert orders[0] != orders[1]
    assert orders[0] != sorted(orders[0])


def test_who_fails_gets_another_round_with_other_gold_until_none_is_left(
    tmp_path: Path, team: Team
) -> None:
    campaign = with_training(tmp_path, team, gold=8)
    first = take(campaign, team.anna)
    seen = {item.pk for item in items_of_lease(first)}
    submit(first, wrong=2)
    second = take(campaign, team.anna)
    again = {item.pk for item in items_of_lease(second)}
    assert len(again) == 3
    assert seen.isdisjoint(again)
    submit(second, wrong=1)
    assert hand(campaign, team.anna).why == WhyNone.NOT_QUALIFIED
    assert Membership.objects.get(user=team.anna).qualified_at is None


def test_a_round_over_several_pages_counts_together(tmp_path: Path, team: Team) -> None:
    campaign = with_training(tmp_path, team, gold=8, training_items=8, pass_mark=0.75)
    first = take(campaign, team.anna)
    assert len(items_of_lease(first)) == 6
    submit(first, wrong=2)
    assert hand(campaign, team.anna).why == WhyPage.TRAINING
    submit(take(campaign, team.anna), wrong=0)
    assert hand(campaign, team.anna).why == WhyPage.NEXT_IN_ORDER


@pytest.mark.django_db(transaction=True)
def test_two_pages_submitted_at_once_end_the_round(tmp_path: Path) -> None:
    team = make_team()
    campaign = with_training(tmp_path, team, gold=8, training_items=8)
    Campaign.objects.update(open_pages_cap=2)
    campaign.refresh_from_db()
    one = take(campaign, team.anna)
    other = hand_page(campaign, team.anna, timezone.now(), Random(1), another=True).lease
    assert other is not None

    def submit_other() -> None:
        try:
            submit(other, wrong=0)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            submit(one, wrong=0)
            sent = pool.submit(submit_other)
            wait_for(lambda: sent.done() or somebody_waits(), "that it waits for the first")
        sent.result(timeout=30)
    assert Membership.objects.get(user=team.anna).qualified_at is not None


@pytest.mark.parametrize(
    ("gold", "wrong", "told"),
    [
        (8, 1, "4 of 5 right; you have passed the training. What comes now is real work."),
        (8, 3, "2 of 5 right; 4 are needed. Another round with other synapses follows."),
        (5, 2, "3 of 5 right; 4 are needed. No training page is left: ask the manager of the"),
    ],
)
def test_the_person_is_told_how_it_went(
    tmp_path: Path, team: Team, gold: int, wrong: int, told: str
) -> None:
    campaign = with_training(tmp_path, team, gold=gold)
    lease = take(campaign, team.anna)
    labels = right_but(wrong, lease)
    said = [
        {
            "key": f"00000000-0000-4000-8000-{n:012}",
            "item": int(item),
            "label": label,
            "made_at": timezone.now().isoformat(),
        }
        for n, (item, label) in enumerate(labels.items())
    ]
    url = f"/api/leases/{lease.token}/submit"
    answer = post(client_of(team.anna), url, {"verdicts": said, "labels": labels}).json()
    assert answer["training"]["sentence"].startswith(told)
    assert answer["training"]["right"] == 5 - wrong
    assert answer["training"]["passed"] is (wrong < 2)
    assert "feedback" not in answer


def ran_out(lease: Lease) -> None:
    Page.objects.filter(pk=lease.page_id).update(held_until=timezone.now())


def withdrawn(lease: Lease) -> None:
    withdraw_pages([lease.page], timezone.now())


@pytest.mark.parametrize(("event", "is_new"), [(ran_out, False), (withdrawn, True)])
def test_a_training_page_that_is_handed_out_again_is_told_of(
    tmp_path: Path, team: Team, event: Callable[[Lease], None], is_new: bool
) -> None:
    campaign = with_training(tmp_path, team, gold=8, gives_feedback=True)
    first = take(campaign, team.anna)
    shown = items_of_lease(first)
    event(first)
    again = take(campaign, team.anna)
    assert (again.page_id, again.pk != first.pk) == (first.page_id, is_new)
    assert items_of_lease(again) == shown, "in the same order"
    labels = right_but(2, again)
    said = [verdict(int(item), label) for item, label in labels.items() if label != "correct"]
    body = {"verdicts": said, "labels": labels}
    answer = post(client_of(team.anna), f"/api/leases/{again.token}/submit", body).json()
    assert [one["item"] for one in answer["feedback"]] == [item.pk for item in shown]
    assert [one["right"] for one in answer["feedback"]] == [False, False, True, True, True]
    assert (answer["training"]["right"], answer["training"]["shown"]) == (3, 5)
    assert GoldExposure.objects.count() == 5


def test_training_is_no_progress_and_no_result(tmp_path: Path, team: Team) -> None:
    campaign = with_training(tmp_path, team, gold=8)
    submit(take(campaign, team.anna), wrong=0)
    take(campaign, team.ben)
    count_submitted(timezone.now())
    assert (progress_of(campaign).pages_done, progress_of(campaign).pages_total) == (0, 2)
    assert my_page_count(team.anna, campaign) == 0
    assert not Settlement.objects.exists()
    assert campaign_times(campaign).started_at is None
    while lease := hand(campaign, team.anna).lease:
        judge(lease, always(C))
    assert hand(campaign, team.anna).why == WhyNone.ALL_DONE, "ben's training is none of hers"
    assert campaign_times(campaign).finished_at is not None


def test_a_training_page_is_not_skipped(tmp_path: Path, team: Team) -> None:
    campaign = with_training(tmp_path, team, gold=8)
    lease = take(campaign, team.anna)
    with pytest.raises(ConflictError, match="training is not skipped"):
        skip(lease, "too hard", timezone.now())
    assert Page.objects.get(pk=lease.page_id).reserved_for == team.anna
    assert lease_page(campaign, team.ben, timezone.now()).lease is None
